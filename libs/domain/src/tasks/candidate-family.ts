// What candidates mean for the moves of their task, and of themselves. Lock order: the task that has them, then they.
import { AppError } from '@app/common';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { END_STATUSES, type TaskStatus } from './task-status';
import { TASK_NOT_RESUMABLE, TASK_NOT_RETRYABLE } from './tasks.errors';

/** The reason of a task in progress that no worker holds, while its candidates work. */
export const CANDIDATES_AT_WORK = 'candidates';

/** Keeps the task where it is until the commit; returns its candidates that have not ended, none for a task without. */
export async function lockLiveCandidates(tx: Tx, taskId: string): Promise<string[]> {
  const parent = await sqlRow(tx, 'SELECT 1 AS found FROM tasks WHERE id = $1 AND candidates IS NOT NULL FOR NO KEY UPDATE', [taskId]);
  if (!parent) return [];
  const rows = await sqlRows<{ id: string }>(tx, `SELECT id FROM tasks WHERE parent_task_id = $1 AND source = 'candidate' AND NOT (status = ANY($2::text[])) ORDER BY id`, [taskId, END_STATUSES]);
  return rows.map(({ id }) => id);
}

/** Whether the task, which the caller has locked, waits for its candidates: then no worker would hear of a cancel or a pause. */
export async function waitsForCandidates(tx: Tx, taskId: string): Promise<boolean> {
  const row = await sqlRow(
    tx,
    `SELECT 1 AS waits FROM tasks t WHERE t.id = $1 AND t.status = 'in_progress' AND t.status_reason = $2
       AND NOT EXISTS (SELECT 1 FROM task_attempts a WHERE a.task_id = t.id AND a.status IN ('queued','running'))`,
    [taskId, CANDIDATES_AT_WORK],
  );
  return row !== null;
}

/** A candidate goes on only while its task is with its candidates; one that has chosen, ended or waits for a person goes on itself. @throws {AppError} */
export async function assertCandidateOpen(tx: Tx, taskId: string, kind: 'resume' | 'retry'): Promise<void> {
  const closed = await sqlRow<{ id: string; parentStatus: TaskStatus; status: TaskStatus }>(
    tx,
    `SELECT p.id, p.status AS parent_status, t.status FROM tasks t JOIN tasks p ON p.id = t.parent_task_id WHERE t.id = $1 AND t.source = 'candidate' AND (p.chosen_task_id IS NOT NULL OR p.status = ANY($2::text[]))`,
    [taskId, [...END_STATUSES, 'paused', 'waiting_for_user', 'waiting_for_approval']],
  );
  if (!closed) return;
  const detail = `This is a candidate of task ${closed.id}, which is ${closed.parentStatus}; go on there.`;
  throw new AppError(kind === 'resume' ? TASK_NOT_RESUMABLE : TASK_NOT_RETRYABLE, detail, { members: { taskStatus: closed.status } });
}
