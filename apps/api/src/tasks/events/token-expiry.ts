import type { HttpRequest } from '../../http/http-request';

/** When the request's access token expires, in milliseconds since 1970. The guard has verified it; here its claim is only read. */
export function tokenExpiry(request: HttpRequest): number | null {
  const [, payload] = (request.headers.authorization ?? '').replace(/^Bearer\s+/i, '').split('.');
  if (payload === undefined) return null;
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : null;
  } catch {
    return null;
  }
}
