import { IsOptional, IsString, IsUUID, Matches } from 'class-validator';
import { type QueueSpec, ROW_JOBS } from './queue-spec';

/** Run this attempt of a task, or another whose turn it is: the rows decide, the job only wakes. */
export class AttemptPayload {
  @IsUUID()
  attemptId!: string;

  /** Tells jobs for one attempt apart: one whose job runs another attempt meanwhile needs a second. */
  @IsOptional() @IsString() @Matches(/^[\w-]{1,64}$/)
  turn?: string;
}

export const ATTEMPT_QUEUE: QueueSpec<AttemptPayload> = {
  ...ROW_JOBS,
  payload: AttemptPayload,
  jobId: ({ attemptId, turn }) => (turn === undefined ? attemptId : `${attemptId}.${turn}`),
  concurrency: (config) => config.worker.WORKER_CONCURRENCY,
  lockMs: 15_000,
  stalledCheckMs: 5_000,
};
