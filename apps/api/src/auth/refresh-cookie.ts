import type { Response } from 'express';
import type { HttpRequest } from '../http/http-request';
import type { Origin } from './session.service';

const NAME = 'ac_refresh';
const OPTIONS = { httpOnly: true, secure: true, sameSite: 'strict', path: '/api/v1/auth' } as const;

/** For browsers: out of reach of scripts, sent to the auth routes only. */
export function setRefreshCookie(response: Response, token: string): void {
  response.cookie(NAME, token, OPTIONS);
}

export function clearRefreshCookie(response: Response): void {
  response.clearCookie(NAME, OPTIONS);
}

export function refreshCookie(request: HttpRequest): string | null {
  const pair = (request.headers.cookie ?? '').split(';').map((part) => part.trim()).find((part) => part.startsWith(`${NAME}=`));
  return pair?.slice(NAME.length + 1) ?? null;
}

/** Address and program of the caller, as the session's row keeps them. */
export function originOf(request: HttpRequest): Origin {
  // An odd User-Agent may hold bytes that no text column takes.
  const userAgent = request.headers['user-agent']?.replace(/[^\x20-\x7e]/g, '?') ?? null;
  return { ipAddress: request.ip ?? null, userAgent };
}
