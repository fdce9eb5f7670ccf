import { ModelError } from './model-error';
import { ModelProvider, type ModelChunk, type ModelRequest } from './model-provider';

/** How long a call may be silent. Milliseconds; measured on real timers, because what they bound is the network. */
export interface CallLimits {
  /** From the call until the vendor says anything. */
  readonly firstChunkMs: number;
  readonly betweenChunksMs: number;
  readonly totalMs: number;
}

export const CALL_LIMITS: CallLimits = { firstChunkMs: 120_000, betweenChunksMs: 90_000, totalMs: 900_000 };

/** A provider whose silent calls end as `timeout`. */
export class TimedProvider extends ModelProvider {
  readonly name: string;

  constructor(
    private readonly inner: ModelProvider,
    private readonly limits: CallLimits = CALL_LIMITS,
  ) {
    super();
    this.name = inner.name;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const watch = new Watch(this.limits);
    try {
      for await (const chunk of this.inner.stream(request, AbortSignal.any([signal, watch.signal]))) {
        watch.heard();
        yield chunk;
      }
    } catch (error) {
      if (watch.why === null || signal.aborted) throw error;
      const usage = error instanceof ModelError ? error.facts.usage : undefined;
      throw new ModelError('timeout', watch.why, { provider: this.name, ...(usage ? { usage } : {}) });
    } finally {
      watch.stop();
    }
  }
}

class Watch {
  readonly #controller = new AbortController();
  readonly #whole: NodeJS.Timeout;
  #silence: NodeJS.Timeout;
  why: string | null = null;

  constructor(private readonly limits: CallLimits) {
    this.#whole = this.#after(limits.totalMs, `the answer took longer than ${limits.totalMs / 1000} s`);
    this.#silence = this.#after(limits.firstChunkMs, `no answer within ${limits.firstChunkMs / 1000} s`);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    clearTimeout(this.#silence);
    this.#silence = this.#after(this.limits.betweenChunksMs, `the answer stood still for ${this.limits.betweenChunksMs / 1000} s`);
  }

  stop(): void {
    clearTimeout(this.#whole);
    clearTimeout(this.#silence);
  }

  #after(ms: number, why: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.why ??= why;
      this.#controller.abort(new Error(why));
    }, ms);
  }
}
