import { AppError, newId, notFound, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SealedSecrets, type SecretPlace } from '../secrets/sealed-secrets';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { REPOSITORY_CREDENTIAL_UNREADABLE } from './git-repo.errors';

/** What a plain git remote is shown: user and password, or a deploy key and the keys that the server is known by. */
export type NewCredential =
  | { readonly kind: 'basic'; readonly username: string; readonly secret: Secret }
  | { readonly kind: 'ssh'; readonly secret: Secret; /** "ssh-ed25519 AAAA…" */ readonly publicKey: string; readonly hostKeys: readonly string[] };

/** A credential with its secret in the clear, for one git process. */
export type OpenedCredential = { readonly kind: 'basic'; readonly username: string; readonly secret: Secret } | { readonly kind: 'ssh'; readonly secret: Secret; readonly hostKeys: readonly string[] };

/** A credential as it is shown: never its secret. */
export interface CredentialRow {
  readonly id: string;
  readonly kind: 'basic' | 'ssh';
  readonly username: string | null;
  readonly publicKey: string | null;
  readonly hostKeys: readonly string[];
  readonly updatedAt: Date;
  readonly updatedByUserId: string | null;
}

/** One repository of one organization. */
export interface CredentialTarget {
  readonly organizationId: string;
  readonly repositoryId: string;
}

const SHOWN = 'id, kind, username, public_key, host_keys, updated_at, updated_by_user_id';

/** How plain git remotes let us in: one sealed credential for a repository. */
@Injectable()
export class RepositoryCredentialStore {
  constructor(private readonly sealed: SealedSecrets) {}

  find(manager: EntityManager, { organizationId, repositoryId }: CredentialTarget): Promise<CredentialRow | null> {
    return sqlRow<CredentialRow>(manager, `SELECT ${SHOWN} FROM repository_credentials WHERE organization_id = $1 AND repository_id = $2`, [organizationId, repositoryId]);
  }

  /** Sets the credential, new or in place of the one before. @throws {AppError} not_found when the repository is not connected as a plain git remote */
  async put(tx: Tx, { organizationId, repositoryId }: CredentialTarget, credential: NewCredential, userId: string): Promise<{ id: string; isNew: boolean }> {
    // Held until the commit: it is neither disconnected meanwhile, nor given two credentials at once.
    const repo = await sqlRow(tx, `SELECT 1 AS one FROM repositories WHERE organization_id = $1 AND id = $2 AND provider = 'git' AND disconnected_at IS NULL FOR NO KEY UPDATE`, [organizationId, repositoryId]);
    if (!repo) throw notFound();
    const known = await this.find(tx, { organizationId, repositoryId });
    const id = known?.id ?? newId();
    const { sealed, keyVersion } = await this.sealed.seal(tx, placeOf(organizationId, id), credential.secret);
    const [username, publicKey, hostKeys] = credential.kind === 'basic' ? [credential.username, null, []] : [null, credential.publicKey, credential.hostKeys];
    await tx.query(
      `INSERT INTO repository_credentials (id, organization_id, repository_id, kind, username, secret_enc, key_version, public_key, host_keys, updated_by_user_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, username = excluded.username, secret_enc = excluded.secret_enc, key_version = excluded.key_version, public_key = excluded.public_key,
         host_keys = excluded.host_keys, updated_by_user_id = excluded.updated_by_user_id`,
      [id, organizationId, repositoryId, credential.kind, username, sealed, keyVersion, publicKey, hostKeys, userId],
    );
    return { id, isNew: known === null };
  }

  /** Its id; null when there was none. */
  async delete(tx: Tx, { organizationId, repositoryId }: CredentialTarget): Promise<string | null> {
    return (await sqlRow<{ id: string }>(tx, 'DELETE FROM repository_credentials WHERE organization_id = $1 AND repository_id = $2 RETURNING id', [organizationId, repositoryId]))?.id ?? null;
  }

  /** The credential in the clear, for git; null: the repository has none. @throws {AppError} repository_credential_unreadable */
  async open(manager: EntityManager, organizationId: string, repositoryId: string): Promise<OpenedCredential | null> {
    const row = await sqlRow<CredentialRow & { secretEnc: Buffer; keyVersion: number }>(
      manager, `SELECT ${SHOWN}, secret_enc, key_version FROM repository_credentials WHERE organization_id = $1 AND repository_id = $2`, [organizationId, repositoryId],
    );
    if (!row) return null;
    const secret = await this.unsealed(manager, organizationId, row);
    return row.kind === 'basic' ? { kind: 'basic', username: row.username ?? '', secret } : { kind: 'ssh', secret, hostKeys: row.hostKeys };
  }

  private async unsealed(manager: EntityManager, organizationId: string, { id, secretEnc: sealed, keyVersion }: { id: string; secretEnc: Buffer; keyVersion: number }): Promise<Secret> {
    try {
      return await this.sealed.open(manager, placeOf(organizationId, id), { sealed, keyVersion });
    } catch (error) {
      // What GCM and the data keys say, as against a database that does not answer.
      if (!/authenticate data|no data key|key-encryption key|not a sealed value/i.test(String((error as { message?: unknown } | null)?.message))) throw error;
      throw new AppError(REPOSITORY_CREDENTIAL_UNREADABLE, 'The credential of the repository cannot be read any more. Set it again.', { cause: error });
    }
  }
}

function placeOf(organizationId: string, rowId: string): SecretPlace {
  return { organizationId, column: 'repository_credentials.secret_enc', rowId };
}
