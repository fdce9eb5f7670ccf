import type { AppConfig } from '@app/common';

/** How soon a waiting job is taken, among the jobs of its queue. */
export type JobUrgency = 'low' | 'medium' | 'high';

/** Everything that is fixed about one queue. Retries and limits live in the rows that the jobs point at, never here. */
export interface QueueSpec<Payload extends object> {
  /** Class of the payload: ids only, every field with its rule. */
  readonly payload: new () => Payload;
  /** The id of the row that is the work. The same id twice while it waits is one job. */
  readonly jobId: (payload: Payload) => string;
  /** Jobs of this queue that one process runs at once. */
  readonly concurrency: (config: AppConfig) => number;
  /** Tries by the queue itself. */
  readonly attempts: 1;
  /** A finished job that is kept would block its id: adding it again would silently do nothing. */
  readonly removeOnComplete: true;
  readonly removeOnFail: true;
  /** How often a job whose worker died is given out again; the row decides when it is enough. */
  readonly maxStalledCount: number;
  /** Milliseconds a worker may be silent before its jobs are given to another. */
  readonly lockMs: number;
  /** Milliseconds between looks for such jobs. */
  readonly stalledCheckMs: number;
  /** Smaller is sooner; 0 is the front. A job that is enqueued without urgency (the sweeper's) has waited longest: front. */
  readonly priorities: Readonly<Record<JobUrgency, number>>;
}

/** What every queue has in common, for its jobs are rows: the queue only delivers, the row decides about tries. */
export const ROW_JOBS = {
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: true,
  // With the library's 1, 44 of 200 jobs whose worker was merely unlucky ended as failed.
  maxStalledCount: 1_000,
  priorities: { high: 0, medium: 1, low: 2 },
} as const satisfies Partial<QueueSpec<object>>;
