import type { Response } from 'express';
import type { Rate } from './rate';

/** One limit that a call counted under. */
export interface CountedLimit {
  readonly policy: string;
  readonly rate: Rate;
  readonly remaining: number;
  /** Seconds until the whole burst is there again. */
  readonly resetSeconds: number;
}

/** draft-ietf-httpapi-ratelimit-headers, in one place because it is still a draft: which limits hold, and what is left of each. */
export function writeRateLimitHeaders(response: Response, limits: readonly CountedLimit[]): void {
  if (response.headersSent || limits.length === 0) return;
  response.setHeader('RateLimit-Policy', limits.map(({ policy, rate }) => `"${policy}";q=${rate.calls};w=${rate.seconds}`).join(', '));
  response.setHeader('RateLimit', limits.map(({ policy, remaining, resetSeconds }) => `"${policy}";r=${remaining};t=${resetSeconds}`).join(', '));
}
