import type { AttemptCause, AttemptStage, TaskStatus } from './task-status';

/** What is known of a task when its worker's lease has passed. */
export interface StaleAttempt {
  readonly stage: AttemptStage;
  readonly failureCount: number;
  readonly maxAttempts: number;
  readonly cancelRequested: boolean;
  readonly pauseRequested: boolean;
  readonly deadlinePassed: boolean;
}

/** What follows: another attempt, or the end. */
export type AfterLoss =
  | { readonly next: 'attempt'; readonly cause: AttemptCause; readonly stage: AttemptStage; readonly failureCount: number }
  | { readonly next: 'end'; readonly status: Extract<TaskStatus, 'cancelled' | 'failed' | 'timed_out' | 'paused'>; readonly reason: string; readonly failureCount: number };

/**
 * Decides what becomes of a task whose worker was lost. What people asked for wins over another try; a task that loses one worker after
 * the other is stopped at the cap, so that it cannot take them all.
 */
export function afterLoss(attempt: StaleAttempt): AfterLoss {
  const failureCount = attempt.failureCount + 1;
  if (attempt.cancelRequested) return { next: 'end', status: 'cancelled', reason: 'user_request', failureCount };
  if (attempt.deadlinePassed) return { next: 'end', status: 'timed_out', reason: 'deadline', failureCount };
  if (failureCount >= attempt.maxAttempts) return { next: 'end', status: 'failed', reason: 'worker_lost', failureCount };
  if (attempt.pauseRequested) return { next: 'end', status: 'paused', reason: 'user_request', failureCount };
  return { next: 'attempt', cause: 'worker_lost', stage: attempt.stage, failureCount };
}
