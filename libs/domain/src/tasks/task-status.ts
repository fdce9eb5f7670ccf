export const TASK_STATUSES = [
  'draft', 'scheduled', 'queued', 'provisioning', 'in_progress', 'waiting_for_approval', 'waiting_for_user', 'paused', 'publishing',
  'completed', 'failed', 'cancelled', 'timed_out',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const END_STATUSES = ['completed', 'failed', 'cancelled', 'timed_out'] as const satisfies readonly TaskStatus[];

/** States in which a worker holds the task. */
export const RUNNING_STATUSES = ['provisioning', 'in_progress', 'publishing'] as const satisfies readonly TaskStatus[];

export const ATTEMPT_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out', 'lost', 'suspended'] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/** Where the next worker goes on. */
export const ATTEMPT_STAGES = ['prepare', 'agent', 'verify', 'publish', 'done'] as const;
export type AttemptStage = (typeof ATTEMPT_STAGES)[number];

export const ATTEMPT_CAUSES = ['start', 'retry', 'message', 'resume', 'approval', 'worker_lost', 'publish'] as const;
export type AttemptCause = (typeof ATTEMPT_CAUSES)[number];

export function isEnded(status: TaskStatus): boolean {
  return (END_STATUSES as readonly TaskStatus[]).includes(status);
}
