import { END_STATUSES, type TaskStatus } from './task-status';

const ANY_END = ['cancelled', 'failed', 'timed_out'] as const satisfies readonly TaskStatus[];

/** Where a task may go from each status. Every UPDATE of a status names the statuses it leaves, taken from here. */
export const TASK_MOVES: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  draft: ['queued', 'scheduled', 'cancelled'],
  scheduled: ['queued', 'draft', 'cancelled'],
  queued: ['provisioning', 'paused', ...ANY_END],
  provisioning: ['in_progress', 'publishing', 'queued', 'paused', ...ANY_END],
  in_progress: ['publishing', 'completed', 'waiting_for_approval', 'waiting_for_user', 'paused', 'queued', ...ANY_END],
  publishing: ['completed', 'waiting_for_approval', 'queued', 'paused', ...ANY_END],
  waiting_for_approval: ['queued', 'cancelled', 'completed'],
  waiting_for_user: ['queued', 'cancelled'],
  paused: ['queued', 'cancelled'],
  completed: ['queued'],
  failed: ['queued'],
  cancelled: ['queued'],
  timed_out: ['queued'],
};

/** The statuses that may go to `to`. */
export function statusesBefore(to: TaskStatus): TaskStatus[] {
  return (Object.keys(TASK_MOVES) as TaskStatus[]).filter((from) => TASK_MOVES[from].includes(to));
}

export function mayMove(from: TaskStatus, to: TaskStatus): boolean {
  return TASK_MOVES[from].includes(to);
}

/** Statuses in which no worker holds the task and none is waited for: a cancel takes effect at once. */
export const IDLE_STATUSES = ['draft', 'scheduled', 'waiting_for_approval', 'waiting_for_user', 'paused'] as const satisfies readonly TaskStatus[];

export const RETRYABLE_STATUSES = ['failed', 'timed_out', 'cancelled'] as const satisfies readonly TaskStatus[];

const BEFORE_RUN: readonly TaskStatus[] = ['draft', 'scheduled', 'queued'];
const WHILE_ALIVE: readonly TaskStatus[] = [
  ...BEFORE_RUN, 'provisioning', 'in_progress', 'publishing', 'waiting_for_approval', 'waiting_for_user', 'paused',
];

/** Fields of a task that can be edited, and until when. `callback` is a row of its own. */
export const TASK_EDITABLE = {
  title: [...WHILE_ALIVE, ...END_STATUSES],
  tags: [...WHILE_ALIVE, ...END_STATUSES],
  description: WHILE_ALIVE,
  priority: WHILE_ALIVE,
  maxCreditsMicro: WHILE_ALIVE,
  callback: WHILE_ALIVE,
  prompt: BEFORE_RUN,
  mode: BEFORE_RUN,
  repositoryId: BEFORE_RUN,
  branch: BEFORE_RUN,
  targetBranch: BEFORE_RUN,
  aiModelId: BEFORE_RUN,
  requestedModel: BEFORE_RUN,
  apiKeyId: BEFORE_RUN,
  options: BEFORE_RUN,
  metadata: BEFORE_RUN,
  candidates: BEFORE_RUN,
  estimatedCreditsMicro: BEFORE_RUN,
  scheduledAt: ['draft', 'scheduled'],
} as const satisfies Record<string, readonly TaskStatus[]>;

export type EditableTaskField = keyof typeof TASK_EDITABLE;

/** The statuses in which all of these fields can be edited together. */
export function statusesForEdit(fields: readonly EditableTaskField[]): TaskStatus[] {
  const all = Object.keys(TASK_MOVES) as TaskStatus[];
  return all.filter((status) => fields.every((field) => (TASK_EDITABLE[field] as readonly TaskStatus[]).includes(status)));
}
