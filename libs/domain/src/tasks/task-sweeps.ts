import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { Ended, FinalStatus } from './attempt-outcome';
import { afterLoss, type StaleAttempt } from './stale-attempt';
import { TaskLifecycle } from './task-lifecycle';
import { TaskMoves, type CloseHolds } from './task-moves';
import { RUNNING_STATUSES } from './task-status';
import { DEADLINE_GRACE_SECONDS } from './tunables';

interface TakenAttempt {
  readonly attemptId: string;
  readonly taskId: string;
}

/** What a sweep did to one task. `enqueue`: attempts that are due now, to be added to the queue after the commit. */
export interface Swept extends TakenAttempt {
  readonly status: Ended['status'];
  readonly reason: string | null;
  readonly enqueue: readonly string[];
}

/**
 * What time does to tasks that nobody drives. A sweep reads what is due, then handles each row in a transaction of its own, so that a row
 * that cannot be handled holds up no other. Null: no longer due, or in other hands.
 */
@Injectable()
export class TaskSweeps {
  constructor(
    private readonly lifecycle: TaskLifecycle,
    private readonly moves: TaskMoves,
  ) {}

  /** Running attempts whose lease has passed. */
  lostAttempts(manager: EntityManager, limit: number): Promise<string[]> {
    return ids(manager, `SELECT id FROM task_attempts WHERE status = 'running' AND lease_expires_at < now() ORDER BY lease_expires_at LIMIT $1`, [limit]);
  }

  /** Attempts of tasks past their deadline: waiting ones at once, running ones only when their worker did not end them by itself. */
  overdueAttempts(manager: EntityManager, limit: number): Promise<string[]> {
    return ids(manager, `SELECT a.id ${OVERDUE} ORDER BY t.deadline_at LIMIT $1`, [limit, DEADLINE_GRACE_SECONDS]);
  }

  /** Scheduled tasks whose time has come. */
  dueScheduledTasks(manager: EntityManager, limit: number): Promise<string[]> {
    return ids(manager, `SELECT id FROM tasks WHERE status = 'scheduled' AND scheduled_at <= now() ORDER BY scheduled_at LIMIT $1`, [limit]);
  }

  /**
   * Ends an attempt whose lease has passed. The task gets its next attempt at the same stage, or ends: as its user asked, by its
   * deadline, or as `failed` (`worker_lost`) at the cap. A worker that is in a transaction keeps its row.
   */
  async loseAttempt(tx: Tx, attemptId: string, closeHolds: CloseHolds): Promise<Swept | null> {
    const lost = await sqlRow<TakenAttempt>(
      tx,
      `UPDATE task_attempts SET status = 'lost', finished_at = now(), error_code = 'worker_lost', error_message = 'The worker stopped renewing its lease.', retryable = true
        WHERE id = (SELECT id FROM task_attempts WHERE id = $1 AND status = 'running' AND lease_expires_at < now() FOR NO KEY UPDATE SKIP LOCKED)
       RETURNING id AS attempt_id, task_id`,
      [attemptId],
    );
    if (!lost) return null;
    const stale = await this.read(tx, lost);
    const after = afterLoss(stale);
    if (after.next === 'end') {
      const error = after.status === 'failed' ? { code: 'worker_lost', message: `The worker was lost ${after.failureCount} times in a row.` } : null;
      return this.end(tx, lost, { attempt: 'lost', task: after.status, reason: after.reason, stage: null, error, failureCount: after.failureCount }, closeHolds);
    }
    await closeHolds(tx, lost.attemptId);
    const next = await this.moves.queueNextAttempt(tx, {
      taskId: lost.taskId, cause: after.cause, stage: after.stage, fromCheckpoint: true, move: { from: RUNNING_STATUSES, reason: 'worker_lost', failureCount: after.failureCount },
    });
    if (!next) throw new Error(`task ${lost.taskId} lost its worker but was not running`);
    const wake = await this.moves.wakeNext(tx, lost.taskId);
    return { ...lost, status: 'queued', reason: 'worker_lost', enqueue: wake === null ? [next.attemptId] : [next.attemptId, wake] };
  }

  /** Ends a task that is past its deadline. */
  async endOverdue(tx: Tx, attemptId: string, closeHolds: CloseHolds): Promise<Swept | null> {
    const taken = await sqlRow<TakenAttempt>(
      tx,
      `UPDATE task_attempts SET status = 'timed_out', finished_at = now()
        WHERE id = (SELECT a.id ${OVERDUE} AND a.id = $1 FOR NO KEY UPDATE OF a SKIP LOCKED) RETURNING id AS attempt_id, task_id`,
      [attemptId, DEADLINE_GRACE_SECONDS],
    );
    return taken && this.end(tx, taken, { attempt: 'timed_out', task: 'timed_out', reason: 'deadline', stage: null, error: null }, closeHolds);
  }

  /** Ends a queued or running task that somebody of the platform's staff gave up. Its worker finds itself fenced off. */
  async failStuck(tx: Tx, taskId: string, closeHolds: CloseHolds): Promise<Swept | null> {
    const error = { code: 'stuck', message: 'The task made no progress and was ended by the staff of the platform.' };
    const taken = await sqlRow<TakenAttempt>(
      tx,
      `UPDATE task_attempts SET status = 'failed', finished_at = now(), error_code = $2, error_message = $3, retryable = true
        WHERE id = (SELECT id FROM task_attempts WHERE task_id = $1 AND status IN ('queued','running') FOR NO KEY UPDATE) AND status IN ('queued','running') RETURNING id AS attempt_id, task_id`,
      [taskId, error.code, error.message],
    );
    return taken && this.end(tx, taken, { attempt: 'failed', task: 'failed', reason: error.code, stage: null, error }, closeHolds);
  }

  /** Queues a scheduled task whose time has come. */
  async startScheduled(tx: Tx, taskId: string): Promise<Swept | null> {
    const due = await sqlRow(tx, `SELECT id FROM tasks WHERE id = $1 AND status = 'scheduled' AND scheduled_at <= now() FOR NO KEY UPDATE SKIP LOCKED`, [taskId]);
    if (!due) return null;
    const next = await this.moves.queueNextAttempt(tx, { taskId, cause: 'start', stage: 'prepare', fromCheckpoint: false, move: { from: ['scheduled'], reason: null } });
    return next && { taskId, attemptId: next.attemptId, status: 'queued', reason: null, enqueue: [next.attemptId] };
  }

  private async end(tx: Tx, taken: TakenAttempt, final: FinalStatus & { failureCount?: number }, closeHolds: CloseHolds): Promise<Swept> {
    const ended = await this.lifecycle.settle(tx, taken, final, closeHolds);
    return { ...taken, status: ended.status, reason: ended.reason, enqueue: ended.wake === null ? [] : [ended.wake] };
  }

  private async read(tx: Tx, lost: TakenAttempt): Promise<StaleAttempt> {
    const stale = await sqlRow<StaleAttempt>(
      tx,
      `SELECT a.stage, t.failure_count, t.max_attempts, t.cancel_requested_at IS NOT NULL AS cancel_requested, t.pause_requested_at IS NOT NULL AS pause_requested,
              coalesce(t.deadline_at <= now(), false) AS deadline_passed
         FROM tasks t JOIN task_attempts a ON a.id = $2 WHERE t.id = $1 FOR NO KEY UPDATE OF t`,
      [lost.taskId, lost.attemptId],
    );
    if (!stale) throw new Error(`attempt ${lost.attemptId} has no task`);
    return stale;
  }
}

/** `$2`: seconds of grace for a running one. */
const OVERDUE = `
  FROM tasks t JOIN task_attempts a ON a.task_id = t.id AND a.status IN ('queued','running')
 WHERE t.status IN ('queued','provisioning','in_progress','publishing') AND t.deadline_at IS NOT NULL
   AND t.deadline_at < now() - make_interval(secs => CASE a.status WHEN 'running' THEN $2::integer ELSE 0 END)`;

async function ids(manager: EntityManager, sql: string, parameters: readonly unknown[]): Promise<string[]> {
  return (await sqlRows<{ id: string }>(manager, sql, parameters)).map((row) => row.id);
}
