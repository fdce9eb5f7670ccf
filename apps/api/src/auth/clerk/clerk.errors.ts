import { AppError, declareError, NOT_READY } from '@app/common';
import { unauthorized } from '../auth.errors';

export const SESSION_PENDING = declareError('session_pending', 401, 'The session at Clerk is not complete');
export const IMPERSONATION_FORBIDDEN = declareError('impersonation_forbidden', 403, 'This cannot be done on behalf of somebody');

export function sessionPending(): AppError {
  return unauthorized(SESSION_PENDING, 'Finish signing in at Clerk, then send the new session token.');
}

export function impersonationForbidden(): AppError {
  return new AppError(IMPERSONATION_FORBIDDEN, 'Who looks at an account on behalf of its owner changes nothing in it.');
}

/** The token is good, its owner is new here, and Clerk cannot be asked who it is. */
export function clerkUnavailable(cause: unknown): AppError {
  return new AppError(NOT_READY, 'Clerk does not answer now, and this account is not known here yet. Try again.', { cause, headers: { 'Retry-After': '5' } });
}
