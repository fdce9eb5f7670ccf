import { AppError, Clock, invalidParameter, isId, notFound } from '@app/common';
import { SessionStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { HttpRequest } from '../http/http-request';
import { AccessTokens, AUDIENCE, CLOCK_TOLERANCE_SECONDS } from './access-token';
import { ACCOUNT_SUSPENDED, tokenRevoked, unauthenticated } from './auth.errors';
import type { Principal } from './principal';

const MAX_TOKEN_LENGTH = 4_096;
const fromHeader = ExtractJwt.fromAuthHeaderAsBearerToken();

/** Our own access tokens. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionStore,
    private readonly clock: Clock,
  ) {
    super({
      jwtFromRequest: (request: HttpRequest) => tokenOf(request),
      // The cast: passport-jwt hands the key on to jsonwebtoken, which takes key objects.
      secretOrKeyProvider: (_request: HttpRequest, token: string, done) => (tokens.isOurHeader(token) ? done(null, tokens.key as unknown as Buffer) : done(unauthenticated())),
      jsonWebTokenOptions: { clockTolerance: CLOCK_TOLERANCE_SECONDS },
      algorithms: ['HS256'],
      issuer: tokens.issuer,
      audience: AUDIENCE,
      passReqToCallback: true,
    });
  }

  /** The signature, issuer, audience and expiry hold; the rest is asked here. */
  async validate(request: HttpRequest, claims: Record<string, unknown>): Promise<Principal> {
    if (!this.tokens.areOurClaims(claims, this.clock.now().getTime() / 1000)) throw unauthenticated();
    const { sub: userId, sid: sessionId, tv } = claims as { sub: string; sid: string; tv: number };
    const standing = await this.sessions.standing(sessionId, userId, wantedOrganization(request));
    if (!standing) throw tokenRevoked();
    if (standing.userStatus === 'suspended') throw new AppError(ACCOUNT_SUSPENDED, 'This account is suspended. Ask support.');
    if (!standing.isAlive || standing.userStatus !== 'active' || standing.tokenVersion !== tv) throw tokenRevoked();
    if (standing.organizationId === null || standing.role === null) throw notFound();
    return { userId, sessionId, organizationId: standing.organizationId, role: standing.role, platformRole: standing.platformRole, credential: 'session', tokenId: null, scopes: [] };
  }
}

function tokenOf(request: HttpRequest): string | null {
  const token = fromHeader(request);
  return token !== null && token.length <= MAX_TOKEN_LENGTH ? token : null;
}

/** Absent: the user's default one. */
function wantedOrganization(request: HttpRequest): string | null {
  const header = request.headers['x-organization-id'];
  if (header === undefined) return null;
  if (typeof header !== 'string' || !isId(header)) throw invalidParameter('X-Organization-Id', 'invalid_format', 'must be a uuid');
  return header;
}
