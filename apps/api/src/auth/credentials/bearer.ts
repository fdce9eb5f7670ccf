import type { HttpRequest } from '../../http/http-request';

/** Longer than any token of ours or of Clerk's; what is longer is not even looked at. */
const MAX_TOKEN_LENGTH = 8_192;
/** RFC 6750 with RFC 9110: the scheme in any case, then the token, and nothing else. */
const BEARER = /^bearer ([A-Za-z0-9._~+/=-]+)$/i;

/** The request's one bearer token, or null. Two Authorization headers are refused: Node would keep the first, a proxy perhaps the other. */
export function bearerToken(request: Pick<HttpRequest, 'headers' | 'rawHeaders'>): string | null {
  const { authorization } = request.headers;
  if (authorization === undefined || authorization.length > MAX_TOKEN_LENGTH || timesSent(request.rawHeaders) !== 1) return null;
  return BEARER.exec(authorization)?.[1] ?? null;
}

function timesSent(rawHeaders: readonly string[]): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.length === 'authorization'.length && name.toLowerCase() === 'authorization').length;
}
