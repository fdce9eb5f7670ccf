import { IsUUID } from 'class-validator';
import { type QueueSpec, ROW_JOBS } from './queue-spec';

/** Run this attempt of a task. */
export class AttemptPayload {
  @IsUUID()
  attemptId!: string;
}

export const ATTEMPT_QUEUE: QueueSpec<AttemptPayload> = {
  ...ROW_JOBS,
  payload: AttemptPayload,
  jobId: (payload) => payload.attemptId,
  concurrency: (config) => config.worker.WORKER_CONCURRENCY,
  lockMs: 15_000,
  stalledCheckMs: 5_000,
};
