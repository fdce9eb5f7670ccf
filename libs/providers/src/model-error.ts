import type { Usage } from './usage';

export const MODEL_ERROR_KINDS = [
  'rate_limit', 'overloaded', 'server', 'network', 'timeout', 'stream_cut', 'context_overflow', 'malformed_history',
  'auth', 'quota', 'not_found', 'bad_request', 'refusal', 'aborted',
] as const;
export type ModelErrorKind = (typeof MODEL_ERROR_KINDS)[number];

export interface ModelErrorFacts {
  readonly provider: string;
  readonly status?: number;
  /** The vendor's own code or type. */
  readonly vendorCode?: string;
  /** What the vendor asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  /** What the vendor reported as used before it failed: billed. */
  readonly usage?: Usage;
  readonly cause?: unknown;
}

/** The one error of the provider port. Judged by the vendor's code first, HTTP status second, text last. */
export class ModelError extends Error {
  constructor(
    readonly kind: ModelErrorKind,
    message: string,
    readonly facts: ModelErrorFacts,
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'ModelError';
  }

  /** Whether the same call may succeed a little later. */
  get isTransient(): boolean {
    return ['rate_limit', 'overloaded', 'server', 'network', 'timeout', 'stream_cut'].includes(this.kind);
  }
}
