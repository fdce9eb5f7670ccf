import { newId, notFound, toPage, type Page, type PageRequest, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SealedSecrets, type SecretPlace } from '../secrets/sealed-secrets';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { secretUnreadable, tooManySecrets } from './git-repo.errors';

/** Secrets that one repository may have. */
export const MOST_REPOSITORY_SECRETS = 50;

/** A secret as it is shown: never its value. */
export interface RepositorySecretRow {
  readonly id: string;
  readonly name: string;
  readonly updatedAt: Date;
  readonly updatedByUserId: string | null;
}

/** One secret of one repository of one organization. */
export interface SecretTarget {
  readonly organizationId: string;
  readonly repositoryId: string;
  readonly name: string;
}

/** Values that a repository's set-up command finds in its environment. */
@Injectable()
export class RepositorySecretStore {
  constructor(private readonly sealed: SealedSecrets) {}

  /** Names, by the time they were first set. Call it for a repository that is known to be the organization's. */
  async list(manager: EntityManager, organizationId: string, repositoryId: string, page: PageRequest): Promise<Page<RepositorySecretRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<RepositorySecretRow & { pageSort: string }>(
      manager,
      `SELECT id, name, updated_at, updated_by_user_id, created_at::text AS page_sort FROM repository_secrets
        WHERE organization_id = $1 AND repository_id = $2 AND ($3::timestamptz IS NULL OR (created_at, id) ${after} ($3, $4::uuid)) ORDER BY created_at ${direction}, id ${direction} LIMIT $5`,
      [organizationId, repositoryId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /** Sets a value, new or in place of the one before. @throws {AppError} not_found when the repository is not connected; plan_limit_repository_secrets */
  async put(tx: Tx, target: SecretTarget, value: Secret, userId: string): Promise<{ id: string; isNew: boolean }> {
    await this.hold(tx, target);
    const known = await sqlRow<{ id: string }>(tx, 'SELECT id FROM repository_secrets WHERE organization_id = $1 AND repository_id = $2 AND name = $3', keyOf(target));
    if (!known) await this.assertOneMore(tx, target);
    const id = known?.id ?? newId();
    const { sealed, keyVersion } = await this.sealed.seal(tx, placeOf(target.organizationId, id), value);
    await tx.query(
      `INSERT INTO repository_secrets (id, organization_id, repository_id, name, value_enc, key_version, updated_by_user_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id) DO UPDATE SET value_enc = excluded.value_enc, key_version = excluded.key_version, updated_by_user_id = excluded.updated_by_user_id`,
      [id, ...keyOf(target), sealed, keyVersion, userId],
    );
    return { id, isNew: known === null };
  }

  /** Its id; null when there was none. */
  async delete(tx: Tx, target: SecretTarget): Promise<string | null> {
    const row = await sqlRow<{ id: string }>(tx, 'DELETE FROM repository_secrets WHERE organization_id = $1 AND repository_id = $2 AND name = $3 RETURNING id', keyOf(target));
    return row?.id ?? null;
  }

  /** All values, by name, for a set-up command. @throws {AppError} repository_secret_unreadable */
  async openAll(manager: EntityManager, organizationId: string, repositoryId: string): Promise<Map<string, Secret>> {
    const rows = await sqlRows<{ id: string; name: string; valueEnc: Buffer; keyVersion: number }>(
      manager, 'SELECT id, name, value_enc, key_version FROM repository_secrets WHERE organization_id = $1 AND repository_id = $2 ORDER BY name', [organizationId, repositoryId],
    );
    const opened = new Map<string, Secret>();
    for (const { id, name, valueEnc: sealed, keyVersion } of rows) {
      const secret = await this.sealed.open(manager, placeOf(organizationId, id), { sealed, keyVersion }).catch((error: unknown) => {
        throw isOfSeal(error) ? secretUnreadable(name, error) : error;
      });
      opened.set(name, secret);
    }
    return opened;
  }

  /** The repository's row stays as it is until the commit: it is neither disconnected meanwhile, nor do two count its secrets at once. */
  private async hold(tx: Tx, { organizationId, repositoryId }: SecretTarget): Promise<void> {
    const row = await sqlRow(tx, 'SELECT 1 AS one FROM repositories WHERE organization_id = $1 AND id = $2 AND disconnected_at IS NULL FOR NO KEY UPDATE', [organizationId, repositoryId]);
    if (!row) throw notFound();
  }

  private async assertOneMore(tx: Tx, { organizationId, repositoryId }: SecretTarget): Promise<void> {
    const row = await sqlRow<{ count: number }>(tx, 'SELECT count(*)::integer AS count FROM repository_secrets WHERE organization_id = $1 AND repository_id = $2', [organizationId, repositoryId]);
    if ((row?.count ?? 0) >= MOST_REPOSITORY_SECRETS) throw tooManySecrets(MOST_REPOSITORY_SECRETS);
  }
}

function keyOf({ organizationId, repositoryId, name }: SecretTarget): unknown[] {
  return [organizationId, repositoryId, name];
}

function placeOf(organizationId: string, rowId: string): SecretPlace {
  return { organizationId, column: 'repository_secrets.value_enc', rowId };
}

/** What GCM and the data keys say, as against a database that does not answer. */
function isOfSeal(error: unknown): boolean {
  return /authenticate data|no data key|key-encryption key|not a sealed value/i.test(String((error as { message?: unknown } | null)?.message));
}
