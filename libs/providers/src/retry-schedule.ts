import type { Clock } from '@app/common';
import type { ModelError } from './model-error';

/** How often and how long one model is tried again. Times in milliseconds. */
export interface RetryLimits {
  readonly maxTries: number;
  readonly totalMs: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** A vendor that asks for a longer wait than this gives the slot back instead. */
  readonly longestRetryAfterMs: number;
}

export const RETRY_LIMITS: RetryLimits = { maxTries: 6, totalMs: 300_000, baseMs: 1_000, capMs: 30_000, longestRetryAfterMs: 60_000 };

export interface RetryOptions {
  readonly limits?: RetryLimits;
  /** From 0 inclusive to 1 exclusive. */
  readonly random?: () => number;
}

/** The tries of one call to one model: full jitter, so that many workers do not come back at once. */
export class RetrySchedule {
  #tries = 0;
  readonly #began: number;
  readonly #limits: RetryLimits;
  readonly #random: () => number;

  constructor(
    private readonly clock: Clock,
    options: RetryOptions = {},
  ) {
    this.#limits = options.limits ?? RETRY_LIMITS;
    this.#random = options.random ?? Math.random;
    this.#began = clock.monotonicMs();
  }

  /** Tries that failed so far. */
  get failedTries(): number {
    return this.#tries;
  }

  /** Counts a failed try. Milliseconds to wait before the next one; null: give the error up. */
  waitAfter(error: ModelError): number | null {
    this.#tries += 1;
    const limits = this.#limits;
    if (!error.isTransient || this.#tries >= limits.maxTries) return null;
    const asked = error.facts.retryAfterMs;
    if (asked !== undefined && asked > limits.longestRetryAfterMs) return null;
    const backoff = Math.floor(this.#random() * Math.min(limits.capMs, limits.baseMs * 2 ** (this.#tries - 1)));
    const wait = Math.max(asked ?? 0, backoff);
    return this.clock.monotonicMs() - this.#began + wait > limits.totalMs ? null : wait;
  }
}
