import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { OrganizationMember } from '../organizations/organization-member.entity';
import type { Tx } from '../unit-of-work';
import type { User } from '../users/user.entity';
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
export interface SessionStanding {
  readonly isAlive: boolean;
  readonly userStatus: User['status'];
  readonly platformRole: User['role'];
  readonly tokenVersion: number;
  /** Null when the user is no member of the organization that was asked for. */
  readonly organizationId: string | null;
  readonly role: OrganizationMember['role'] | null;
}

/** Who a refreshed session belongs to. */
export interface RefreshedSession {
  readonly sessionId: string;
  readonly userId: string;
}

export type Rotation =
  /** The successor is now the session's one live token, whether it was made just now or by a lost answer before. */
  | { readonly outcome: 'rotated'; readonly session: RefreshedSession }
  | { readonly outcome: 'invalid' }
  /** A token was used again: the session has been revoked. */
  | { readonly outcome: 'reused'; readonly session: RefreshedSession };

/** For this long after its use the immediate parent gets the same successor again: an answer may have been lost. */
export const REFRESH_GRACE_SECONDS = 10;

interface TokenRow extends RefreshedSession {
  readonly id: string;
  readonly isUsed: boolean;
  readonly isInGrace: boolean;
  readonly isUsable: boolean;
}

@Injectable()
export class SessionStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Opens a session with its first refresh token. */
  async open(tx: Tx, session: NewSession): Promise<void> {
    await tx.query(
      `INSERT INTO user_sessions (id, user_id, auth_method, ip_address, user_agent, expires_at) VALUES ($1, $2, $3, $4, left($5, 1024), now() + make_interval(days => $6))`,
      [session.id, session.userId, session.authMethod, session.ipAddress, session.userAgent, session.days],
    );
    await this.addToken(tx, { sessionId: session.id, hash: session.refreshTokenHash, parentId: null });
  }

  /**
   * Exchanges a refresh token for its successor, whose hash the caller derives from the token itself, so that parallel calls agree on it.
   * Runs in one transaction that holds the session's row.
   */
  rotate(tokenHash: Buffer, successorHash: Buffer): Promise<Rotation> {
    return this.dataSource.transaction(async (tx) => {
      const token = await this.lockToken(tx, tokenHash);
      if (!token?.isUsable) return { outcome: 'invalid' };
      const session = { sessionId: token.sessionId, userId: token.userId };
      if (!token.isUsed) {
        await tx.query(`UPDATE refresh_tokens SET used_at = clock_timestamp() WHERE id = $1`, [token.id]);
        await this.addToken(tx, { sessionId: token.sessionId, hash: successorHash, parentId: token.id });
        await tx.query(`UPDATE user_sessions SET last_seen_at = now() WHERE id = $1`, [token.sessionId]);
        return { outcome: 'rotated', session };
      }
      if (token.isInGrace && (await this.isLive(tx, successorHash))) return { outcome: 'rotated', session };
      await this.revokeSession(tx, token.sessionId, 'rotation_reuse');
      return { outcome: 'reused', session };
    });
  }

  /** The standing of a session, and the caller's role in the organization asked for (null: the user's default one). Null: no such session. */
  async standing(sessionId: string, userId: string, organizationId: string | null): Promise<SessionStanding | null> {
    const rows = await this.dataSource.query<SessionStanding[]>(
      `SELECT s.revoked_at IS NULL AND s.expires_at > now() AS "isAlive", u.status AS "userStatus", u.role AS "platformRole", u.token_version AS "tokenVersion",
              o.id AS "organizationId", CASE WHEN o.id IS NULL THEN NULL ELSE m.role END AS role
         FROM user_sessions s JOIN users u ON u.id = s.user_id
         LEFT JOIN organization_members m ON m.user_id = u.id AND m.organization_id = coalesce($3::uuid, u.default_organization_id)
         LEFT JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL AND o.status = 'active'
        WHERE s.id = $1 AND s.user_id = $2`,
      [sessionId, userId, organizationId],
    );
    return rows[0] ?? null;
  }

  /** Ends a session; nothing happens when it has ended before. */
  async revokeSession(tx: Tx, sessionId: string, reason: NonNullable<UserSession['revokedReason']>): Promise<void> {
    await tx.query(`UPDATE user_sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL`, [sessionId, reason]);
    await tx.query(`UPDATE refresh_tokens SET revoked_at = now() WHERE session_id = $1 AND revoked_at IS NULL AND used_at IS NULL`, [sessionId]);
  }

  /** Ends all sessions of a user and voids every access token made before. */
  async revokeAll(tx: Tx, userId: string, reason: NonNullable<UserSession['revokedReason']>): Promise<void> {
    await tx.query(`UPDATE refresh_tokens SET revoked_at = now() WHERE revoked_at IS NULL AND used_at IS NULL AND session_id IN (SELECT id FROM user_sessions WHERE user_id = $1)`, [userId]);
    await tx.query(`UPDATE user_sessions SET revoked_at = now(), revoked_reason = $2 WHERE user_id = $1 AND revoked_at IS NULL`, [userId, reason]);
    await tx.query(`UPDATE users SET token_version = token_version + 1 WHERE id = $1`, [userId]);
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

  private async isLive(tx: Tx, tokenHash: Buffer): Promise<boolean> {
    const rows = await tx.query<unknown[]>(`SELECT 1 FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NULL AND revoked_at IS NULL`, [tokenHash]);
    return rows.length === 1;
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
