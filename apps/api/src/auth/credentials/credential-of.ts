import type { Credential } from '../principal';

/** How every personal access token begins. */
export const TOKEN_MARK = 'ac_pat_';

/**
 * Which kind of credential a token claims to be, by its shape alone: nothing is trusted yet, this only picks who checks it. A JWT is ours when
 * its issuer is; any other issuer is Clerk's to judge. Null: no kind that we know.
 */
export function credentialOf(token: string, ourIssuer: string): Credential | null {
  if (token.startsWith(TOKEN_MARK)) return 'token';
  const issuer = issuerOf(token);
  if (issuer === null) return null;
  return issuer === ourIssuer ? 'session' : 'clerk';
}

function issuerOf(token: string): string | null {
  const [, payload, , more] = token.split('.', 4);
  if (payload === undefined || more !== undefined) return null;
  const claims = decodeObject(payload);
  return typeof claims?.['iss'] === 'string' ? claims['iss'] : null;
}

/** A JWT's header or claims, unverified; null when they are no JSON object. */
export function decodeObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
