import { StopError, type Clock } from '@app/common';
import { FallbackSchedule, ModelError, type ModelEnd, type ModelRequest, type RetryOptions, type Usage } from '@app/providers';
import type { ModelInUse } from '../host';
import type { AgentOutcome, CallPurpose } from '../journal';
import type { Recorder } from './recorder';
import { isOwnersStop, usageOfStopped } from './stopped-call';

/** A call that is wanted. The request is made after the hold, because messages of the user may have come with it. */
export interface WantedCall {
  /** 0: work on the conversation itself. */
  readonly step: number;
  readonly promptTokens: number;
  readonly maxTokens: number;
  /** What it is metered as; absent: the agent's work. */
  readonly purpose?: CallPurpose;
  /** For the run's first model: where another one stands in, its name and capabilities are put in place. */
  request(maxTokens: number): ModelRequest;
}

export type CallResult =
  | { readonly t: 'end'; readonly end: ModelEnd }
  | { readonly t: 'denied'; readonly reason: 'out_of_credits' | 'budget_exhausted'; readonly detail?: string }
  /** Another try of the same would fail as well. */
  | { readonly t: 'error'; readonly error: ModelError };

/** How a run ends that may not make a call. */
export function pausedBy({ reason, detail }: Extract<CallResult, { t: 'denied' }>): Extract<AgentOutcome, { kind: 'paused' }> {
  return { kind: 'paused', reason, ...(detail !== undefined && { detail }) };
}

export interface CallerContext {
  readonly recorder: Recorder;
  readonly model: ModelInUse;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly retry: RetryOptions;
}

/** Vendors count the same text differently: what one counted is taken with this margin for another. */
const OTHER_TOKENIZER = 1.2;

/**
 * Makes model calls: hold, stream, settle; each try is a call of its own with its own hold, priced as the model that it goes to. When a model's tries
 * are used up, its stand-ins go on with the same history, and the one that answers stays: its cache is warm, and its thinking is its own.
 */
export class ModelCaller {
  readonly #chain: readonly [ModelInUse, ...ModelInUse[]];
  #model: ModelInUse;

  constructor(private readonly context: CallerContext) {
    this.#chain = [context.model, ...(context.model.fallbacks ?? [])];
    this.#model = context.model;
  }

  /** The model that answered last: the next call goes there first. */
  get model(): ModelInUse {
    return this.#model;
  }

  /**
   * @throws {ModelError} when a passing fault did not pass, or the vendor asks for a wait that is not worth keeping the slot.
   * @throws {StopError} when the run's signal fired.
   */
  async call(wanted: WantedCall): Promise<CallResult> {
    const { recorder, clock, signal, retry } = this.context;
    const schedule = new FallbackSchedule(this.#chain, { clock, retry, start: this.#model, fits: (model) => this.#fits(model, wanted) });
    for (;;) {
      const model = schedule.current;
      const grant = await recorder.requestModel({ step: wanted.step, ...sizeFor(model, wanted, this.#model), model: nameOf(model), purpose: wanted.purpose });
      if (!grant.granted) return { t: 'denied', reason: grant.reason, ...(grant.detail !== undefined && { detail: grant.detail }) };
      const began = clock.monotonicMs();
      const call = { callSeq: grant.callSeq, step: wanted.step };
      const answer = await this.#stream(model, { ...wanted.request(grant.maxTokens), model: model.model, capabilities: model.capabilities }, began);
      const latencyMs = Math.round(clock.monotonicMs() - began);
      if ('end' in answer) {
        this.#model = model;
        await recorder.completeModel({ ...call, end: answer.end, latencyMs, ttftMs: answer.ttftMs });
        return { t: 'end', end: answer.end };
      }
      const { error } = answer;
      const failed = { ...call, message: error.message, usage: error.facts.usage ?? null, latencyMs };
      if (signal.aborted) await this.#stopped(failed, { ...wanted, promptTokens: sizeFor(model, wanted, this.#model).promptTokens, heardCharacters: answer.heardCharacters });
      const next = schedule.after(error);
      await recorder.failModel({ ...failed, kind: error.kind, waitMs: next?.waitMs ?? null, nextModel: next === null || next.model === model ? null : nameOf(next.model) });
      if (next === null) return giveUp(schedule.failureOf(error));
      await clock.sleep(next.waitMs, signal);
    }
  }

  /** The run keeps its conversation within the window of its first model; a stand-in has to be large enough for it. */
  #fits(model: ModelInUse, wanted: WantedCall): boolean {
    const { promptTokens, maxTokens } = sizeFor(model, wanted, this.#model);
    return model === this.#chain[0] || promptTokens + maxTokens <= model.contextWindow;
  }

  async #stream({ provider }: ModelInUse, request: ModelRequest, began: number): Promise<{ end: ModelEnd; ttftMs: number | null } | FailedStream> {
    const { clock, recorder, signal } = this.context;
    let ttftMs: number | null = null;
    let heardCharacters: number | null = null;
    try {
      for await (const chunk of provider.stream(request, signal)) {
        ttftMs ??= Math.round(clock.monotonicMs() - began);
        if (chunk.t === 'end') return { end: chunk, ttftMs };
        heardCharacters = (heardCharacters ?? 0) + chunk.text.length;
        recorder.delta(chunk.kind, chunk.text);
      }
    } catch (error) {
      if (error instanceof ModelError) return { error, heardCharacters };
      if (!signal.aborted) throw error;
      return { error: new ModelError('aborted', 'stopped', { provider: provider.name, cause: error }), heardCharacters };
    }
    return { error: new ModelError('stream_cut', 'the stream ended without its last chunk', { provider: provider.name }), heardCharacters };
  }

  /** Who lost the lease writes nothing more; whoever has it now settles the call. */
  async #stopped(failed: { callSeq: number; step: number; message: string; usage: Usage | null; latencyMs: number }, call: { step: number; promptTokens: number; heardCharacters: number | null }): Promise<never> {
    const { recorder, signal } = this.context;
    const reason: unknown = signal.reason;
    const stop = reason instanceof StopError ? reason : null;
    // Work on the conversation itself sends another prompt than the last turn did.
    const seenTokens = call.step > 0 ? (recorder.state.measured?.tokens ?? 0) : 0;
    const usage = stop !== null && isOwnersStop(stop) ? usageOfStopped({ ...call, reported: failed.usage, seenTokens }) : failed.usage;
    if (stop?.stopCause !== 'lease_lost') await recorder.failModel({ ...failed, usage, kind: 'aborted', waitMs: null, nextModel: null });
    throw reason as Error;
  }
}

interface FailedStream {
  readonly error: ModelError;
  readonly heardCharacters: number | null;
}

function giveUp(error: ModelError): CallResult {
  if (error.isTransient) throw error;
  return { t: 'error', error };
}

function nameOf(model: ModelInUse): string {
  return model.name ?? model.model;
}

/** Prompt and answer of a call as a model counts and limits them. */
function sizeFor(model: ModelInUse, { promptTokens, maxTokens }: WantedCall, counted: ModelInUse): { promptTokens: number; maxTokens: number } {
  return { promptTokens: model === counted ? promptTokens : Math.ceil(promptTokens * OTHER_TOKENIZER), maxTokens: Math.min(maxTokens, model.maxOutputTokens) };
}
