import { AppConfig, hmacSha256, newId, notFound, randomToken, type Secret, sha256 } from '@app/common';
import { becomeActor, currentActor, recordAudit, type RefreshedSession, SessionStore, type Tx, UnitOfWork, type UserSession } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AccessTokens } from './access-token';
import { REFRESH_TOKEN_INVALID, REFRESH_TOKEN_REUSED, unauthorized } from './auth.errors';
import type { TokensResponse } from './dto/session.response';
import type { OrganizationRole, Principal } from './principal';

export interface SessionOwner {
  readonly userId: string;
  readonly organizationId: string;
  readonly role: OrganizationRole;
  readonly tokenVersion: number;
}

/** Sessions: access token, refresh token, rotation, end. */
@Injectable()
export class SessionService {
  /** Of the signing secret first; of the one beside it, so that a grace outlives the swap of the two. */
  private readonly refreshKeys: readonly [Buffer, ...Buffer[]];

  constructor(
    private readonly config: AppConfig,
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionStore,
    private readonly unitOfWork: UnitOfWork,
  ) {
    const { JWT_SECRET, JWT_SECRET_PREVIOUS } = config.core;
    this.refreshKeys = [refreshKeyOf(JWT_SECRET), ...(JWT_SECRET_PREVIOUS ? [refreshKeyOf(JWT_SECRET_PREVIOUS)] : [])];
  }

  /** Opens a session in the caller's transaction and gives its first tokens. Where it was opened from is known of the running request. */
  async open(tx: Tx, owner: SessionOwner, authMethod: UserSession['authMethod'] = 'password'): Promise<TokensResponse> {
    const id = newId();
    const refreshToken = randomToken();
    const { ipAddress, userAgent } = currentActor();
    await this.sessions.open(tx, { id, userId: owner.userId, authMethod, ipAddress, userAgent, days: this.config.http.SESSION_DAYS, refreshTokenHash: sha256(refreshToken) });
    // Until now nobody in particular was calling.
    if (currentActor().type === 'system') becomeActor({ type: 'user', id: owner.userId });
    await recordAudit(tx, { organizationId: null, action: 'session.opened', targetType: 'session', targetId: id, changes: { userId: owner.userId, authMethod } });
    return this.answer(id, owner, refreshToken);
  }

  /**
   * Exchanges a refresh token. Its successor is an HMAC of it: parallel calls, and a repeat whose first answer was lost, get the same one,
   * and nothing secret is stored.
   * @throws {AppError} refresh_token_invalid, refresh_token_reused (the session is dead then)
   */
  async refresh(refreshToken: string): Promise<TokensResponse> {
    const [first, ...others] = this.refreshKeys;
    const successors = [successorOf(refreshToken, first), ...others.map((key) => successorOf(refreshToken, key))] as const;
    const rotation = await this.unitOfWork.run((tx) => this.rotate(tx, refreshToken, [sha256(successors[0]), ...successors.slice(1).map(sha256)]));
    if (rotation.outcome === 'invalid') throw unauthorized(REFRESH_TOKEN_INVALID, 'Sign in again.');
    if (rotation.outcome === 'reused') throw unauthorized(REFRESH_TOKEN_REUSED, 'This token was used before, so the session was ended. Sign in again.');
    const { sessionId, userId } = rotation.session;
    const standing = await this.sessions.standing(sessionId, userId, null);
    if (!standing?.organizationId || !standing.role) throw notFound();
    return this.answer(sessionId, { userId, organizationId: standing.organizationId, role: standing.role, tokenVersion: standing.tokenVersion }, successors[rotation.successor] ?? successors[0]);
  }

  /** Ends the caller's session, or all sessions of the user. With Clerk's session there is none of ours to end. */
  async end(principal: Principal, isForAll: boolean): Promise<void> {
    const { userId, sessionId } = principal;
    if (!isForAll && sessionId === null) return;
    await this.unitOfWork.run(async (tx) => {
      if (isForAll) await this.sessions.revokeAll(tx, userId, 'logout_all');
      else if (sessionId !== null) await this.sessions.revokeSession(tx, { userId, sessionId }, 'logout');
      await this.recordEnd(tx, isForAll ? { userId, sessionId: null } : { userId, sessionId }, isForAll ? 'logout_all' : 'logout');
    });
  }

  /** Ends one session of the caller's. @throws {AppError} not_found */
  async revoke(session: RefreshedSession): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.sessions.revokeSession(tx, session, 'logout'))) throw notFound();
      await this.recordEnd(tx, session, 'logout');
    });
  }

  private async rotate(tx: Tx, refreshToken: string, successors: readonly [Buffer, ...Buffer[]]): ReturnType<SessionStore['rotate']> {
    const rotation = await this.sessions.rotate(tx, sha256(refreshToken), successors);
    if (rotation.outcome === 'reused') await this.recordEnd(tx, rotation.session, 'rotation_reuse');
    return rotation;
  }

  private async recordEnd(tx: Tx, { userId, sessionId }: { userId: string; sessionId: string | null }, reason: string): Promise<void> {
    const target = sessionId === null ? { targetType: 'user', targetId: userId } : { targetType: 'session', targetId: sessionId };
    await recordAudit(tx, { organizationId: null, action: 'session.revoked', ...target, changes: { userId, reason } });
  }

  private answer(sessionId: string, owner: SessionOwner, refreshToken: string): TokensResponse {
    const accessToken = this.tokens.sign({ sub: owner.userId, sid: sessionId, org: owner.organizationId, role: owner.role, tv: owner.tokenVersion });
    return { accessToken, tokenType: 'Bearer', expiresIn: this.tokens.seconds, refreshToken };
  }
}

function refreshKeyOf(jwtSecret: Secret): Buffer {
  return jwtSecret.use((secret) => hmacSha256(secret, 'refresh token successors'));
}

function successorOf(refreshToken: string, key: Buffer): string {
  return hmacSha256(key, refreshToken).toString('base64url');
}
