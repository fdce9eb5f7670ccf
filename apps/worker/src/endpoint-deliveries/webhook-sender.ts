import { AppConfig, AppError, Clock, createSafeFetch, type SafeFetch } from '@app/common';
import type { ClaimedDelivery } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { retryAfterSeconds } from './retry-plan';
import { signMessage } from './webhook-signature';

const TIMEOUT_MS = 10_000;
/** Of the receiver's answer; it is not kept, only read so that short ones end in peace. */
const ANSWER_BYTES = 1_024;
const GONE = 410;

/** How a try went. */
export type Sent =
  | { readonly kind: 'delivered'; readonly httpStatus: number; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly httpStatus: number | null; readonly error: string; readonly durationMs: number; readonly askedSeconds: number | null; readonly isGone: boolean };

/** The faults of a network in words. The error's own text may hold what the receiver sent. */
const NETWORK_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  EPIPE: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer within 10 s',
  UND_ERR_HEADERS_OVERFLOW: 'the answer\'s headers are too long',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer broke off',
};

/** Sends one signed message to an address that a user gave. */
@Injectable()
export class WebhookSender {
  private readonly fetch: SafeFetch;

  constructor(
    config: AppConfig,
    private readonly clock: Clock,
  ) {
    this.fetch = createSafeFetch({ allowLoopback: !config.core.isProduction, timeoutMs: TIMEOUT_MS, maxBytes: ANSWER_BYTES });
  }

  /** Never throws for what the receiver does; only when `signal` stops it. */
  async send(delivery: Pick<ClaimedDelivery, 'url' | 'eventId' | 'body' | 'secrets'>, signal: AbortSignal): Promise<Sent> {
    const began = this.clock.monotonicMs();
    const durationMs = (): number => Math.round(this.clock.monotonicMs() - began);
    const { headers, body } = signMessage(delivery, delivery.secrets, this.clock.now());
    try {
      const answer = await this.fetch(delivery.url, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer>, signal });
      await drain(answer);
      return this.judge(answer, durationMs());
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'failed', httpStatus: null, error: inWords(error), durationMs: durationMs(), askedSeconds: null, isGone: false };
    }
  }

  private judge({ status, ok, headers }: Response, durationMs: number): Sent {
    if (ok) return { kind: 'delivered', httpStatus: status, durationMs };
    const isRedirect = status >= 300 && status < 400;
    const error = isRedirect ? `answered ${status}; redirects are not followed` : `answered ${status}`;
    return { kind: 'failed', httpStatus: status, error, durationMs, askedSeconds: retryAfterSeconds(headers.get('retry-after'), this.clock.now()), isGone: status === GONE };
  }
}

/** Reads what little is worth waiting for. The status has come already, so how the body ends does not matter. */
async function drain(answer: Response): Promise<void> {
  const body = answer.body as ReadableStream<Uint8Array> | null;
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (let bytes = 0; bytes < ANSWER_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
    }
  } catch {
    // Longer than the limit, broken off, or too slow.
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function inWords(error: unknown): string {
  if (error instanceof AppError) return error.detail;
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'no answer within 10 s';
  const codes = codesIn(error);
  const known = codes.map((code) => NETWORK_FAULTS[code]).find((words) => words !== undefined);
  if (known !== undefined) return known;
  return codes.some((code) => code.includes('CERT') || code.includes('TLS') || code.includes('SSL')) ? 'no trusted TLS connection could be made' : 'the request failed';
}

/** The codes of an error and of what caused it. */
function codesIn(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return [...(typeof code === 'string' ? [code] : []), ...codesIn(cause)];
}
