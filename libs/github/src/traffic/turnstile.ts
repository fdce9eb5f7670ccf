/** Waiting took longer than whoever waits has time for. */
export class OutOfPatience extends Error {}

/** Lets at most so many in at a time, first come first served. */
export class Turnstile {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(places: number) {
    this.free = places;
  }

  /** Resolves with the way out, to be taken once. @throws {OutOfPatience}, or the signal's reason */
  async enter(patienceMs: number, signal?: AbortSignal | null): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.free > 0) this.free -= 1;
    else await this.wait(patienceMs, signal);
    return () => this.leave();
  }

  private wait(patienceMs: number, signal?: AbortSignal | null): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (reason: unknown): void => {
        this.waiting.splice(this.waiting.indexOf(enter), 1);
        settle();
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      };
      const timer = setTimeout(() => stop(new OutOfPatience()), patienceMs);
      const onAbort = (): void => stop(signal?.reason);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const enter = (): void => {
        settle();
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(enter);
    });
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free += 1;
  }
}
