import { newId, type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { storableAddress } from '../audit/actor';
import { namedRecords, statement } from '../named-sql';
import { sqlChange, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { UserStanding } from '../users/user.store';
import type { UserSession } from './user-session.entity';

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly authMethod: UserSession['authMethod'];
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly days: number;
  readonly refreshTokenHash: Buffer;
}

/** What an access token's session is worth now. */
export interface SessionStanding extends UserStanding {
  readonly isAlive: boolean;
  /** Access tokens of an older version stay good in this session: the password was changed in it. */
  readonly keepsOlderTokens: boolean;
  /** A minute or more has passed since the session was last marked as seen. */
  readonly isUnseen: boolean;
}

/** Who a refreshed session belongs to. */
export interface RefreshedSession {
  readonly sessionId: string;
  readonly userId: string;
}

export type Rotation =
  /** `successor` (an index) is now the session's one live token, whether it was made just now or by a lost answer before. */
  | { readonly outcome: 'rotated'; readonly session: RefreshedSession; readonly successor: number }
  | { readonly outcome: 'invalid' }
  /** A token was used again: the session has been revoked. */
  | { readonly outcome: 'reused'; readonly session: RefreshedSession };

type RevokedReason = NonNullable<UserSession['revokedReason']>;

/** A session as its owner sees it. */
export type LiveSession = Pick<UserSession, 'id' | 'authMethod' | 'ipAddress' | 'userAgent' | 'lastSeenAt' | 'expiresAt' | 'createdAt'>;

/** How fresh `last_seen_at` is kept: a write a minute, not one a request. */
const SEEN_EVERY_SECONDS = 60;

/** For this long after its use the immediate parent gets the same successor again: an answer may have been lost. */
export const REFRESH_GRACE_SECONDS = 10;

interface TokenRow extends RefreshedSession {
  readonly id: string;
  readonly isUsed: boolean;
  readonly isInGrace: boolean;
  readonly isUsable: boolean;
}

/** Asked at every request, so it is planned once per connection. */
const STANDING = statement(`
SELECT s.revoked_at IS NULL AND s.expires_at > now() AS "isAlive", coalesce(s.trusted_token_version = u.token_version, false) AS "keepsOlderTokens",
       s.last_seen_at < now() - make_interval(secs => ${SEEN_EVERY_SECONDS}) AS "isUnseen",
       u.id AS "userId", u.status AS "userStatus", u.role AS "platformRole", u.token_version AS "tokenVersion",
       o.id AS "organizationId", CASE WHEN o.id IS NULL THEN NULL ELSE m.role END AS role
  FROM user_sessions s JOIN users u ON u.id = s.user_id
  LEFT JOIN organization_members m ON m.user_id = u.id AND m.organization_id = coalesce($3::uuid, u.default_organization_id)
  LEFT JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL AND o.status = 'active'
  WHERE s.id = $1 AND s.user_id = $2`);

@Injectable()
export class SessionStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Opens a session with its first refresh token. */
  async open(tx: Tx, session: NewSession): Promise<void> {
    await tx.query(
      `INSERT INTO user_sessions (id, user_id, auth_method, ip_address, user_agent, expires_at) VALUES ($1, $2, $3, $4, left($5, 1024), now() + make_interval(days => $6))`,
      [session.id, session.userId, session.authMethod, storableAddress(session.ipAddress), session.userAgent, session.days],
    );
    await this.addToken(tx, { sessionId: session.id, hash: session.refreshTokenHash, parentId: null });
  }

  /**
   * Exchanges a refresh token for its successor, whose hash the caller derives from the token itself, so that parallel calls agree on it. Holds
   * the session's row until the transaction ends. The first of `successors` is the one that is made; any of them is found again.
   */
  async rotate(tx: Tx, tokenHash: Buffer, successors: readonly [Buffer, ...Buffer[]]): Promise<Rotation> {
    const token = await this.lockToken(tx, tokenHash);
    if (!token?.isUsable) return { outcome: 'invalid' };
    const session = { sessionId: token.sessionId, userId: token.userId };
    if (!token.isUsed) {
      await tx.query(`UPDATE refresh_tokens SET used_at = clock_timestamp() WHERE id = $1`, [token.id]);
      await this.addToken(tx, { sessionId: token.sessionId, hash: successors[0], parentId: token.id });
      await tx.query(`UPDATE user_sessions SET last_seen_at = now() WHERE id = $1`, [token.sessionId]);
      return { outcome: 'rotated', session, successor: 0 };
    }
    const live = token.isInGrace ? await this.liveOf(tx, successors) : -1;
    if (live >= 0) return { outcome: 'rotated', session, successor: live };
    await this.revokeSession(tx, session, 'rotation_reuse');
    return { outcome: 'reused', session };
  }

  /** The standing of a session, and the caller's role in the organization asked for (null: the user's default one). Null: no such session. */
  async standing(sessionId: string, userId: string, organizationId: string | null): Promise<SessionStanding | null> {
    const rows = await namedRecords<SessionStanding>(this.dataSource.manager, STANDING, [sessionId, userId, organizationId]);
    return rows[0] ?? null;
  }

  /** Marks the session as seen now; at most one statement a minute gets here, and it never waits for another. */
  async seen(sessionId: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE user_sessions SET last_seen_at = now()
        WHERE id = (SELECT id FROM user_sessions WHERE id = $1 AND last_seen_at < now() - make_interval(secs => ${SEEN_EVERY_SECONDS}) FOR UPDATE SKIP LOCKED)`,
      [sessionId],
    );
  }

  /** Sessions of the user that have not ended. */
  async listLive(userId: string, page: PageRequest): Promise<Page<LiveSession>> {
    const [comparison, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await this.dataSource.query<(LiveSession & { sort: string })[]>(
      `SELECT id, auth_method AS "authMethod", host(ip_address) AS "ipAddress", user_agent AS "userAgent", last_seen_at AS "lastSeenAt", expires_at AS "expiresAt",
              created_at AS "createdAt", created_at::text AS sort
         FROM user_sessions
        WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now() AND ($2::timestamptz IS NULL OR (created_at, id) ${comparison} ($2::timestamptz, $3::uuid))
        ORDER BY created_at ${direction}, id ${direction} LIMIT $4`,
      [userId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.sort, id: row.id }));
  }

  /** Ends a session of the user; false when there is no such session, or it has ended before. */
  async revokeSession(tx: Tx, { userId, sessionId }: RefreshedSession, reason: RevokedReason): Promise<boolean> {
    const changed = await sqlChange(tx, `UPDATE user_sessions SET revoked_at = now(), revoked_reason = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > now()`, [sessionId, userId, reason]);
    if (changed > 0) await this.revokeTokens(tx, [sessionId]);
    return changed > 0;
  }

  /** Ends all sessions of a user and voids every access token made before. */
  async revokeAll(tx: Tx, userId: string, reason: RevokedReason): Promise<void> {
    await tx.query(`UPDATE users SET token_version = token_version + 1 WHERE id = $1`, [userId]);
    await this.revokeOthers(tx, { userId, sessionId: null }, reason);
  }

  /** Ends all sessions of a user but this one, if one is named. Lock the user's row first: users, sessions, tokens is everybody's order. */
  async revokeOthers(tx: Tx, { userId, sessionId }: { readonly userId: string; readonly sessionId: string | null }, reason: RevokedReason): Promise<string[]> {
    const ended = await sqlRows<{ id: string }>(
      tx,
      `UPDATE user_sessions SET revoked_at = now(), revoked_reason = $3 WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid AND revoked_at IS NULL RETURNING id`,
      [userId, sessionId, reason],
    );
    const ids = ended.map(({ id }) => id);
    await this.revokeTokens(tx, ids);
    return ids;
  }

  /** The access tokens that this session has stay good although the user's token version rose; call it in the transaction that raises it. */
  async trustOlderTokens(tx: Tx, { userId, sessionId }: RefreshedSession): Promise<void> {
    await tx.query(`UPDATE user_sessions s SET trusted_token_version = u.token_version FROM users u WHERE s.id = $1 AND s.user_id = $2 AND u.id = s.user_id`, [sessionId, userId]);
  }

  private async revokeTokens(tx: Tx, sessionIds: readonly string[]): Promise<void> {
    await tx.query(`UPDATE refresh_tokens SET revoked_at = now() WHERE session_id = ANY($1::uuid[]) AND revoked_at IS NULL AND used_at IS NULL`, [sessionIds]);
  }

  private async lockToken(tx: Tx, tokenHash: Buffer): Promise<TokenRow | undefined> {
    // clock_timestamp, not now(): the wait for the lock counts, and now() is when this transaction began.
    const rows = await tx.query<TokenRow[]>(
      `SELECT t.id, t.session_id AS "sessionId", s.user_id AS "userId", t.used_at IS NOT NULL AS "isUsed",
              coalesce(t.used_at > clock_timestamp() - make_interval(secs => $2), false) AS "isInGrace",
              t.revoked_at IS NULL AND t.expires_at > now() AND s.revoked_at IS NULL AND s.expires_at > now() AND u.status = 'active' AS "isUsable"
         FROM refresh_tokens t JOIN user_sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
        WHERE t.token_hash = $1 FOR UPDATE OF s, t`,
      [tokenHash, REFRESH_GRACE_SECONDS],
    );
    return rows[0];
  }

  /** Index of the one that is the session's live token, or -1. */
  private async liveOf(tx: Tx, hashes: readonly Buffer[]): Promise<number> {
    const [row] = await tx.query<{ hash: Buffer }[]>(`SELECT token_hash AS hash FROM refresh_tokens WHERE token_hash = ANY($1::bytea[]) AND used_at IS NULL AND revoked_at IS NULL`, [hashes]);
    return row === undefined ? -1 : hashes.findIndex((hash) => hash.equals(row.hash));
  }

  private async addToken(tx: Tx, token: { sessionId: string; hash: Buffer; parentId: string | null }): Promise<void> {
    await tx.query(`INSERT INTO refresh_tokens (id, session_id, token_hash, parent_id, expires_at) SELECT $1, id, $3, $4, expires_at FROM user_sessions WHERE id = $2`, [
      newId(),
      token.sessionId,
      token.hash,
      token.parentId,
    ]);
  }
}
