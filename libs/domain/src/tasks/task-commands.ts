import { notFound } from '@app/common';
import { Injectable } from '@nestjs/common';
import { recordAudit } from '../audit/record-audit';
import { sqlChange, sqlRow, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import { assertCandidateOpen, lockLiveCandidates, waitsForCandidates } from './candidate-family';
import { PUBLISHING_MODES, type TaskMode } from './task-mode';
import { TaskMoves, type NextAttempt } from './task-moves';
import type { Task } from './task.entity';
import { IDLE_STATUSES, RETRYABLE_STATUSES } from './task-state';
import { RUNNING_STATUSES, type AttemptCause, type AttemptStage, type TaskStatus } from './task-status';
import { taskNotEditable, taskNotPausable, taskNotPublishable, taskNotResumable, taskNotRetryable } from './tasks.errors';

/** Which task a person acts on. */
export interface OwnedTask {
  readonly organizationId: string;
  readonly id: string;
}

/** `cancelled`: at once · `requested`: its worker was told · `ended`: it had ended before, nothing changed. */
export type CancelResult = 'cancelled' | 'requested' | 'ended';

/** An attempt that was made; its id goes to the queue after the commit. */
export interface QueuedAttempt {
  readonly attemptId: string;
  readonly number: number;
}

export interface RetryRequest {
  /** false: begins anew, on the branch as it is now. */
  readonly fromCheckpoint: boolean;
  /** A resolved model; `requestedModel` is the word that the caller used. */
  readonly aiModelId?: string | null;
  readonly requestedModel?: string;
  readonly apiKeyId?: string | null;
}

/** Merged into the task's options, where the publisher reads them. */
export interface PublishRequest {
  readonly createPullRequest?: boolean;
  readonly draftPullRequest?: boolean;
  readonly pullRequestTitle?: string;
  readonly pullRequestBody?: string;
}

/** Why a task waits whose change holds files that run code, or decide what runs. */
export const PROTECTED_PATHS = 'protected_paths';

/** Where a task stands. */
export interface TaskStanding {
  readonly status: TaskStatus;
  readonly statusReason: string | null;
}

interface TaskRow {
  readonly status: TaskStatus;
  readonly mode: TaskMode;
  readonly source: Task['source'];
}

/** What people ask of a task. One transaction each, with an audit row in it; refusals are errors. */
@Injectable()
export class TaskCommands {
  constructor(private readonly moves: TaskMoves) {}

  /** Queues a draft, or schedules it when it has a time ahead. @throws {AppError} not_found, task_not_editable */
  async start(tx: Tx, task: OwnedTask): Promise<QueuedAttempt | null> {
    const row = await sqlRow<TaskRow & { later: boolean }>(tx, `SELECT status, mode, coalesce(scheduled_at > now(), false) AS later FROM tasks WHERE id = $2 AND organization_id = $1`, [task.organizationId, task.id]);
    if (!row) throw notFound();
    if (row.later) {
      if ((await this.moves.move(tx, { taskId: task.id, attemptId: null, to: 'scheduled', reason: null, from: ['draft'] })) === null) throw taskNotEditable(row.status, ['draft']);
      await audit(tx, task, 'task.started', { status: 'scheduled' });
      return null;
    }
    const next = await this.moves.queueNextAttempt(tx, { taskId: task.id, cause: 'start', stage: 'prepare', fromCheckpoint: false, move: { from: ['draft', 'scheduled'], reason: null } });
    if (!next) throw taskNotEditable(row.status, ['draft']);
    await audit(tx, task, 'task.started', { status: 'queued' });
    return next;
  }

  /** Cancels: a task that nobody runs at once, a running one through its worker, within a heartbeat. Safe to repeat. @throws {AppError} not_found */
  async requestCancel(tx: Tx, task: OwnedTask): Promise<CancelResult> {
    await this.find(tx, task);
    for (const id of await lockLiveCandidates(tx, task.id)) await this.cancel(tx, { ...task, id });
    const result = await this.cancel(tx, task);
    if (result !== 'ended') await audit(tx, task, 'task.cancel_requested', { result });
    return result;
  }

  private async cancel(tx: Tx, task: OwnedTask): Promise<CancelResult> {
    // A claim may come between two of these statements, or a worker hand over: what was missed is seen in the next round.
    for (let round = 0; round < 3; round++) {
      const attempt = await sqlRow<{ id: string }>(tx, `UPDATE task_attempts SET status = 'cancelled', finished_at = now() WHERE task_id = $1 AND status = 'queued' RETURNING id`, [task.id]);
      const from: TaskStatus[] = [...IDLE_STATUSES, ...(attempt ? (['queued'] as const) : []), ...((await waitsForCandidates(tx, task.id)) ? (['in_progress'] as const) : [])];
      if ((await this.moves.move(tx, { taskId: task.id, attemptId: attempt?.id ?? null, to: 'cancelled', reason: 'user_request', from })) !== null) {
        await sqlChange(tx, 'UPDATE tasks SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = $1', [task.id]);
        await this.moves.writeAnalytics(tx, task.id);
        return 'cancelled';
      }
      const told = await sqlChange(tx, 'UPDATE tasks SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = $1 AND status = ANY($2::text[])', [task.id, RUNNING_STATUSES]);
      if (told > 0) return 'requested';
      if (!(await this.isLive(tx, task))) return 'ended';
    }
    throw new Error(`task ${task.id} keeps moving; the cancel found no hold on it`);
  }

  /** Pauses: a queued task at once, a running one through its worker. @throws {AppError} not_found, task_not_pausable */
  async requestPause(tx: Tx, task: OwnedTask): Promise<'paused' | 'requested'> {
    await this.find(tx, task);
    const result = await this.pause(tx, task);
    await audit(tx, task, 'task.paused', { result });
    return result;
  }

  private async pause(tx: Tx, task: OwnedTask): Promise<'paused' | 'requested'> {
    for (const id of await lockLiveCandidates(tx, task.id)) await this.pauseIfAtWork(tx, { ...task, id });
    if (await waitsForCandidates(tx, task.id)) {
      await this.moves.move(tx, { taskId: task.id, attemptId: null, to: 'paused', reason: 'user_request', from: ['in_progress'] });
      return 'paused';
    }
    const attempt = await sqlRow<{ id: string }>(tx, `UPDATE task_attempts SET status = 'suspended', finished_at = now() WHERE task_id = $1 AND status = 'queued' RETURNING id`, [task.id]);
    if (attempt && (await this.moves.move(tx, { taskId: task.id, attemptId: attempt.id, to: 'paused', reason: 'user_request', from: ['queued'] })) !== null) return 'paused';
    const told = await sqlChange(tx, 'UPDATE tasks SET pause_requested_at = coalesce(pause_requested_at, now()) WHERE id = $1 AND status = ANY($2::text[])', [task.id, RUNNING_STATUSES]);
    if (told === 0) throw taskNotPausable((await this.find(tx, task)).status);
    return 'requested';
  }

  private async pauseIfAtWork(tx: Tx, candidate: OwnedTask): Promise<void> {
    const { status } = await this.lock(tx, candidate);
    if (status === 'queued' || (RUNNING_STATUSES as readonly TaskStatus[]).includes(status)) await this.pause(tx, candidate);
  }

  /** Where the task stands, and keeps it there until the commit. @throws {AppError} not_found */
  async lock(tx: Tx, task: OwnedTask): Promise<TaskStanding> {
    const row = await sqlRow<TaskStanding>(tx, 'SELECT status, status_reason FROM tasks WHERE id = $2 AND organization_id = $1 FOR NO KEY UPDATE', [task.organizationId, task.id]);
    if (!row) throw notFound();
    return row;
  }

  /**
   * Goes on from the checkpoint: with a paused task, or with a message for the agent with any that waits or has ended.
   * @throws {AppError} not_found, task_not_resumable
   */
  async resume(tx: Tx, task: OwnedTask, cause: Extract<AttemptCause, 'resume' | 'message' | 'approval'>): Promise<QueuedAttempt> {
    const from: readonly TaskStatus[] =
      cause === 'message'
        ? ['waiting_for_user', 'waiting_for_approval', 'paused', 'completed', 'failed', 'cancelled', 'timed_out']
        : cause === 'approval' ? ['waiting_for_approval'] : ['paused'];
    const row = await this.find(tx, task);
    await assertCandidateOpen(tx, task.id, 'resume');
    // A publication that was paused goes on as one; a message is for the agent.
    const stage = cause === 'resume' && (await this.wasPublishing(tx, task)) ? 'publish' : 'agent';
    const next = await this.queue(tx, { taskId: task.id, cause, stage, fromCheckpoint: true, move: { from, reason: null, renewed: true } }, () => taskNotResumable(row.status));
    await audit(tx, task, 'task.resumed', { cause, from: row.status });
    return next;
  }

  /** Tries an ended task again, counting failures anew. @throws {AppError} not_found, task_not_retryable */
  async retry(tx: Tx, task: OwnedTask, request: RetryRequest): Promise<QueuedAttempt> {
    const row = await this.find(tx, task);
    await assertCandidateOpen(tx, task.id, 'retry');
    const next = await this.queue(
      tx,
      {
        taskId: task.id, cause: 'retry', stage: request.fromCheckpoint ? 'agent' : 'prepare', fromCheckpoint: request.fromCheckpoint,
        move: { from: RETRYABLE_STATUSES, reason: null, renewed: true, internal: request.fromCheckpoint ? undefined : { fresh: true } },
      },
      () => taskNotRetryable(row.status),
    );
    await sqlChange(
      tx,
      `UPDATE tasks SET requested_model = coalesce($2, requested_model), ai_model_id = CASE WHEN $3 THEN $4::uuid ELSE ai_model_id END,
              api_key_id = CASE WHEN $5 THEN $6::uuid ELSE api_key_id END WHERE id = $1`,
      [task.id, request.requestedModel ?? null, request.aiModelId !== undefined, request.aiModelId ?? null, request.apiKeyId !== undefined, request.apiKeyId ?? null],
    );
    if (request.aiModelId !== undefined || request.apiKeyId !== undefined) {
      await sqlChange(tx, 'UPDATE task_attempts a SET ai_model_id = t.ai_model_id, api_key_id = t.api_key_id FROM tasks t WHERE a.id = $1 AND t.id = a.task_id', [next.attemptId]);
    }
    await audit(tx, task, 'task.retried', { ...request });
    return next;
  }

  /**
   * Publishes the stored patch of an ended task, as a new attempt that starts at that stage. A completed task only when it has no pull
   * request yet. Of a task that waits because it changed protected files this is the approval, of exactly the commit that was shown. @throws {AppError} not_found, task_not_publishable
   */
  async publish(tx: Tx, task: OwnedTask, request: PublishRequest): Promise<QueuedAttempt> {
    const row = await this.find(tx, task);
    const { status, statusReason } = await this.lock(tx, task);
    const isHeld = status === 'waiting_for_approval' && statusReason === PROTECTED_PATHS;
    if (row.source === 'candidate') throw taskNotPublishable(row.status, 'A candidate publishes nothing: the task that it tries chooses one and publishes that.');
    if (!PUBLISHING_MODES.includes(row.mode)) throw taskNotPublishable(row.status, `A task in mode ${row.mode} changes nothing that could be published.`);
    const facts = await sqlRow<{ hasPatch: boolean; hasPullRequest: boolean; headSha: string | null }>(
      tx,
      `SELECT EXISTS (SELECT 1 FROM task_results WHERE task_id = $1 AND result_type = 'patch' AND size_bytes > 0) AS has_patch,
              EXISTS (SELECT 1 FROM pull_requests WHERE task_id = $1 AND status IN ('open','draft','merged')) AS has_pull_request,
              (SELECT metadata ->> 'headSha' FROM task_results WHERE task_id = $1 AND result_type = 'patch' ORDER BY created_at DESC, id DESC LIMIT 1) AS head_sha`,
      [task.id],
    );
    if (!facts?.hasPatch) throw taskNotPublishable(row.status, 'The task has no stored patch.');
    if (row.status === 'completed' && facts.hasPullRequest) throw taskNotPublishable(row.status, 'The task has a pull request already.');
    const next = await this.queue(
      tx,
      { taskId: task.id, cause: 'publish', stage: 'publish', fromCheckpoint: true, move: { from: isHeld ? ['waiting_for_approval'] : ['completed', ...RETRYABLE_STATUSES], reason: null, renewed: true } },
      () => taskNotPublishable(row.status, `The task is ${row.status}; it can be published once it has ended.`),
    );
    await sqlChange(tx, 'UPDATE tasks SET options = options || $2::jsonb WHERE id = $1', [task.id, storableJson({ ...request, ...(isHeld ? { approvedHeadSha: facts.headSha } : {}) })]);
    const { createPullRequest, draftPullRequest } = request;
    await audit(tx, task, isHeld ? 'task.change_approved' : 'task.published', { createPullRequest, draftPullRequest, ...(isHeld ? { headSha: facts.headSha } : {}) });
    return next;
  }

  private async queue(tx: Tx, next: NextAttempt, refused: () => Error): Promise<QueuedAttempt> {
    const attempt = await this.moves.queueNextAttempt(tx, next);
    if (!attempt) throw refused();
    return { attemptId: attempt.attemptId, number: attempt.number };
  }

  private async find(tx: Tx, task: OwnedTask): Promise<TaskRow> {
    const row = await sqlRow<TaskRow>(tx, 'SELECT status, mode, source FROM tasks WHERE id = $2 AND organization_id = $1', [task.organizationId, task.id]);
    if (!row) throw notFound();
    return row;
  }

  private async wasPublishing(tx: Tx, task: OwnedTask): Promise<boolean> {
    const last = await sqlRow<{ stage: AttemptStage }>(tx, 'SELECT stage FROM task_attempts WHERE task_id = $1 ORDER BY number DESC LIMIT 1', [task.id]);
    return last?.stage === 'publish';
  }

  private async isLive(tx: Tx, task: OwnedTask): Promise<boolean> {
    return (await sqlRow(tx, `SELECT 1 AS live FROM tasks WHERE id = $1 AND completed_at IS NULL`, [task.id])) !== null;
  }
}

function audit(tx: Tx, task: OwnedTask, action: `task.${string}`, changes: Readonly<Record<string, unknown>>): Promise<void> {
  return recordAudit(tx, { organizationId: task.organizationId, action, targetType: 'task', targetId: task.id, changes });
}
