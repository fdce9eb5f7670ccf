import { Clock } from '@app/common';
import { SessionStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { Strategy } from 'passport-jwt';
import type { HttpRequest } from '../http/http-request';
import { type AccessClaims, AccessTokens, ALGORITHM, AUDIENCE, CLOCK_TOLERANCE_SECONDS } from './access-token';
import { tokenReplaced, tokenRevoked, unauthenticated } from './auth.errors';
import { bearerToken } from './credentials/bearer';
import { principalOf, requireActive, wantedOrganization } from './credentials/standing';
import type { Principal } from './principal';

/** Our own access tokens. */
@Injectable()
export class SessionStrategy extends PassportStrategy(Strategy, 'session') {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionStore,
    private readonly clock: Clock,
  ) {
    super({
      jwtFromRequest: (request: HttpRequest) => bearerToken(request),
      // The cast: passport-jwt hands the key on to jsonwebtoken, which takes key objects.
      secretOrKeyProvider: (_request: HttpRequest, token: string, done) => {
        const key = tokens.keyFor(token);
        if (key) done(null, key as unknown as Buffer);
        else done(unauthenticated());
      },
      jsonWebTokenOptions: { clockTolerance: CLOCK_TOLERANCE_SECONDS },
      algorithms: [ALGORITHM],
      issuer: tokens.issuer,
      audience: AUDIENCE,
      passReqToCallback: true,
    });
  }

  /** A token that was verified before goes straight to the database's questions. */
  override authenticate(request: Request, options?: unknown): void {
    const token = bearerToken(request as HttpRequest);
    const claims = token === null ? null : this.tokens.verified.get(token, this.nowSeconds());
    if (token === null || claims === null) {
      super.authenticate(request, options);
      return;
    }
    this.callerOf(request as HttpRequest, token, claims).then(
      (principal) => this.success(principal),
      (error: unknown) => this.error(error as Error),
    );
  }

  /** Passport-jwt calls it once the signature, issuer, audience and expiry hold. */
  async validate(request: HttpRequest, claims: Record<string, unknown>): Promise<Principal> {
    const token = bearerToken(request);
    if (token === null || !this.tokens.areOurClaims(claims, this.nowSeconds())) throw unauthenticated();
    const ours = claims as unknown as AccessClaims;
    this.tokens.verified.add(token, ours);
    return this.callerOf(request, token, ours);
  }

  private async callerOf(request: HttpRequest, token: string, { sub: userId, sid: sessionId, tv, exp }: AccessClaims): Promise<Principal> {
    const standing = await this.sessions.standing(sessionId, userId, wantedOrganization(request));
    if (!standing?.isAlive) this.tokens.verified.drop(token);
    if (!standing) throw tokenRevoked();
    requireActive(standing);
    if (!standing.isAlive) throw tokenRevoked();
    const isCurrent = standing.tokenVersion === tv || (tv < standing.tokenVersion && standing.keepsOlderTokens);
    if (!isCurrent) throw tokenReplaced();
    if (standing.isUnseen) await this.sessions.seen(sessionId);
    return principalOf(standing, { credential: 'session', sessionId, expiresAt: new Date(exp * 1000) });
  }

  private nowSeconds(): number {
    return this.clock.now().getTime() / 1000;
  }
}
