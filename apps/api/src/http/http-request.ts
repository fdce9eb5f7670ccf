import type { Request } from 'express';
import type { Principal } from '../auth/principal';
import type { IdempotentCall } from './idempotency/idempotent-call';
import type { RateLimitGroup } from './rate-limit/rate-limit.decorator';

/** Express's request with what our middleware and guards add. */
export type HttpRequest = Request & {
  /** Echoed in X-Request-Id, in every problem and log line. */
  requestId: string;
  /** Bytes as they arrived, for signed webhooks. */
  rawBody?: Buffer;
  /** Set by the auth guard on routes that are not public. */
  principal?: Principal;
  /** Set by the idempotency interceptor when the caller sent a key. */
  idempotentCall?: IdempotentCall;
  /** Set by the first guard: the limits that the route counts under. */
  rateLimitGroup?: RateLimitGroup;
  /** The call has been counted under its limits. */
  isCounted?: boolean;
};

/** The whole path, without the query: `request.path` lacks the prefix where a handler is mounted under it. */
export function pathOf(request: Pick<Request, 'originalUrl'>): string {
  return request.originalUrl.split('?', 1)[0] ?? '';
}
