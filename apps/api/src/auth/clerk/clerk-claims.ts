/** Who signed in at Clerk, by a session token that holds. */
export interface ClerkIdentity {
  readonly clerkId: string;
  readonly clerkSessionId: string;
  /** Somebody of the operator's acts for this person. */
  readonly isImpersonated: boolean;
  /** The person has yet to finish signing in. */
  readonly isPending: boolean;
  readonly expiresAt: Date;
}

type Claims = Readonly<Record<string, unknown>>;

/** Clocks differ a little. */
export const CLOCK_SKEW_SECONDS = 5;
const USER = /^user_[A-Za-z0-9_-]{1,128}$/;
const SESSION = /^sess_[A-Za-z0-9_-]{1,128}$/;

/** Whether a header is that of a session token: nothing in it points at a key, or at rules that we do not follow. */
export function isSessionHeader(header: Claims | null): header is Claims & { kid: string } {
  if (header === null || header['alg'] !== 'RS256' || header['typ'] !== 'JWT') return false;
  const isPlain = ['crit', 'b64', 'jwk', 'jku', 'x5c', 'x5u', 'zip', 'enc'].every((name) => !(name in header));
  return isPlain && typeof header['kid'] === 'string' && header['kid'] !== '' && header['kid'].length <= 255;
}

/**
 * What a verifier does not ask. Null unless every claim that a session token has is there and of its form: with the same key Clerk also signs
 * tokens for machines and from templates, which are no sign-in.
 */
export function readIdentity(claims: Claims, parties: readonly string[], nowSeconds: number): ClerkIdentity | null {
  const { sub, sid, azp, sts, act, exp } = claims;
  if (!areTimes(claims, nowSeconds)) return null;
  if (typeof sub !== 'string' || !USER.test(sub) || typeof sid !== 'string' || !SESSION.test(sid)) return null;
  if (typeof azp !== 'string' || !parties.includes(azp)) return null;
  if (sts !== undefined && sts !== 'active' && sts !== 'pending') return null;
  return { clerkId: sub, clerkSessionId: sid, isImpersonated: act !== undefined && act !== null, isPending: sts === 'pending', expiresAt: new Date(Number(exp) * 1000) };
}

function areTimes({ iat, nbf, exp }: Claims, nowSeconds: number): boolean {
  if (!Number.isInteger(iat) || !Number.isInteger(nbf) || !Number.isInteger(exp)) return false;
  const latest = nowSeconds + CLOCK_SKEW_SECONDS;
  return Number(iat) <= latest && Number(nbf) <= latest && Number(exp) > nowSeconds - CLOCK_SKEW_SECONDS && Number(exp) > Number(iat) && Number(iat) > 0;
}
