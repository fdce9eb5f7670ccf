import type { Clock } from '@app/common';
import { ModelError } from './model-error';
import { ModelProvider, type ModelChunk, type ModelRequest } from './model-provider';
import { RetrySchedule, type RetryOptions } from './retry-schedule';
import { TimedProvider, type CallLimits } from './timed.provider';

/** A try that gave no answer. */
export interface FailedTry {
  /** From 1. */
  readonly attempt: number;
  readonly error: ModelError;
  /** Until the next try; null: there is none and the error is thrown. */
  readonly waitMs: number | null;
  readonly latencyMs: number;
}

export interface ResilientOptions extends RetryOptions {
  readonly clock: Clock;
  readonly callLimits?: CallLimits;
  /**
   * Awaited for every failed try, before the wait. A request that it returns replaces the one of the next try (its answer may
   * have to be shorter); what it throws ends the call.
   */
  readonly onFailedTry: (failed: FailedTry) => Promise<ModelRequest | void> | ModelRequest | void;
}

/** One model with time limits and retries. Text of a failed try was already streamed: the end chunk holds the answer that counts. */
export class ResilientProvider extends ModelProvider {
  readonly name: string;
  readonly #timed: TimedProvider;

  constructor(
    inner: ModelProvider,
    private readonly options: ResilientOptions,
  ) {
    super();
    this.name = inner.name;
    this.#timed = new TimedProvider(inner, options.callLimits);
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const { clock, onFailedTry } = this.options;
    const schedule = new RetrySchedule(clock, this.options);
    let next = request;
    for (;;) {
      const began = clock.monotonicMs();
      let failure: ModelError;
      try {
        yield* this.#timed.stream(next, signal);
        return;
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        failure = error;
      }
      const waitMs = schedule.waitAfter(failure);
      next = (await onFailedTry({ attempt: schedule.failedTries, error: failure, waitMs, latencyMs: clock.monotonicMs() - began })) ?? next;
      if (waitMs === null) throw failure;
      await this.#pause(waitMs, signal);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.options.clock.sleep(ms, signal);
    } catch (cause) {
      throw new ModelError('aborted', 'stopped while waiting for the next try', { provider: this.name, cause });
    }
  }
}
