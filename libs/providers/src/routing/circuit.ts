import type { Clock } from '@app/common';
import { ModelError, type ModelErrorKind } from '../model-error';
import { ModelProvider, type ModelChunk, type ModelRequest } from '../model-provider';

/** When a vendor is left alone, and for how long. */
export interface CircuitLimits {
  readonly failuresInARow: number;
  readonly openMs: number;
}

export const CIRCUIT_LIMITS: CircuitLimits = { failuresInARow: 5, openMs: 30_000 };

/** Faults of the vendor. A rate limit is none: it says itself how long to wait, and the vendor is well. */
const VENDOR_FAULTS: ReadonlySet<ModelErrorKind> = new Set<ModelErrorKind>(['overloaded', 'server', 'network', 'timeout', 'stream_cut']);
/** They say nothing about the vendor's health. */
const NEUTRAL: ReadonlySet<ModelErrorKind> = new Set<ModelErrorKind>(['rate_limit', 'aborted']);
/** A circuit that nobody touched for so long is forgotten. */
const FORGOTTEN_AFTER_MS = 600_000;

/** What is known about one vendor with one credential. */
export interface Circuit {
  /** Calls should rather go elsewhere now. */
  readonly isOpen: boolean;
}

interface State {
  failures: number;
  openUntil: number;
  touched: number;
}

/** The circuits of this process: one per vendor and credential. Five faults of the vendor in a row open it for 30 s; then one more fault opens it again, an answer closes it. */
export class Circuits {
  readonly #states = new Map<string, State>();

  constructor(
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly limits: CircuitLimits = CIRCUIT_LIMITS,
  ) {}

  /** @param credential an id of the key, never its text */
  of(provider: string, credential: string): Circuit {
    const key = `${provider} ${credential}`;
    const isOpen = (): boolean => this.#isOpen(key);
    return {
      get isOpen() {
        return isOpen();
      },
    };
  }

  /** The provider, each of whose calls counts for its circuit. */
  watch(provider: ModelProvider, credential: string): ModelProvider {
    return new CircuitProvider(provider, (error) => this.#count(`${provider.name} ${credential}`, error));
  }

  #isOpen(key: string): boolean {
    return (this.#states.get(key)?.openUntil ?? -Infinity) > this.clock.monotonicMs();
  }

  #count(key: string, error: ModelErrorKind | null): void {
    if (error !== null && NEUTRAL.has(error)) return;
    // Whoever refuses answers.
    if (error === null || !VENDOR_FAULTS.has(error)) {
      this.#states.delete(key);
      return;
    }
    const now = this.clock.monotonicMs();
    if (!this.#states.has(key)) this.#forget(now);
    const state = this.#states.get(key) ?? { failures: 0, openUntil: -Infinity, touched: now };
    state.failures += 1;
    state.touched = now;
    if (state.failures >= this.limits.failuresInARow) state.openUntil = now + this.limits.openMs;
    this.#states.set(key, state);
  }

  #forget(now: number): void {
    for (const [key, state] of this.#states) if (now - state.touched > FORGOTTEN_AFTER_MS) this.#states.delete(key);
  }
}

class CircuitProvider extends ModelProvider {
  readonly name: string;

  constructor(
    private readonly inner: ModelProvider,
    private readonly onOutcome: (error: ModelErrorKind | null) => void,
  ) {
    super();
    this.name = inner.name;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    try {
      for await (const chunk of this.inner.stream(request, signal)) {
        if (chunk.t === 'end') this.onOutcome(null);
        yield chunk;
      }
    } catch (error) {
      if (error instanceof ModelError) this.onOutcome(error.kind);
      throw error;
    }
  }
}
