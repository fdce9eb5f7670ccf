import { AppError, invalidParameter, isId, notFound } from '@app/common';
import type { UserStanding } from '@app/domain';
import type { HttpRequest } from '../../http/http-request';
import { ACCOUNT_SUSPENDED, tokenRevoked } from '../auth.errors';
import type { Principal } from '../principal';

/** The organization that the request names; null: the user's default one. @throws {AppError} invalid_parameter */
export function wantedOrganization(request: Pick<HttpRequest, 'headers'>): string | null {
  const header = request.headers['x-organization-id'];
  if (header === undefined) return null;
  if (typeof header !== 'string' || !isId(header)) throw invalidParameter('X-Organization-Id', 'invalid_format', 'must be a uuid');
  return header.toLowerCase();
}

/** What the database says of the account now. @throws {AppError} account_suspended, token_revoked (erased) */
export function requireActive(standing: Pick<UserStanding, 'userStatus'>): void {
  if (standing.userStatus === 'suspended') throw new AppError(ACCOUNT_SUSPENDED, 'This account is suspended. Ask support.');
  if (standing.userStatus !== 'active') throw tokenRevoked();
}

/** A signed-in person as the caller. @throws {AppError} account_suspended, token_revoked, not_found (no member of the organization asked for) */
export function principalOf(standing: UserStanding, how: Pick<Principal, 'credential' | 'sessionId' | 'expiresAt'>): Principal {
  requireActive(standing);
  const { userId, organizationId, role, platformRole } = standing;
  if (organizationId === null || role === null) throw notFound();
  return { userId, organizationId, role, platformRole, ...how, tokenId: null, scopes: [] };
}
