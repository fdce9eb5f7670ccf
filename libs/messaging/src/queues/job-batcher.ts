/** A job that waits to be added. */
export interface PendingJob {
  readonly id: string;
  readonly data: object;
  readonly priority: number;
}

interface Waiting {
  readonly job: PendingJob;
  readonly added: (ok: boolean) => void;
}

export interface BatcherOptions {
  readonly add: (jobs: readonly PendingJob[]) => Promise<unknown>;
  readonly onFailure: (error: Error, jobs: number) => void;
  /** How long one add may take. */
  readonly deadlineMs: number;
}

/** Jobs that may wait while an add is under way; what comes on top is left to the sweeper. */
const MAX_WAITING = 10_000;
/** Jobs in one round trip. */
const MAX_BATCH = 500;

/** Joins the adds that come while one is under way into the next: alone one job, under load hundreds in a round trip. */
export class JobBatcher {
  private waiting: Waiting[] = [];
  private running: Promise<void> | null = null;

  constructor(private readonly options: BatcherOptions) {}

  /** Resolves to whether the queue took the job; never rejects. */
  add(job: PendingJob): Promise<boolean> {
    if (this.waiting.length >= MAX_WAITING) {
      this.options.onFailure(new Error('too many jobs wait to be added'), 1);
      return Promise.resolve(false);
    }
    return new Promise((added) => {
      this.waiting.push({ job, added });
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    // One turn of the loop, so that requests that commit together go together.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MAX_BATCH);
      const ok = await this.flush(batch.map(({ job }) => job));
      for (const { added } of batch) added(ok);
    }
    this.running = null;
  }

  private async flush(jobs: readonly PendingJob[]): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the queue did not answer within ${this.options.deadlineMs} ms`)), this.options.deadlineMs);
    });
    try {
      await Promise.race([this.options.add(jobs), late]);
      return true;
    } catch (error) {
      this.options.onFailure(error instanceof Error ? error : new Error(String(error)), jobs.length);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}
