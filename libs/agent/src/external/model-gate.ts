import { StopError, type Clock } from '@app/common';
import { callsOf, ModelError, textOf, type ModelEnd, type ModelErrorKind, type ModelMessage, type ToolSpec } from '@app/providers';
import type { ModelInUse } from '../host';
import type { AgentOutcome } from '../journal';
import { writtenOut } from '../loop/guards';
import { pausedBy, type CallResult, type ModelCaller } from '../loop/model-caller';

/** A call of an external agent, whatever wire it came over. */
export interface GateRequest {
  readonly model: string;
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ToolSpec[];
  /** Null: as much as the model gives. */
  readonly maxTokens: number | null;
}

/** Why a call gave no answer. `code` is stable; the agent is told it in the form of its wire. */
export interface GateRefusal {
  readonly code: 'model_not_found' | 'budget_exhausted' | 'out_of_credits' | 'step_limit' | 'timed_out' | 'closed' | 'busy' | ModelErrorKind;
  readonly message: string;
}

export type GateAnswer = { readonly t: 'end'; readonly end: ModelEnd } | { readonly t: 'refused'; readonly refusal: GateRefusal };

/** Why no further call of the run will be answered: an end that is recorded, or an error that ends the attempt. */
export type GateEnd = { readonly outcome: AgentOutcome } | { readonly error: Error };

export interface GateLimits {
  /** Calls of this run that are left. */
  readonly calls: number;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  /** Tokens that the models may write in this run; null: as many as the rest allows. */
  readonly outputTokens: number | null;
  /** What they have written in it so far. */
  written(): number;
}

export interface GateParts {
  readonly model: ModelInUse;
  readonly caller: ModelCaller;
  readonly clock: Clock;
  readonly effort: 'low' | 'medium' | 'high';
  readonly cacheKey: string;
  readonly limits: GateLimits;
}

/** A longer answer is cut in pieces by the agent itself; a smaller hold leaves more of a budget usable. */
const MAX_ANSWER_TOKENS = 32_000;
const BYTES_PER_TOKEN = 3;
const MARGIN = 1.1;
const MOST_WAITING = 8;
/** Answers kept whole, so that what only their vendor understands goes back to it. */
const MOST_REMEMBERED = 2_000;

/**
 * What an external agent reaches its model through: each call is held, made, repeated and settled as one of our own loop. One call at a time, so that a
 * budget is never overdrawn. A call that the agent walks away from is finished and paid.
 */
export class ModelGate {
  #calls = 0;
  #waiting = 0;
  #closed = false;
  #end: GateEnd | null = null;
  #said: string | null = null;
  #lastFault: ModelError | null = null;
  #last: Promise<unknown> = Promise.resolve();
  readonly #remembered = new Map<string, ModelMessage>();
  readonly #ended = new AbortController();

  constructor(private readonly parts: GateParts) {}

  /** Our name of the model, and the only one that is served. */
  get modelName(): string {
    return this.parts.model.name ?? this.parts.model.model;
  }

  get model(): ModelInUse {
    return this.parts.model;
  }

  /** Set once no further call will be answered. */
  get end(): GateEnd | null {
    return this.#end;
  }

  /** Fires when no further call will be answered: the agent cannot go on. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Calls that were answered. */
  get calls(): number {
    return this.#calls;
  }

  /** The last text of the model; null: it said nothing. */
  get said(): string | null {
    return this.#said;
  }

  /** The last call's error, when it gave no answer. */
  get lastFault(): ModelError | null {
    return this.#lastFault;
  }

  /** Never throws: an error that ends the attempt is kept in `end`. */
  async call(request: GateRequest): Promise<GateAnswer> {
    if (!this.#serves(request.model)) return refused('model_not_found', `The model of this task is ${this.modelName}; no other can be used.`);
    if (this.#waiting >= MOST_WAITING) return refused('busy', `At most ${MOST_WAITING} calls may wait at once.`);
    this.#waiting += 1;
    const mine = this.#last.then(() => this.#inTurn(request));
    this.#last = mine.catch(() => undefined);
    return mine.finally(() => (this.#waiting -= 1));
  }

  /** Answers nothing more; resolves when the running call is settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  async #inTurn(request: GateRequest): Promise<GateAnswer> {
    const why = this.#whyNot();
    if (why !== null) return why;
    try {
      return this.#taken(await this.#call(request));
    } catch (error) {
      this.#stop({ error: error as Error });
      const kind = error instanceof ModelError ? error.kind : 'closed';
      return refused(kind, error instanceof ModelError || error instanceof StopError ? error.message : 'The call failed on our side.');
    }
  }

  #whyNot(): GateAnswer | null {
    const { limits, clock } = this.parts;
    if (this.#end === null && clock.now().getTime() >= limits.deadline) this.#stop({ outcome: { kind: 'timed_out' } });
    if (this.#end === null && this.#calls >= limits.calls) this.#stop({ outcome: { kind: 'paused', reason: 'step_limit' } });
    const spent = writtenOut(limits.written(), limits.outputTokens);
    if (this.#end === null && spent !== null) this.#stop({ outcome: spent });
    if (this.#end !== null) return refusedFor(this.#end);
    return this.#closed ? refused('closed', 'This turn is over.') : null;
  }

  #call(request: GateRequest): Promise<CallResult> {
    const { model, caller, effort, cacheKey, limits } = this.parts;
    const { system, tools } = request;
    const messages = request.messages.map((message) => this.#restored(message));
    const size = Buffer.byteLength(system) + Buffer.byteLength(JSON.stringify(tools)) + Buffer.byteLength(JSON.stringify(request.messages));
    const left = limits.outputTokens === null ? MAX_ANSWER_TOKENS : limits.outputTokens - limits.written();
    const most = Math.min(model.maxOutputTokens, MAX_ANSWER_TOKENS, Math.floor(model.contextWindow / 4), left);
    return caller.call({
      step: 0, promptTokens: Math.ceil((size / BYTES_PER_TOKEN) * MARGIN), maxTokens: Math.max(1, Math.min(request.maxTokens ?? most, most)),
      request: (maxTokens) => ({ model: model.model, capabilities: model.capabilities, system, messages, tools, maxTokens, effort, cacheKey }),
    });
  }

  #taken(result: CallResult): GateAnswer {
    if (result.t === 'denied') {
      this.#stop({ outcome: pausedBy(result) });
      return refusedFor(this.#end as unknown as GateEnd);
    }
    if (result.t === 'error') return this.#failed(result.error);
    this.#calls += 1;
    this.#lastFault = null;
    const { message } = result.end;
    const text = textOf(message).trim();
    if (text !== '') this.#said = text;
    this.#remember(message);
    return { t: 'end', end: result.end };
  }

  /** A refused key ends the run; what is wrong with a single request is the agent's to mend. */
  #failed(error: ModelError): GateAnswer {
    this.#lastFault = error;
    if (error.kind === 'auth' || error.kind === 'quota') this.#stop({ outcome: { kind: 'failed', code: 'provider_auth', message: `The provider refused the key: ${error.message}` } });
    return refused(error.kind, error.message);
  }

  #remember(message: ModelMessage): void {
    for (const { id } of callsOf(message)) this.#remembered.set(id, message);
    for (const id of this.#remembered.keys()) if (this.#remembered.size > MOST_REMEMBERED) this.#remembered.delete(id);
  }

  /** A turn of the model as it was made: with signatures and raw parts that the agent's wire may not carry. */
  #restored(message: ModelMessage): ModelMessage {
    const [first] = message.role === 'assistant' ? callsOf(message) : [];
    return (first && this.#remembered.get(first.id)) ?? message;
  }

  #serves(name: string): boolean {
    return name === this.modelName || name === this.parts.model.model;
  }

  #stop(end: GateEnd): void {
    this.#end ??= end;
    this.#ended.abort();
  }
}

function refused(code: GateRefusal['code'], message: string): GateAnswer {
  return { t: 'refused', refusal: { code, message } };
}

function refusedFor(end: GateEnd): GateAnswer {
  if ('error' in end) return refused('closed', 'This run has ended.');
  const { outcome } = end;
  if (outcome.kind === 'paused' && outcome.reason === 'step_limit') return refused('step_limit', outcome.detail ?? 'The steps of this task are used up.');
  if (outcome.kind === 'paused') return refused(outcome.reason, outcome.reason === 'out_of_credits' ? 'There are no credits left for another call.' : (outcome.detail ?? 'The budget of this task is used up.'));
  if (outcome.kind === 'timed_out') return refused('timed_out', 'The time for this task is used up.');
  return refused('auth', 'The provider refused the key.');
}
