import { AppError, declareError, type ErrorKind } from '@app/common';

export const UNAUTHENTICATED = declareError('unauthenticated', 401, 'Not signed in');
export const TOKEN_EXPIRED = declareError('token_expired', 401, 'The access token has expired');
export const TOKEN_REVOKED = declareError('token_revoked', 401, 'The access token is no longer good');
export const INVALID_CREDENTIALS = declareError('invalid_credentials', 401, 'Wrong e-mail address or password');
export const REFRESH_TOKEN_INVALID = declareError('refresh_token_invalid', 401, 'The refresh token is not valid');
export const REFRESH_TOKEN_REUSED = declareError('refresh_token_reused', 401, 'The refresh token was used before', 'warn');
export const INSUFFICIENT_SCOPE = declareError('insufficient_scope', 403, 'The token lacks a scope');
export const ACCOUNT_SUSPENDED = declareError('account_suspended', 403, 'This account is suspended');
export const TOO_MANY_LOGIN_ATTEMPTS = declareError('too_many_login_attempts', 429, 'Too many attempts to sign in', 'warn');

/** A 401, with the header that HTTP asks for. */
export function unauthorized(kind: ErrorKind, detail: string): AppError {
  const error = kind === UNAUTHENTICATED ? 'invalid_request' : kind === INVALID_CREDENTIALS ? 'invalid_grant' : 'invalid_token';
  return new AppError(kind, detail, { headers: { 'WWW-Authenticate': `Bearer realm="async-coder", error="${error}"` } });
}

export function unauthenticated(): AppError {
  return unauthorized(UNAUTHENTICATED, 'Send an access token: Authorization: Bearer <token>.');
}

/** The same whether or not the account exists. */
export function invalidCredentials(): AppError {
  return unauthorized(INVALID_CREDENTIALS, 'The e-mail address or the password is wrong.');
}

export function tokenRevoked(): AppError {
  return unauthorized(TOKEN_REVOKED, 'The session has ended. Sign in again.');
}

/** The caller's session is alive, but this token was voided: a new one comes with the refresh token. */
export function tokenReplaced(): AppError {
  return unauthorized(TOKEN_EXPIRED, 'The access token is no longer good. Get a new one with the refresh token.');
}

/** A personal access token that may not do this; null when no scope opens the route. */
export function insufficientScope(scope: string | null): AppError {
  const detail = scope === null ? 'Personal access tokens cannot do this; sign in.' : `The token lacks the scope ${scope}.`;
  const wanted = scope === null ? '' : `, scope="${scope}"`;
  return new AppError(INSUFFICIENT_SCOPE, detail, { headers: { 'WWW-Authenticate': `Bearer realm="async-coder", error="insufficient_scope"${wanted}` } });
}
