import type { ApiError } from '@google/genai';
import { ModelError } from '../model-error';
import type { ProviderConnection } from '../provider-connection';
import { modelErrorOf, type CodeTable } from '../wire/error-mapping';
import { cutStream, type StreamState } from '../wire/stream-end';

/** Reasons of `details[].reason`, then `error.status`. "INVALID_ARGUMENT", "FAILED_PRECONDITION" and "INTERNAL" are left out: status and text say more. */
const CODES: CodeTable = {
  API_KEY_INVALID: 'auth',
  API_KEY_SERVICE_BLOCKED: 'auth',
  API_KEY_EXPIRED: 'auth',
  SERVICE_DISABLED: 'auth',
  BILLING_DISABLED: 'quota',
  UNAUTHENTICATED: 'auth',
  PERMISSION_DENIED: 'auth',
  NOT_FOUND: 'not_found',
  RESOURCE_EXHAUSTED: 'rate_limit',
  UNAVAILABLE: 'overloaded',
  DEADLINE_EXCEEDED: 'timeout',
  CANCELLED: 'server',
  ABORTED: 'server',
};
/** A budget or prepaid account that is empty comes back with RESOURCE_EXHAUSTED as well. */
const SPENT = /prepayment|credits? (are|is) depleted|spend(ing)? (cap|limit)/i;

/** What came of the HTTP exchange: the SDK's errors keep neither headers nor, for redirects, the status. */
export interface Exchange {
  status: number | null;
  headers: Headers | null;
}

/** The body of an error, as far as it concerns us. */
interface Told {
  readonly message?: unknown;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly details?: unknown;
}

/** Whatever the SDK throws, as the one error of the port. */
export function googleError(error: unknown, connection: ProviderConnection, { state, exchange }: { state: StreamState; exchange: Exchange }): ModelError {
  if (error instanceof ModelError) return error;
  if (state.signal.aborted) return cutStream(state, error);
  const status = statusOf(error, exchange);
  if (status === undefined) return cutStream(state, error);
  const told = toldBy(error as Error);
  const details = detailsOf(told);
  const message = textOf(told.message) ?? `HTTP ${status}`;
  return modelErrorOf(
    {
      provider: connection.name,
      codes: [...(SPENT.test(message) ? ['BILLING_DISABLED'] : []), ...details.reasons, textOf(told.status)],
      status,
      ...(exchange.headers ? { headers: exchange.headers } : {}),
      retryAfterMs: details.waitMs,
      requestId: exchange.headers?.get('x-request-id') ?? null,
      message,
      key: connection.key,
      ...(state.usage ? { usage: state.usage } : {}),
    },
    CODES,
  );
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Undefined: no answer of the vendor lies behind this error. */
function statusOf(error: unknown, { status }: Exchange): number | undefined {
  if (isApiError(error)) return error.status;
  return status !== null && (status < 200 || status > 299) ? status : undefined;
}

/** By name: a second copy of the SDK would have another class. */
function isApiError(error: unknown): error is ApiError {
  return error instanceof Error && error.name === 'ApiError' && 'status' in error && typeof error.status === 'number';
}

/** The SDK puts the body into the message, in a stream behind "got status: …". */
function toldBy({ message }: Error): Told {
  try {
    const body = JSON.parse(message.slice(Math.max(0, message.indexOf('{')))) as { error?: Told | null } | null;
    return body?.error ?? {};
  } catch {
    return { message };
  }
}

function detailsOf({ details }: Told): { reasons: string[]; waitMs: number | undefined } {
  const list = (Array.isArray(details) ? details : []) as ({ reason?: unknown; retryDelay?: unknown } | null)[];
  const reasons = list.flatMap((detail) => (typeof detail?.reason === 'string' ? [detail.reason] : []));
  const seconds = list.map((detail) => /^(\d+(?:\.\d+)?)s$/.exec(typeof detail?.retryDelay === 'string' ? detail.retryDelay : '')?.[1]).find((text) => text !== undefined);
  return { reasons, waitMs: seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1_000) };
}
