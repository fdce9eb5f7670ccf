import { Injectable } from '@nestjs/common';
import { sqlChange, sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { leaseLost, type AttemptLease, type ClaimedAttempt, type ClaimResult } from './attempt-lease';
import { finalStatus, UNAVAILABLE, type AttemptEnd, type Ended, type FinalStatus, type HandOver } from './attempt-outcome';
import { AttemptStore, type AttemptFacts } from './attempt.store';
import { CLAIM, CLAIM_CONTEXT, RUNNING_IN_ORGANIZATION } from './claim-sql';
import { TaskEventStore } from './task-event.store';
import { TaskMoves, type CloseHolds } from './task-moves';
import { statusesBefore } from './task-state';
import { isEnded, RUNNING_STATUSES, type TaskStatus } from './task-status';
import { CONCURRENCY_RETRY_SECONDS, LEASE_SECONDS, UNAVAILABLE_WAITS_SECONDS } from './tunables';

const NO_PROVIDER = { code: 'provider_unavailable', message: 'No provider answered, also after several waits.' };

interface ClaimContext {
  readonly taskId: string;
  readonly organizationId: string;
  readonly statusReason: string | null;
  readonly maxConcurrentTasks: number | null;
}

interface HeldTask {
  readonly organizationId: string;
  readonly cancelRequested: boolean;
  readonly pauseRequested: boolean;
}

/**
 * The life of a task as its worker drives it. Each method is the whole of one transaction: compare-and-set, with the event in it. What it
 * returns is acted upon (enqueue, publish news) after the commit.
 */
@Injectable()
export class TaskLifecycle {
  constructor(
    private readonly moves: TaskMoves,
    private readonly events: TaskEventStore,
    private readonly attempts: AttemptStore,
  ) {}

  /**
   * T1: takes a queued attempt, unless the organization's plan is at its limit of running tasks. Claims of one organization count one
   * after the other. The task goes to `provisioning`, and its wall clock starts if it does not run yet.
   */
  async claim(tx: Tx, attemptId: string, workerId: string): Promise<ClaimResult> {
    const context = await sqlRow<ClaimContext>(tx, CLAIM_CONTEXT, [attemptId]);
    if (!context) return { kind: 'gone' };
    if (context.maxConcurrentTasks !== null && (await this.isFull(tx, context))) return this.postpone(tx, attemptId, context);
    const claimed = await sqlRow<ClaimedAttempt & { moved: boolean }>(tx, CLAIM, [attemptId, workerId, LEASE_SECONDS], ['fence']);
    if (!claimed) return { kind: 'gone' };
    const { moved, ...attempt } = claimed;
    // A queued attempt of a task that is not queued: must not exist. The transaction ends, so nothing is claimed.
    if (!moved) throw new Error(`attempt ${attemptId} is queued but its task is not`);
    await this.events.append(tx, attempt.taskId, attemptId, [{ type: 'status', data: { from: 'queued', to: 'provisioning', reason: null } }]);
    return { kind: 'claimed', attempt };
  }

  /** Notes the attempt's facts and takes the task on to `to`. @throws {StopError} lease_lost */
  async advance(tx: Tx, lease: AttemptLease, to: Extract<TaskStatus, 'in_progress' | 'publishing'>, facts: AttemptFacts = {}): Promise<void> {
    await this.attempts.record(tx, lease, { stage: to === 'publishing' ? 'publish' : 'agent', ...facts });
    const left = await this.moves.move(tx, { taskId: lease.taskId, attemptId: lease.attemptId, to, reason: null });
    if (left !== null) return;
    // Resumed where it was: the status is right already.
    const row = await sqlRow<{ status: TaskStatus }>(tx, 'SELECT status FROM tasks WHERE id = $1', [lease.taskId]);
    if (row?.status !== to) throw new Error(`task ${lease.taskId} is ${row?.status} and cannot become ${to}`);
  }

  /**
   * Ends the attempt and takes the task to where that leads. Open holds are released, an ended task gets its figures, and the
   * organization's next waiting task is woken. A message that came too late for the last model call begins the next attempt, unless
   * a cancel was asked for. @throws {StopError} lease_lost
   */
  async finish(tx: Tx, lease: AttemptLease, end: AttemptEnd, closeHolds: CloseHolds): Promise<Ended> {
    const task = await this.lock(tx, lease);
    const final = finalStatus(end, task.cancelRequested);
    await this.closeAttempt(tx, lease.attemptId, final, end.kind === 'failed' ? (end.retryable ?? null) : null);
    const ended = await this.settle(tx, lease, final, closeHolds);
    return task.cancelRequested ? ended : this.hearLateMessage(tx, lease, ended);
  }

  /**
   * Gives the attempt back: same attempt, next worker gets the next fence. A cancel or pause that was asked for is carried out instead, and
   * what stays unavailable ends the task. @throws {StopError} lease_lost
   */
  async handOver(tx: Tx, lease: AttemptLease, handOver: HandOver, closeHolds: CloseHolds): Promise<Ended> {
    const task = await this.lock(tx, lease);
    if (task.cancelRequested) return this.finish(tx, lease, { kind: 'cancelled' }, closeHolds);
    if (task.pauseRequested) return this.finish(tx, lease, { kind: 'suspended', status: 'paused', reason: 'user_request' }, closeHolds);
    const delay = await this.delayFor(tx, lease, handOver);
    if (delay === null) return this.finish(tx, lease, { kind: 'failed', ...(handOver.giveUp ?? NO_PROVIDER), retryable: true }, closeHolds);
    await sqlChange(
      tx,
      `UPDATE task_attempts SET status = 'queued', worker_id = NULL, lease_expires_at = NULL, available_at = now() + make_interval(secs => $2) WHERE id = $1`,
      [lease.attemptId, delay],
    );
    // The clock counts work: what a forge lets us wait is none of it.
    if (handOver.reason === 'forge_rate_limit') await sqlChange(tx, 'UPDATE tasks SET deadline_at = deadline_at + make_interval(secs => $2) WHERE id = $1', [lease.taskId, delay]);
    await closeHolds(tx, lease.attemptId);
    await this.moves.move(tx, { taskId: lease.taskId, attemptId: lease.attemptId, to: 'queued', reason: handOver.reason, from: RUNNING_STATUSES });
    return { status: 'queued', reason: handOver.reason, wake: await this.moves.wakeNext(tx, lease.taskId) };
  }

  /** The rest of an end whose attempt row is closed already: holds, task, figures, wake. Also for the sweepers. */
  async settle(tx: Tx, lease: Pick<AttemptLease, 'attemptId' | 'taskId'>, final: FinalStatus & { failureCount?: number }, closeHolds: CloseHolds): Promise<Ended> {
    const move = { taskId: lease.taskId, attemptId: lease.attemptId, to: final.task, from: statusesBefore(final.task).filter(hasAttempt), reason: final.reason, error: final.error, failureCount: final.failureCount };
    // Whoever hears of the end hears what the task came to: nothing is held any more.
    const left = await this.moves.move(tx, move, () => closeHolds(tx, lease.attemptId));
    if (left === null) throw new Error(`task ${lease.taskId} cannot become ${final.task}`);
    if (isEnded(final.task)) await this.moves.writeAnalytics(tx, lease.taskId);
    return { status: final.task, reason: final.reason, wake: await this.moves.wakeNext(tx, lease.taskId) };
  }

  async closeAttempt(tx: Tx, attemptId: string, final: Pick<FinalStatus, 'attempt' | 'stage' | 'error'>, retryable: boolean | null): Promise<void> {
    await sqlChange(
      tx,
      `UPDATE task_attempts SET status = $2, stage = coalesce($3, stage), finished_at = now(), error_code = $4, error_message = $5, retryable = $6 WHERE id = $1 AND status IN ('queued','running')`,
      [attemptId, final.attempt, final.stage, final.error?.code ?? null, final.error?.message.slice(0, 10_000) ?? null, retryable],
    );
  }

  /** The agent asked or was done before it could read a message: nobody would send that one again. */
  private async hearLateMessage(tx: Tx, { taskId }: AttemptLease, ended: Ended): Promise<Ended> {
    if (ended.status !== 'waiting_for_user' && ended.status !== 'completed') return ended;
    const late = await sqlRow(tx, `SELECT 1 AS late FROM task_messages WHERE task_id = $1 AND role = 'user' AND delivered_at IS NULL LIMIT 1`, [taskId]);
    if (!late) return ended;
    const next = await this.moves.queueNextAttempt(tx, { taskId, cause: 'message', stage: 'agent', fromCheckpoint: true, move: { from: [ended.status], reason: null, renewed: true } });
    // It takes the place that became free; another that was woken is found by the sweep.
    return next ? { ...ended, wake: next.attemptId } : ended;
  }

  /** The fence for a transaction that will change the attempt's row, then the task's row: in that order. */
  private async lock(tx: Tx, lease: AttemptLease): Promise<HeldTask> {
    const held = await sqlRow(tx, `SELECT 1 AS held FROM task_attempts WHERE id = $1 AND fence = $2 AND status = 'running' AND lease_expires_at > now() FOR NO KEY UPDATE`, [lease.attemptId, lease.fence]);
    const task = held
      ? await sqlRow<HeldTask>(
          tx,
          'SELECT organization_id, cancel_requested_at IS NOT NULL AS cancel_requested, pause_requested_at IS NOT NULL AS pause_requested FROM tasks WHERE id = $1 FOR NO KEY UPDATE',
          [lease.taskId],
        )
      : null;
    if (!task) throw leaseLost(lease);
    return task;
  }

  /** Seconds to wait, or null when the waits for what is away are used up. */
  private async delayFor(tx: Tx, lease: AttemptLease, handOver: HandOver): Promise<number | null> {
    if (!UNAVAILABLE.some((reason) => reason === handOver.reason)) return handOver.delaySeconds ?? 0;
    const row = await sqlRow<{ before: number }>(
      tx,
      `SELECT count(*)::integer AS before FROM task_events WHERE task_id = $1 AND attempt_id = $2 AND type = 'status' AND data ->> 'reason' = $3`,
      [lease.taskId, lease.attemptId, handOver.reason],
    );
    return UNAVAILABLE_WAITS_SECONDS[row?.before ?? 0] ?? null;
  }

  private async isFull(tx: Tx, context: ClaimContext): Promise<boolean> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('claim-' || $1::text, 0))`, [context.organizationId]);
    const row = await sqlRow<{ running: number }>(tx, RUNNING_IN_ORGANIZATION, [context.organizationId]);
    return (row?.running ?? 0) >= (context.maxConcurrentTasks ?? Infinity);
  }

  private async postpone(tx: Tx, attemptId: string, context: ClaimContext): Promise<ClaimResult> {
    const waits = await sqlChange(tx, `UPDATE task_attempts SET available_at = now() + make_interval(secs => $2) WHERE id = $1 AND status = 'queued'`, [attemptId, CONCURRENCY_RETRY_SECONDS]);
    if (waits === 0) return { kind: 'gone' };
    const said = await sqlChange(
      tx,
      `UPDATE tasks SET status_reason = 'concurrency_limit' WHERE id = $1 AND status = 'queued' AND status_reason IS DISTINCT FROM 'concurrency_limit'`,
      [context.taskId],
    );
    // Said once: a task that waits long must not fill its history.
    if (said > 0) await this.events.append(tx, context.taskId, attemptId, [{ type: 'status', data: { from: 'queued', to: 'queued', reason: 'concurrency_limit' } }]);
    return { kind: 'concurrency_limit', taskId: context.taskId };
  }
}

/** Whether a task in this status has a live attempt: only such a one can be ended by its attempt. */
function hasAttempt(status: TaskStatus): boolean {
  return status === 'queued' || (RUNNING_STATUSES as readonly TaskStatus[]).includes(status);
}
