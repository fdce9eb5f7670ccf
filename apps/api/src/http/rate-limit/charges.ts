import { hmacSha256 } from '@app/common';
import { normalizeIp } from '@nestjs/throttler';
import type { Principal } from '../../auth/principal';
import type { HttpRequest } from '../http-request';
import type { LimitName } from './limits';
import type { RateLimitGroup } from './rate-limit.decorator';

/** One counter that a call counts on. */
export interface Charge {
  readonly limit: LimitName;
  readonly key: string;
}

const BY_ADDRESS: Readonly<Partial<Record<RateLimitGroup, LimitName>>> = { signIn: 'signIn', refresh: 'refresh', webhooks: 'webhooks' };
const BESIDE_DEFAULT: Readonly<Partial<Record<RateLimitGroup, LimitName>>> = { tasks: 'tasks', tests: 'tests', signIn: 'signInAccount' };

/** Of a call on a public route, and of one that says not who makes it. */
export function anonymousCharges(request: HttpRequest, group: RateLimitGroup, secret: Buffer): Charge[] {
  const charges: Charge[] = [{ limit: BY_ADDRESS[group] ?? 'anonymous', key: addressOf(request) }];
  const account = group === 'signIn' ? accountOf(request) : null;
  // Redis holds no address of a person, not even as a plain hash.
  if (account !== null) charges.push({ limit: 'signInAccount', key: hmacSha256(secret, account).toString('base64url') });
  return charges;
}

/** Of a call whose caller is known. */
export function principalCharges(principal: Principal, group: RateLimitGroup): Charge[] {
  const key = principal.tokenId === null ? `u:${principal.userId}` : `t:${principal.tokenId}`;
  const beside = BESIDE_DEFAULT[group];
  return [{ limit: 'default', key }, ...(beside === undefined ? [] : [{ limit: beside, key }])];
}

/** Whoever has one address of an IPv6 network has all of its /64. */
function addressOf(request: HttpRequest): string {
  return normalizeIp(request.ip ?? 'unknown', 64);
}

/** The e-mail address that is tried, as the database compares it; whether there is such an account does not matter. */
function accountOf(request: HttpRequest): string | null {
  const email = (request.body as { email?: unknown } | undefined)?.email;
  return typeof email === 'string' ? email.trim().toLowerCase() : null;
}
