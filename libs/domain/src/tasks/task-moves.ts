// The steps that every move of a task is made of. Lock order, here and everywhere: attempt → task → counters → budget periods → credit account.
import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { TaskEventStore } from './task-event.store';
import { urgencyRank } from './queue-order';
import { statusesBefore } from './task-state';
import { END_STATUSES, type AttemptCause, type AttemptStage, type TaskStatus } from './task-status';

/** Gives back the credits that an attempt still holds. Money is written by a higher lib, so it is handed in: `CreditLedger.releaseOpenHolds`. */
export type CloseHolds = (tx: Tx, attemptId: string) => Promise<unknown>;

export interface TaskMove {
  readonly taskId: string;
  readonly attemptId: string | null;
  readonly to: TaskStatus;
  readonly reason: string | null;
  /** Statuses it may leave; absent: all that the table of moves allows. */
  readonly from?: readonly TaskStatus[];
  readonly error?: { readonly code: string; readonly message: string } | null;
  /** A person wants it to go on: requests, failures and the deadline of the past no longer count. */
  readonly renewed?: boolean;
  readonly failureCount?: number;
  /** Private half of the status event. */
  readonly internal?: Readonly<Record<string, unknown>>;
}

export interface NextAttempt {
  readonly taskId: string;
  readonly cause: AttemptCause;
  readonly stage: AttemptStage;
  /** Goes on from the last checkpoint; false: begins anew. */
  readonly fromCheckpoint: boolean;
  readonly move: Omit<TaskMove, 'taskId' | 'attemptId' | 'to'>;
}

/** Moves of a task's status, each with its event, and the making of attempts. Inside this lib only. */
@Injectable()
export class TaskMoves {
  constructor(private readonly events: TaskEventStore) {}

  /** Moves the task and appends the `status` event; returns the status it left, or null when it was in none of `from`. */
  async move(tx: Tx, move: TaskMove, beforeItIsTold: () => Promise<unknown> = () => Promise.resolve()): Promise<TaskStatus | null> {
    const left = await this.setStatus(tx, move);
    if (left === null) return null;
    await beforeItIsTold();
    await this.announce(tx, move, left);
    return left;
  }

  /** Takes the task to `queued` with a new attempt; null when it was in none of the statuses. */
  async queueNextAttempt(tx: Tx, next: NextAttempt): Promise<{ attemptId: string; number: number; left: TaskStatus } | null> {
    const move: TaskMove = { ...next.move, taskId: next.taskId, attemptId: null, to: 'queued' };
    const left = await this.setStatus(tx, move);
    if (left === null) return null;
    const attempt = await sqlRow<{ id: string; number: number }>(
      tx,
      `WITH t AS (UPDATE tasks SET attempt_count = attempt_count + 1, base_sha = CASE WHEN $5 THEN base_sha END WHERE id = $1 RETURNING id, attempt_count)
       INSERT INTO task_attempts (id, task_id, number, cause, stage, ai_model_id, api_key_id, base_sha, head_sha, checkpoint, bundle_blob_id)
       SELECT $2::uuid, t.id, t.attempt_count, $3, $4, p.ai_model_id, p.api_key_id, p.base_sha, p.head_sha, p.checkpoint, p.bundle_blob_id
         FROM t LEFT JOIN LATERAL (SELECT x.* FROM task_attempts x WHERE x.task_id = t.id ORDER BY x.number DESC LIMIT 1) p ON $5
       RETURNING id, number`,
      [next.taskId, newId(), next.cause, next.stage, next.fromCheckpoint],
    );
    if (!attempt) throw new Error(`no attempt was made for task ${next.taskId}`);
    await this.announce(tx, { ...move, attemptId: attempt.id }, left);
    return { attemptId: attempt.id, number: attempt.number, left };
  }

  /** Writes the figures of an ended task; a task that goes on and ends again overwrites them. */
  async writeAnalytics(tx: Tx, taskId: string): Promise<void> {
    await tx.query(ANALYTICS, [newId(), taskId]);
  }

  /**
   * Lets the organization's next task look for its free place now instead of at its next turn; returns the attempt to enqueue after the
   * commit. Never waits for a lock.
   */
  async wakeNext(tx: Tx, taskId: string): Promise<string | null> {
    const rows = await sqlRows<{ id: string }>(
      tx,
      `UPDATE task_attempts SET available_at = now() WHERE id = (
         SELECT a.id FROM tasks ended JOIN tasks t ON t.organization_id = ended.organization_id AND t.status = 'queued' AND t.status_reason = 'concurrency_limit'
           JOIN task_attempts a ON a.task_id = t.id AND a.status = 'queued'
          WHERE ended.id = $1 ORDER BY ${urgencyRank('t')}, t.queued_at, t.id LIMIT 1 FOR NO KEY UPDATE OF a SKIP LOCKED)
       RETURNING id`,
      [taskId],
    );
    return rows[0]?.id ?? null;
  }

  private async setStatus(tx: Tx, move: TaskMove): Promise<TaskStatus | null> {
    const row = await sqlRow<{ oldStatus: TaskStatus }>(
      tx,
      `UPDATE tasks t SET status = $2, status_reason = $3, error_code = $5, error_message = $6,
              completed_at = CASE WHEN $2 = ANY($7::text[]) THEN now() END,
              queued_at = CASE WHEN $2 = 'queued' THEN now() ELSE t.queued_at END,
              archived_at = CASE WHEN $2 = 'queued' THEN NULL ELSE t.archived_at END,
              progress = CASE WHEN $2 = 'completed' THEN 100 WHEN $8 THEN 0 ELSE t.progress END,
              failure_count = coalesce($9::smallint, CASE WHEN $8 THEN 0 ELSE t.failure_count END),
              cancel_requested_at = CASE WHEN $8 THEN NULL ELSE t.cancel_requested_at END,
              pause_requested_at = CASE WHEN $8 OR $2 = 'paused' THEN NULL ELSE t.pause_requested_at END,
              deadline_at = CASE WHEN $8 THEN NULL ELSE t.deadline_at END
         FROM (SELECT id, status FROM tasks WHERE id = $1 FOR NO KEY UPDATE) old
        WHERE t.id = old.id AND old.status = ANY($4::text[])
       RETURNING old.status AS old_status`,
      [
        move.taskId, move.to, move.reason, move.from ?? statusesBefore(move.to), move.error?.code ?? null, move.error ? move.error.message.slice(0, 10_000) : null,
        END_STATUSES, move.renewed ?? false, move.failureCount ?? null,
      ],
    );
    return row?.oldStatus ?? null;
  }

  private async announce(tx: Tx, move: TaskMove, from: TaskStatus): Promise<void> {
    await this.events.append(tx, move.taskId, move.attemptId, [{ type: 'status', data: { from, to: move.to, reason: move.reason }, internal: move.internal ?? null }]);
  }
}

const ANALYTICS = `
INSERT INTO task_analytics AS n (id, task_id, succeeded, execution_time_ms, queue_time_ms, provision_time_ms, model_time_ms, tool_time_ms, input_tokens, cache_read_tokens,
  cache_write_tokens, output_tokens, reasoning_tokens, model_calls, tool_calls, error_count, attempt_count, lines_added, lines_deleted, files_modified, pull_request_merged)
SELECT $1, t.id, t.status = 'completed',
  greatest(0, coalesce((SELECT sum(extract(epoch FROM coalesce(a.finished_at, now()) - a.started_at) * 1000)::bigint FROM task_attempts a WHERE a.task_id = t.id AND a.started_at IS NOT NULL), 0)),
  greatest(0, coalesce((extract(epoch FROM t.started_at - t.created_at) * 1000)::bigint, 0)),
  greatest(0, coalesce((SELECT (extract(epoch FROM min(e.created_at) - t.started_at) * 1000)::bigint FROM task_events e WHERE e.task_id = t.id AND e.type = 'workspace.ready'), 0)),
  coalesce((SELECT sum(l.latency_ms)::bigint FROM api_key_usage_logs l WHERE l.task_id = t.id), 0),
  s.tool_ms, k.input_tokens, k.cache_read_tokens, k.cache_write_tokens, k.output_tokens, k.reasoning_tokens, k.model_calls, s.tools, s.errors, t.attempt_count,
  p.added, p.deleted, p.files, p.merged
  FROM tasks t JOIN task_counters k ON k.task_id = t.id,
  LATERAL (SELECT count(*) FILTER (WHERE e.type = 'tool.result')::integer AS tools,
                  count(*) FILTER (WHERE e.type = 'model.failed' OR (e.type = 'tool.result' AND e.data ->> 'isError' = 'true'))::integer AS errors,
                  coalesce(sum((e.data ->> 'durationMs')::numeric) FILTER (WHERE e.type = 'tool.result'), 0)::bigint AS tool_ms
             FROM task_events e WHERE e.task_id = t.id) s,
  LATERAL (SELECT coalesce(sum(q.additions), 0)::integer AS added, coalesce(sum(q.deletions), 0)::integer AS deleted, coalesce(sum(q.changed_files), 0)::integer AS files,
                  bool_or(q.status = 'merged') FILTER (WHERE q.status IN ('merged', 'closed')) AS merged
             FROM pull_requests q WHERE q.task_id = t.id AND q.origin = 'agent') p
 WHERE t.id = $2
ON CONFLICT (task_id) DO UPDATE SET succeeded = EXCLUDED.succeeded, execution_time_ms = EXCLUDED.execution_time_ms, queue_time_ms = EXCLUDED.queue_time_ms,
  provision_time_ms = EXCLUDED.provision_time_ms, model_time_ms = EXCLUDED.model_time_ms, tool_time_ms = EXCLUDED.tool_time_ms, input_tokens = EXCLUDED.input_tokens,
  cache_read_tokens = EXCLUDED.cache_read_tokens, cache_write_tokens = EXCLUDED.cache_write_tokens, output_tokens = EXCLUDED.output_tokens,
  reasoning_tokens = EXCLUDED.reasoning_tokens, model_calls = EXCLUDED.model_calls, tool_calls = EXCLUDED.tool_calls, error_count = EXCLUDED.error_count,
  attempt_count = EXCLUDED.attempt_count, lines_added = EXCLUDED.lines_added, lines_deleted = EXCLUDED.lines_deleted, files_modified = EXCLUDED.files_modified,
  pull_request_merged = EXCLUDED.pull_request_merged`;
