import { StopError, type Clock } from '@app/common';
import { ModelError, RetrySchedule, TimedProvider, type ModelEnd, type ModelProvider, type ModelRequest, type RetryOptions } from '@app/providers';
import type { Recorder } from './recorder';

/** A call that is wanted. The request is made after the hold, because messages of the user may have come with it. */
export interface WantedCall {
  /** 0: work on the conversation itself. */
  readonly step: number;
  readonly promptTokens: number;
  readonly maxTokens: number;
  request(maxTokens: number): ModelRequest;
}

export type CallResult =
  | { readonly t: 'end'; readonly end: ModelEnd }
  | { readonly t: 'denied'; readonly reason: 'out_of_credits' | 'budget_exhausted' }
  /** Another try of the same would fail as well. */
  | { readonly t: 'error'; readonly error: ModelError };

export interface CallerContext {
  readonly recorder: Recorder;
  readonly provider: ModelProvider;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly retry: RetryOptions;
}

/** Makes model calls: hold, stream, settle; each try is a call of its own with its own hold. */
export class ModelCaller {
  readonly #provider: ModelProvider;

  constructor(private readonly context: CallerContext) {
    this.#provider = new TimedProvider(context.provider);
  }

  /**
   * @throws {ModelError} when a passing fault did not pass, or the vendor asks for a wait that is not worth keeping the slot.
   * @throws {StopError} when the run's signal fired.
   */
  async call(wanted: WantedCall): Promise<CallResult> {
    const { recorder, clock, signal, retry } = this.context;
    const schedule = new RetrySchedule(clock, retry);
    for (;;) {
      const grant = await recorder.requestModel({ step: wanted.step, promptTokens: wanted.promptTokens, maxTokens: wanted.maxTokens });
      if (!grant.granted) return { t: 'denied', reason: grant.reason };
      const began = clock.monotonicMs();
      const call = { callSeq: grant.callSeq, step: wanted.step };
      const answer = await this.#stream(wanted.request(grant.maxTokens), began);
      const latencyMs = Math.round(clock.monotonicMs() - began);
      if ('end' in answer) {
        await recorder.completeModel({ ...call, end: answer.end, latencyMs, ttftMs: answer.ttftMs });
        return { t: 'end', end: answer.end };
      }
      const { error } = answer;
      const failed = { ...call, message: error.message, usage: error.facts.usage ?? null, latencyMs };
      if (signal.aborted) await this.#stopped(failed);
      const waitMs = schedule.waitAfter(error);
      await recorder.failModel({ ...failed, kind: error.kind, waitMs });
      if (!error.isTransient && error.kind !== 'aborted') return { t: 'error', error };
      if (waitMs === null) throw error;
      await clock.sleep(waitMs, signal);
    }
  }

  async #stream(request: ModelRequest, began: number): Promise<{ end: ModelEnd; ttftMs: number | null } | { error: ModelError }> {
    const { clock, recorder, signal } = this.context;
    let ttftMs: number | null = null;
    try {
      for await (const chunk of this.#provider.stream(request, signal)) {
        ttftMs ??= Math.round(clock.monotonicMs() - began);
        if (chunk.t === 'end') return { end: chunk, ttftMs };
        recorder.delta(chunk.kind, chunk.text);
      }
    } catch (error) {
      if (error instanceof ModelError) return { error };
      if (!signal.aborted) throw error;
      return { error: new ModelError('aborted', 'stopped', { provider: this.#provider.name, cause: error }) };
    }
    return { error: new ModelError('stream_cut', 'the stream ended without its last chunk', { provider: this.#provider.name }) };
  }

  /** Who lost the lease writes nothing more; whoever has it now settles the call. */
  async #stopped(failed: { callSeq: number; step: number; message: string; usage: ModelError['facts']['usage'] | null; latencyMs: number }): Promise<never> {
    const reason: unknown = this.context.signal.reason;
    const isLost = reason instanceof StopError && reason.stopCause === 'lease_lost';
    if (!isLost) await this.context.recorder.failModel({ ...failed, usage: failed.usage ?? null, kind: 'aborted', waitMs: null });
    throw reason as Error;
  }
}
