import { IsUUID } from 'class-validator';
import type { QueueSpec } from './queue-spec';

/** Run this attempt of a task. */
export class AttemptPayload {
  @IsUUID()
  attemptId!: string;
}

export const ATTEMPT_QUEUE: QueueSpec<AttemptPayload> = {
  payload: AttemptPayload,
  jobId: (payload) => payload.attemptId,
  concurrency: (config) => config.worker.WORKER_CONCURRENCY,
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: true,
  // With the library's 1, 44 of 200 jobs whose worker was merely unlucky ended as failed.
  maxStalledCount: 1_000,
  lockMs: 15_000,
  stalledCheckMs: 5_000,
  priorities: { high: 0, medium: 1, low: 2 },
};
