import { AppConfig, hmacSha256, newId, notFound, randomToken, sha256 } from '@app/common';
import { type Tx, SessionStore, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AccessTokens } from './access-token';
import { REFRESH_TOKEN_INVALID, REFRESH_TOKEN_REUSED, unauthorized } from './auth.errors';
import type { TokensResponse } from './dto/session.response';
import type { OrganizationRole, Principal } from './principal';

/** Where a login came from. */
export interface Origin {
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

export interface SessionOwner {
  readonly userId: string;
  readonly organizationId: string;
  readonly role: OrganizationRole;
  readonly tokenVersion: number;
}

/** Sessions: access token, refresh token, rotation, end. */
@Injectable()
export class SessionService {
  private readonly refreshKey: Buffer;

  constructor(
    private readonly config: AppConfig,
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionStore,
    private readonly unitOfWork: UnitOfWork,
  ) {
    this.refreshKey = config.core.JWT_SECRET.use((secret) => hmacSha256(secret, 'refresh token successors'));
  }

  /** Opens a session in the caller's transaction and gives its first tokens. */
  async open(tx: Tx, owner: SessionOwner, origin: Origin): Promise<TokensResponse> {
    const id = newId();
    const refreshToken = randomToken();
    await this.sessions.open(tx, { id, userId: owner.userId, authMethod: 'password', ...origin, days: this.config.http.SESSION_DAYS, refreshTokenHash: sha256(refreshToken) });
    return this.answer(id, owner, refreshToken);
  }

  /**
   * Exchanges a refresh token. Its successor is an HMAC of it: parallel calls, and a repeat whose first answer was lost, get the same one,
   * and nothing secret is stored.
   * @throws {AppError} refresh_token_invalid, refresh_token_reused (the session is dead then)
   */
  async refresh(refreshToken: string): Promise<TokensResponse> {
    const successor = hmacSha256(this.refreshKey, refreshToken).toString('base64url');
    const rotation = await this.sessions.rotate(sha256(refreshToken), sha256(successor));
    if (rotation.outcome === 'invalid') throw unauthorized(REFRESH_TOKEN_INVALID, 'Sign in again.');
    if (rotation.outcome === 'reused') throw unauthorized(REFRESH_TOKEN_REUSED, 'This token was used before, so the session was ended. Sign in again.');
    const { sessionId, userId } = rotation.session;
    const standing = await this.sessions.standing(sessionId, userId, null);
    if (!standing?.organizationId || !standing.role) throw notFound();
    return this.answer(sessionId, { userId, organizationId: standing.organizationId, role: standing.role, tokenVersion: standing.tokenVersion }, successor);
  }

  /** Ends the caller's session, or all sessions of the user. */
  async end(principal: Principal, isForAll: boolean): Promise<void> {
    await this.unitOfWork.run((tx) =>
      isForAll ? this.sessions.revokeAll(tx, principal.userId, 'logout_all') : principal.sessionId === null ? Promise.resolve() : this.sessions.revokeSession(tx, principal.sessionId, 'logout'),
    );
  }

  private answer(sessionId: string, owner: SessionOwner, refreshToken: string): TokensResponse {
    const accessToken = this.tokens.sign({ sub: owner.userId, sid: sessionId, org: owner.organizationId, role: owner.role, tv: owner.tokenVersion });
    return { accessToken, tokenType: 'Bearer', expiresIn: this.tokens.seconds, refreshToken };
  }
}
