import type { Clock } from '@app/common';
import type { ModelError } from '../model-error';
import { RetrySchedule, type RetryOptions } from '../retry-schedule';
import type { Circuit } from './circuit';

/** Waits before the hops once a model's own tries are used up: gateways fail together, so the last ones leave them time. */
export const FALLBACK_WAITS_MS: readonly number[] = [0, 5_000, 15_000, 30_000, 45_000];

/** What the schedule must know of a model of the chain. */
export interface FallbackModel {
  readonly circuit?: Circuit;
}

export interface FallbackOptions<Model> {
  readonly clock: Clock;
  readonly retry?: RetryOptions;
  /** Where the last call of this run ended; absent: the first. */
  readonly start?: Model;
  /** Whether the request fits into a model. */
  readonly fits?: (model: Model) => boolean;
}

export interface NextTry<Model> {
  readonly model: Model;
  readonly waitMs: number;
}

/** Faults of the credential or the model's name: the other models have their own. */
const OF_THIS_MODEL = ['auth', 'quota', 'not_found'];

/**
 * The tries of one call over a ranked chain: first all tries of the model at hand, then single tries that go back and forth between it and the
 * others, with growing waits. A model whose circuit is open is passed over while another one can be taken, one that asked for a wait until it is over.
 */
export class FallbackSchedule<Model extends FallbackModel> {
  readonly #home: Model;
  readonly #own: RetrySchedule;
  readonly #out = new Set<Model>();
  readonly #restsUntil = new Map<Model, number>();
  #current: Model;
  #hops = 0;
  #lastOther: Model | null = null;
  #failure: { readonly error: ModelError; readonly isOfHome: boolean } | null = null;

  /** @param chain best first, at least one */
  constructor(
    private readonly chain: readonly [Model, ...Model[]],
    private readonly options: FallbackOptions<Model>,
  ) {
    const wanted = options.start ?? chain[0];
    const isGood = (model: Model): boolean => !model.circuit?.isOpen && this.#fits(model);
    this.#home = isGood(wanted) ? wanted : (chain.find(isGood) ?? wanted);
    this.#current = this.#home;
    this.#own = new RetrySchedule(options.clock, options.retry);
  }

  /** The model of the next try. */
  get current(): Model {
    return this.#current;
  }

  /** Counts a failed try of `current` and moves on; null: nothing is left to try, and `failureOf` says why. */
  after(error: ModelError): NextTry<Model> | null {
    if (!error.isTransient && !this.#putOut(error)) return null;
    if (error.isTransient) this.#remember(error);
    const wait = this.#ownWait(error);
    return wait === null ? this.#hop() : { model: this.#current, waitMs: wait };
  }

  /** The error that the call ends with, given the last one: a fault that may pass counts more than what a stand-in refused. */
  failureOf(last: ModelError): ModelError {
    const isStandIn = this.#out.has(this.#current);
    return (last.isTransient || isStandIn ? this.#failure?.error : null) ?? last;
  }

  /** The model that the task runs on decides for the others; theirs decide only if it said nothing. */
  #remember(error: ModelError): void {
    const isOfHome = this.#current === this.#home;
    if (isOfHome || this.#failure?.isOfHome !== true) this.#failure = { error, isOfHome };
    const { retryAfterMs } = error.facts;
    if (retryAfterMs !== undefined) this.#restsUntil.set(this.#current, this.options.clock.monotonicMs() + retryAfterMs);
  }

  /**
   * Whether the call can go on elsewhere although this model will never take it: those that stand in for the task's first model must not end the
   * task by their keys, names or limits. The first model's refusal does.
   */
  #putOut(error: ModelError): boolean {
    const isHop = this.#hops > 0;
    if (error.kind === 'aborted' || this.#current === this.chain[0] || (!isHop && !OF_THIS_MODEL.includes(error.kind))) return false;
    this.#out.add(this.#current);
    return true;
  }

  /** Until the next own try. With its circuit open there is no point in it while another model can be had. */
  #ownWait(error: ModelError): number | null {
    if (this.#hops > 0 || !error.isTransient) return null;
    const wait = this.#own.waitAfter(error);
    if (wait === null || (this.#home.circuit?.isOpen && this.#others(0).some((model) => !model.circuit?.isOpen))) return null;
    return wait;
  }

  #hop(): NextTry<Model> | null {
    const waitMs = FALLBACK_WAITS_MS[this.#hops];
    const model = waitMs === undefined ? null : this.#next(this.#hops % 2 === 1, waitMs);
    if (waitMs === undefined || model === null) return null;
    this.#hops += 1;
    this.#current = model;
    if (model !== this.#home) this.#lastOther = model;
    return { model, waitMs };
  }

  #next(isHomesTurn: boolean, waitMs: number): Model | null {
    const others = this.#others(waitMs);
    const last = this.#lastOther === null ? -1 : others.indexOf(this.#lastOther);
    const inTurn = [...others.slice(last + 1), ...others.slice(0, last + 1)];
    // Without another model there is nobody to alternate with: its own tries are used up.
    const home = this.#canTake(this.#home, waitMs) && others.length > 0 ? [this.#home] : [];
    const order = isHomesTurn ? [...home, ...inTurn] : [...inTurn, ...home];
    return order.find((model) => !model.circuit?.isOpen) ?? order[0] ?? null;
  }

  #others(waitMs: number): Model[] {
    return this.chain.filter((model) => model !== this.#home && this.#canTake(model, waitMs) && this.#fits(model));
  }

  #canTake(model: Model, waitMs: number): boolean {
    return !this.#out.has(model) && (this.#restsUntil.get(model) ?? -Infinity) <= this.options.clock.monotonicMs() + waitMs;
  }

  #fits(model: Model): boolean {
    return this.options.fits?.(model) ?? true;
  }
}
