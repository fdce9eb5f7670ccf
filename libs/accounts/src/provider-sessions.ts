import { recordAudit, SessionStore, sqlChange, sqlRow, sqlRows, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** Our sessions that were opened with a session of the identity provider: they end with it. */
@Injectable()
export class ProviderSessions {
  constructor(
    private readonly sessions: SessionStore,
  ) {}

  /** Marks the user as signed in now, and keeps the token version until the commit; null: the user may not. */
  async signedIn(tx: Tx, userId: string): Promise<number | null> {
    const row = await sqlRow<{ tokenVersion: number }>(tx, `UPDATE users SET last_login_at = now() WHERE id = $1 AND status = 'active' RETURNING token_version`, [userId]);
    return row?.tokenVersion ?? null;
  }

  /** Remembers which session of the provider opened ours, which is known by its refresh token. */
  async attach(tx: Tx, refreshTokenHash: Buffer, clerkSessionId: string): Promise<void> {
    await sqlChange(tx, `UPDATE user_sessions s SET clerk_session_id = $2 FROM refresh_tokens t WHERE t.token_hash = $1 AND s.id = t.session_id`, [refreshTokenHash, clerkSessionId]);
  }

  /** A session began at the provider. */
  async began(tx: Tx, clerkId: string, at: Date): Promise<void> {
    await sqlChange(tx, `UPDATE users SET last_login_at = greatest(last_login_at, least($2, now())) WHERE clerk_id = $1 AND deleted_at IS NULL`, [clerkId, at]);
  }

  /** Ends ours that were opened with that session of the provider. */
  async ended(tx: Tx, clerkSessionId: string): Promise<void> {
    const ours = await sqlRows<{ id: string; userId: string }>(tx, `SELECT id, user_id FROM user_sessions WHERE clerk_session_id = $1 AND revoked_at IS NULL`, [clerkSessionId]);
    for (const { id, userId } of ours) {
      await this.sessions.revokeSession(tx, { userId, sessionId: id }, 'logout');
      await recordAudit(tx, { organizationId: null, action: 'session.revoked', targetType: 'session', targetId: id, changes: { userId, by: 'clerk' } });
    }
  }
}
