import { Injectable } from '@nestjs/common';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { TaskLifecycle } from './task-lifecycle';
import type { CloseHolds } from './task-moves';
import type { Swept } from './task-sweeps';

const ERROR = { code: 'integration_not_connected', message: 'The GitHub App lost its access to this repository: it was removed, or suspended. Give it access again, then retry.' };

/** Tasks that wait for a repository which nobody can work with any more. Those that run find out at their next call. */
@Injectable()
export class TaskWithdrawal {
  constructor(private readonly lifecycle: TaskLifecycle) {}

  async queued(tx: Tx, repositoryIds: readonly string[]): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(tx, `SELECT id FROM tasks WHERE repository_id = ANY($1::uuid[]) AND status = 'queued' ORDER BY id`, [repositoryIds]);
    return rows.map(({ id }) => id);
  }

  /** Ends a task that is still queued; null: it is not, or a worker has it. */
  async fail(tx: Tx, taskId: string, closeHolds: CloseHolds): Promise<Swept | null> {
    const taken = await sqlRow<{ attemptId: string; taskId: string }>(
      tx,
      `UPDATE task_attempts SET status = 'failed', finished_at = now(), error_code = $2, error_message = $3, retryable = true
        WHERE id = (SELECT id FROM task_attempts WHERE task_id = $1 AND status = 'queued' FOR NO KEY UPDATE SKIP LOCKED) AND status = 'queued' RETURNING id AS attempt_id, task_id`,
      [taskId, ERROR.code, ERROR.message],
    );
    if (!taken) return null;
    const ended = await this.lifecycle.settle(tx, taken, { attempt: 'failed', task: 'failed', reason: ERROR.code, stage: null, error: ERROR }, closeHolds);
    return { ...taken, status: ended.status, reason: ended.reason, enqueue: ended.wake === null ? [] : [ended.wake] };
  }
}
