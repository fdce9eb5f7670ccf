/**
 * The process's clock, for waiting and for measuring. Times that decide something
 * (leases, holds, expiry) come from the database's clock instead.
 */
export abstract class Clock {
  /** Wall-clock time. */
  abstract now(): Date;

  /** Milliseconds that only grow; for durations. */
  abstract monotonicMs(): number;

  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }

  monotonicMs(): number {
    return performance.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}
