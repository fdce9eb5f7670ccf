import { randomToken, sha256 } from '@app/common';
import type { Request, Response } from 'express';

/** The prefix makes browsers take it only from us, over a secure way, for no other host. */
const NAME = '__Host-ac_github';
const LIFE_MS = 600_000;
/** Lax: the browser comes back from GitHub's site by a link. */
const OPTIONS = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

/** SHA-256 of what this browser carries from now on; what it carries already stays, so that two tabs do not end each other. */
export function markBrowser(request: Request, response: Response): Buffer {
  const text = carried(request) ?? randomToken();
  response.cookie(NAME, text, { ...OPTIONS, maxAge: LIFE_MS });
  return sha256(text);
}

/** SHA-256 of what the browser carries; null: nothing. */
export function browserMark(request: Request): Buffer | null {
  const text = carried(request);
  return text === null ? null : sha256(text);
}

export function unmarkBrowser(response: Response): void {
  response.clearCookie(NAME, OPTIONS);
}

function carried(request: Request): string | null {
  const pair = (request.headers.cookie ?? '').split(';').map((part) => part.trim()).find((part) => part.startsWith(`${NAME}=`));
  const text = pair?.slice(NAME.length + 1) ?? '';
  return /^[\w-]{43}$/.test(text) ? text : null;
}
