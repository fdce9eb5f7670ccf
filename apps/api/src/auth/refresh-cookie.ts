import { type AppConfig, AppError, FORBIDDEN } from '@app/common';
import type { Response } from 'express';
import type { HttpRequest } from '../http/http-request';

const NAME = 'ac_refresh';
/** Always Secure: Chrome and Firefox take such a cookie from http://localhost too. Safari does not; there, send the token in the body, or use https. */
const OPTIONS = { httpOnly: true, secure: true, sameSite: 'strict', path: '/api/v1/auth' } as const;

/** For browsers: out of reach of scripts, sent to the auth routes only. */
export function setRefreshCookie(response: Response, token: string): void {
  response.cookie(NAME, token, OPTIONS);
}

export function clearRefreshCookie(response: Response): void {
  response.clearCookie(NAME, OPTIONS);
}

/**
 * The cookie's token, or null. A browser sends the cookie by itself, so a page that is not one of ours must not make it do so: SameSite=Strict
 * keeps other sites away, this the other hosts of our own site. Browsers name the page's origin on every POST; programs need not.
 * @throws {AppError} forbidden
 */
export function refreshCookie(request: HttpRequest, config: AppConfig): string | null {
  const pair = (request.headers.cookie ?? '').split(';').map((part) => part.trim()).find((part) => part.startsWith(`${NAME}=`));
  if (pair === undefined) return null;
  const { origin } = request.headers;
  const isOurs = origin === undefined || origin === config.core.PUBLIC_URL || config.http.CORS_ORIGINS.includes(origin);
  if (!isOurs) throw new AppError(FORBIDDEN, 'Pages of this origin may not use the refresh cookie: see CORS_ORIGINS and PUBLIC_URL.');
  return pair.slice(NAME.length + 1);
}
