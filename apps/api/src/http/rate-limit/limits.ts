import type { HttpConfig } from '@app/common';
import { parseRate, type Rate } from './rate';

/** What one counter counts. */
export interface Limit {
  /** Name in the RateLimit headers. */
  readonly policy: string;
  readonly setting: keyof HttpConfig & `RATE_LIMIT_${string}`;
  /** Without Redis, though it is configured, the calls are refused: guessing must not become easier where it is down. */
  readonly isClosedWithoutRedis: boolean;
}

/** Every limit by the name of its counter. */
export const LIMITS = {
  default: { policy: 'default', setting: 'RATE_LIMIT_DEFAULT', isClosedWithoutRedis: false },
  anonymous: { policy: 'default', setting: 'RATE_LIMIT_ANONYMOUS', isClosedWithoutRedis: false },
  signIn: { policy: 'sign-in', setting: 'RATE_LIMIT_SIGN_IN', isClosedWithoutRedis: true },
  signInAccount: { policy: 'sign-in-account', setting: 'RATE_LIMIT_SIGN_IN_ACCOUNT', isClosedWithoutRedis: true },
  refresh: { policy: 'refresh', setting: 'RATE_LIMIT_SIGN_IN', isClosedWithoutRedis: true },
  tasks: { policy: 'tasks', setting: 'RATE_LIMIT_TASKS', isClosedWithoutRedis: false },
  tests: { policy: 'tests', setting: 'RATE_LIMIT_TESTS', isClosedWithoutRedis: false },
  webhooks: { policy: 'webhooks', setting: 'RATE_LIMIT_WEBHOOKS', isClosedWithoutRedis: false },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof LIMITS;

export function ratesOf(config: HttpConfig): Readonly<Record<LimitName, Rate>> {
  return Object.fromEntries(Object.entries(LIMITS).map(([name, { setting }]) => [name, parseRate(config[setting])])) as Record<LimitName, Rate>;
}
