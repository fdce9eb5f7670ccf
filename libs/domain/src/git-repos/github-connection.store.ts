import type { Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SealedSecrets, type SealedSecret, type SecretPlace } from '../secrets/sealed-secrets';
import { sqlChange, sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { GithubConnection } from './github-connection.entity';

/** Who somebody is at GitHub. */
export type GithubIdentity = Pick<GithubConnection, 'githubUserId' | 'login' | 'avatarUrl'>;

/** A person's tokens. A time is null where the App's tokens do not expire. */
export interface GithubUserTokens {
  readonly accessToken: Secret;
  readonly accessTokenExpiresAt: Date | null;
  readonly refreshToken: Secret | null;
  readonly refreshTokenExpiresAt: Date | null;
}

type Held = 'accessTokenEnc' | 'refreshTokenEnc';
const COLUMN: Readonly<Record<Held, string>> = { accessTokenEnc: 'access_token_enc', refreshTokenEnc: 'refresh_token_enc' };

/** GitHub accounts of users, with their tokens, sealed under the key of what belongs to no organization. */
@Injectable()
export class GithubConnectionStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sealed: SealedSecrets,
  ) {}

  /** The user's connection, live or ended. Its tokens stay sealed. */
  find(userId: string, manager: EntityManager = this.dataSource.manager): Promise<GithubConnection | null> {
    return manager.findOneBy(GithubConnection, { userId });
  }

  /** Who of our users is this account of GitHub: by a connection, or by a sign-in that vouches for it. */
  async ownerOf(tx: Tx, githubUserId: string): Promise<string | null> {
    const row = await sqlRow<{ userId: string }>(
      tx, `SELECT user_id FROM github_connections WHERE github_user_id = $1 UNION ALL SELECT id AS user_id FROM users WHERE github_id = $1 AND deleted_at IS NULL LIMIT 1`, [githubUserId],
    );
    return row?.userId ?? null;
  }

  /** Until the transaction ends nobody else changes this user's tokens, in any process. */
  async hold(tx: Tx, userId: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('github-connection-' || $1::text, 0))`, [userId]);
  }

  /** Connects, in place of what was before. @throws when another user has this account: github_connections_github_user_id_key, users_github_id_key */
  async connect(tx: Tx, userId: string, identity: GithubIdentity, tokens: GithubUserTokens): Promise<void> {
    await tx.query(
      `INSERT INTO github_connections (user_id, github_user_id, login, avatar_url) VALUES ($1, $2, $3, $4)
       ON CONFLICT (user_id) DO UPDATE SET github_user_id = excluded.github_user_id, login = excluded.login, avatar_url = excluded.avatar_url, status = 'connected', connected_at = now(), revoked_at = NULL`,
      [userId, identity.githubUserId, identity.login, identity.avatarUrl],
    );
    await this.keep(tx, userId, tokens);
    await tx.query(`UPDATE users SET github_id = $2, github_username = $3 WHERE id = $1`, [userId, identity.githubUserId, identity.login]);
    // What was known of the account before may be of another account.
    await tx.query(`DELETE FROM user_repository_access WHERE user_id = $1 AND source = 'github'`, [userId]);
  }

  /** Keeps new tokens of a connection. */
  async keep(tx: Tx, userId: string, tokens: GithubUserTokens): Promise<void> {
    const access = await this.sealed.seal(tx, placeOf(userId, 'accessTokenEnc'), tokens.accessToken);
    const refresh = tokens.refreshToken && (await this.sealed.seal(tx, placeOf(userId, 'refreshTokenEnc'), tokens.refreshToken));
    await tx.query(
      `UPDATE github_connections SET access_token_enc = $2, access_token_expires_at = $3, refresh_token_enc = $4, refresh_token_expires_at = $5, key_version = $6, status = 'connected', revoked_at = NULL
        WHERE user_id = $1`,
      [userId, access.sealed, tokens.accessTokenExpiresAt, refresh?.sealed ?? null, tokens.refreshTokenExpiresAt, access.keyVersion],
    );
  }

  /** The tokens of a row that was read; null when they were wiped. @throws {Error} when they cannot be opened */
  async open(manager: EntityManager, connection: GithubConnection): Promise<GithubUserTokens | null> {
    const accessToken = await this.unseal(manager, connection, 'accessTokenEnc');
    if (accessToken === null) return null;
    const { accessTokenExpiresAt, refreshTokenExpiresAt } = connection;
    return { accessToken, accessTokenExpiresAt, refreshToken: await this.unseal(manager, connection, 'refreshTokenEnc'), refreshTokenExpiresAt };
  }

  /** Ends a connection whose tokens are worth nothing any more: they are wiped, who it was stays. */
  async end(tx: Tx, userId: string, status: 'expired' | 'revoked'): Promise<boolean> {
    const changed = await sqlChange(
      tx,
      `UPDATE github_connections SET status = $2, revoked_at = CASE WHEN $2 = 'revoked' THEN now() END, access_token_enc = NULL, access_token_expires_at = NULL, refresh_token_enc = NULL, refresh_token_expires_at = NULL
        WHERE user_id = $1 AND status = 'connected'`,
      [userId, status],
    );
    if (changed > 0) await tx.query(`DELETE FROM user_repository_access WHERE user_id = $1 AND source = 'github'`, [userId]);
    return changed > 0;
  }

  /** GitHub says that this account took its authorization back. Returns whose connection ended, if one did. */
  async endByGithubUser(tx: Tx, githubUserId: string): Promise<string | null> {
    const row = await sqlRow<{ userId: string }>(tx, 'SELECT user_id FROM github_connections WHERE github_user_id = $1', [githubUserId]);
    return row && (await this.end(tx, row.userId, 'revoked')) ? row.userId : null;
  }

  /** Nothing of it stays. */
  async forget(tx: Tx, userId: string): Promise<void> {
    await tx.query(`DELETE FROM github_connections WHERE user_id = $1`, [userId]);
    await tx.query(`DELETE FROM user_repository_access WHERE user_id = $1 AND source = 'github'`, [userId]);
    await tx.query(`UPDATE users SET github_id = NULL, github_username = NULL WHERE id = $1`, [userId]);
  }

  private unseal(manager: EntityManager, connection: GithubConnection, held: Held): Promise<Secret | null> {
    const sealed: SealedSecret['sealed'] | null = connection[held];
    return sealed === null ? Promise.resolve(null) : this.sealed.open(manager, placeOf(connection.userId, held), { sealed, keyVersion: connection.keyVersion });
  }
}

function placeOf(userId: string, held: Held): SecretPlace {
  return { organizationId: null, column: `github_connections.${COLUMN[held]}`, rowId: userId, provider: 'github' };
}
