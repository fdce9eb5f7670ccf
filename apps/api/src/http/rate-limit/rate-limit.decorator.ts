import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const RATE_LIMIT = 'async-coder:rate-limit';

/**
 * Kinds of routes. Without one a route counts under `default`: per user or access token, or per address where there is neither.
 * `signIn` (also per account) and `refresh` per address instead of it; on a route that is not public `signIn` is for a password that is asked
 * again. `tasks` and `tests` per user or token beside it. `webhooks` per address instead of it. `none`: probes.
 */
export type RateLimitGroup = 'default' | 'signIn' | 'refresh' | 'tasks' | 'tests' | 'webhooks' | 'none';

/** Says under which limits the calls of a route, or of a whole controller, count. */
export function RateLimit(group: RateLimitGroup): CustomDecorator {
  return SetMetadata(RATE_LIMIT, group);
}
