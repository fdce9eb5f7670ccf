/** Where a fault happened, in ids and codes only. */
export type FaultContext = Readonly<Record<string, string | undefined>>;

/** Tells people about faults of ours, apart from the log. Redacts what it sends; never throws, never blocks. */
export abstract class ErrorTracker {
  /** @param where the part that failed: "http", "attempt", "job", "process" … */
  abstract capture(error: unknown, where: string, context?: FaultContext): void;

  /** Sends what waits, for at most `ms`. */
  abstract flush(ms: number): Promise<void>;
}

/** Nobody is told. */
export class NoErrorTracker extends ErrorTracker {
  capture(): void {
    // The log has it.
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
}
