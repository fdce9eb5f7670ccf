import { AppError, declareError } from '@app/common';

export const LAST_OWNER = declareError('last_owner', 409, 'An organization cannot be without an owner');
export const SLUG_TAKEN = declareError('slug_taken', 409, 'This slug is taken');
export const PERSONAL_ORGANIZATION = declareError('personal_organization', 409, 'A personal organization belongs to one person');
export const ORGANIZATION_LIMIT = declareError('organization_limit', 409, 'Nobody belongs to more organizations');

/** Nobody belongs to more; so a profile can show them all at once. */
export const MOST_ORGANIZATIONS = 100;

export function lastOwner(): AppError {
  return new AppError(LAST_OWNER, 'This is the only owner. Make another member an owner first, or delete the organization.');
}

export function organizationLimit(): AppError {
  return new AppError(ORGANIZATION_LIMIT, `One person belongs to at most ${MOST_ORGANIZATIONS} organizations. Leave one first.`, { members: { limit: MOST_ORGANIZATIONS } });
}
