import type { JsonWebKey } from 'node:crypto';
import type { ClerkSettings } from './clerk-settings';
import type { KeySet } from './fetched-keys';

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 256 * 1024;

/** Clerk's key set, from its Backend API. @throws for anything but a set with at least one key that signs session tokens */
export async function fetchKeySet({ apiUrl, secretKey }: Pick<ClerkSettings, 'apiUrl' | 'secretKey'>): Promise<KeySet> {
  const authorization = secretKey?.use((key) => `Bearer ${key}`) ?? '';
  const response = await fetch(`${apiUrl}/v1/jwks`, { headers: { authorization, accept: 'application/json' }, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the key set was answered with ${response.status}`);
  const text = await response.text();
  if (text.length > MOST_BYTES) throw new Error('the key set is too large');
  const { keys } = JSON.parse(text) as { keys?: unknown };
  const usable = (Array.isArray(keys) ? (keys as unknown[]) : []).map(readKey).filter((key) => key !== null);
  if (usable.length === 0) throw new Error('the key set holds no key that signs session tokens');
  return new Map(usable);
}

function readKey(key: unknown): [string, JsonWebKey] | null {
  if (typeof key !== 'object' || key === null) return null;
  const { kid, kty, alg, use, n, e } = key as Record<string, unknown>;
  const isForSignatures = kty === 'RSA' && (alg === undefined || alg === 'RS256') && (use === undefined || use === 'sig');
  if (!isForSignatures || typeof kid !== 'string' || kid === '' || typeof n !== 'string' || typeof e !== 'string') return null;
  return [kid, { kty, n, e, alg: 'RS256' }];
}
