import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { HttpRequest } from '../../http/http-request';
import { BearerCheck } from '../credentials/bearer-check';
import { principalOf, wantedOrganization } from '../credentials/standing';
import type { Principal } from '../principal';
import { ClerkAccounts } from './clerk-accounts';
import { ClerkTokens } from './clerk-tokens';
import { impersonationForbidden } from './clerk.errors';

const READS = ['GET', 'HEAD'];

/** Session tokens of Clerk. */
@Injectable()
export class ClerkStrategy extends PassportStrategy(BearerCheck, 'clerk') {
  constructor(
    private readonly tokens: ClerkTokens,
    private readonly accounts: ClerkAccounts,
  ) {
    super();
  }

  /** Who acts on behalf of somebody may look, and change nothing. */
  async validate(request: HttpRequest, token: string): Promise<Principal> {
    const identity = await this.tokens.verify(token);
    if (identity.isImpersonated && !READS.includes(request.method)) throw impersonationForbidden();
    const standing = await this.accounts.standing(identity, wantedOrganization(request));
    return principalOf(standing, { credential: 'clerk', sessionId: null, expiresAt: identity.expiresAt });
  }
}
