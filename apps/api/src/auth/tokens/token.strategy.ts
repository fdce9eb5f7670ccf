import { notFound, sha256 } from '@app/common';
import { PersonalAccessTokenStore, type TokenStanding } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { HttpRequest } from '../../http/http-request';
import { TOKEN_EXPIRED, TOKEN_REVOKED, unauthenticated, unauthorized } from '../auth.errors';
import { BearerCheck } from '../credentials/bearer-check';
import { requireActive, wantedOrganization } from '../credentials/standing';
import { type Principal, type Scope, SCOPES } from '../principal';
import { isTokenText } from './token-text';

/** Personal access tokens. */
@Injectable()
export class TokenStrategy extends PassportStrategy(BearerCheck, 'token') {
  constructor(private readonly tokens: PersonalAccessTokenStore) {
    super();
  }

  async validate(request: HttpRequest, token: string): Promise<Principal> {
    const standing = isTokenText(token) ? await this.tokens.standing(sha256(token)) : null;
    if (!standing) throw unauthenticated();
    requireGood(standing);
    const { id, userId, organizationId, role, expiresAt } = standing;
    if (organizationId === null || role === null) throw unauthorized(TOKEN_REVOKED, 'The token died with your membership in its organization, or with the organization.');
    const wanted = wantedOrganization(request);
    if (wanted !== null && wanted !== organizationId) throw notFound();
    if (standing.isUnseen) await this.tokens.used(id);
    // Whatever its owner is to the platform: a token never carries the rights of its staff.
    return { userId, organizationId, role, platformRole: 'user', credential: 'token', sessionId: null, tokenId: id, scopes: standing.scopes.filter(isScope), expiresAt };
  }
}

function requireGood(standing: TokenStanding): void {
  if (standing.isRevoked) throw unauthorized(TOKEN_REVOKED, 'The token was revoked.');
  if (standing.isExpired) throw unauthorized(TOKEN_EXPIRED, 'The token has expired. Make a new one.');
  requireActive(standing);
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}
