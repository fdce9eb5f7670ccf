import { QUEUE_PLACE } from './queue-order';
import type { EventCheck } from './task-event';
import type { Task } from './task.entity';
import type { AttemptStage, AttemptStatus } from './task-status';

/** A task with all that is shown beside it, without what lists leave out. Amounts are microcredits and nano-USD. */
export interface TaskSummary extends Omit<Task, 'prompt' | 'options' | 'metadata' | 'automationId'> {
  readonly repositoryFullName: string;
  readonly modelName: string | null;
  readonly createdByUsername: string;
  readonly sourcePullRequestNumber: number | null;
  readonly pullRequestId: string | null;
  readonly pullRequestNumber: number | null;
  readonly pullRequestUrl: string | null;
  readonly pullRequestStatus: string | null;
  /** The table of the last run of the checks; null before it. */
  readonly checks: readonly EventCheck[] | null;
  readonly attemptNumber: number | null;
  readonly attemptStatus: AttemptStatus | null;
  readonly attemptStage: AttemptStage | null;
  readonly attemptStartedAt: Date | null;
  /** Its place among the waiting tasks of its organization, from 1; null when it is not queued. Counted up to 1,000. */
  readonly queuePosition: number | null;
  /** When it will probably start, if that is known to lie ahead. */
  readonly queueAvailableAt: Date | null;
  readonly callbackUrl: string | null;
  readonly lastEventSeq: bigint;
  readonly creditsUsedMicro: bigint;
  readonly creditsHeldMicro: bigint;
  readonly costNusd: bigint;
  readonly modelCalls: number;
  readonly inputTokens: bigint;
  readonly cacheReadTokens: bigint;
  readonly cacheWriteTokens: bigint;
  readonly outputTokens: bigint;
  readonly reasoningTokens: bigint;
}

/** A task with all that is shown of it. */
export type TaskView = TaskSummary & Pick<Task, 'prompt' | 'options' | 'metadata'>;

const SUMMARY_COLUMNS = `
  t.id, t.organization_id, t.user_id, t.repository_id, t.ai_model_id, t.requested_model, t.api_key_id, t.parent_task_id, t.forked_from_task_id, t.candidates, t.chosen_task_id, t.mode, t.title, t.description,
  t.priority, t.branch, t.base_sha, t.target_branch, t.work_branch, t.source, t.source_issue_number, t.source_pull_request_id, t.dedupe_key, t.tags, t.status, t.status_reason,
  t.plan_status, t.plan_decided_at, t.plan_decided_by_user_id, t.verification, t.progress, t.attempt_count, t.failure_count, t.max_attempts, t.estimated_credits_micro,
  t.max_credits_micro, t.error_code, t.error_message, t.request_id, t.scheduled_at, t.queued_at, t.started_at, t.completed_at, t.deadline_at, t.cancel_requested_at,
  t.pause_requested_at, t.archived_at, t.row_version, t.created_at, t.updated_at,
  r.full_name AS repository_full_name, m.name AS model_name, u.username AS created_by_username, spr.pr_number AS source_pull_request_number,
  pr.id AS pull_request_id, pr.pr_number AS pull_request_number, pr.url AS pull_request_url, pr.status AS pull_request_status, v.checks,
  a.number AS attempt_number, a.status AS attempt_status, a.stage AS attempt_stage, a.started_at AS attempt_started_at,
  q.position AS queue_position, q.starts_at AS queue_available_at,
  w.url AS callback_url, k.last_event_seq, k.credits_used_micro, k.credits_held_micro, k.cost_nusd, k.model_calls, k.input_tokens, k.cache_read_tokens,
  k.cache_write_tokens, k.output_tokens, k.reasoning_tokens`;

/** Where the rows of a task itself are read: the tables, or what a statement is just writing. */
export interface TaskRowsOf {
  readonly tasks: string;
  readonly counters: string;
  readonly attempts: string;
}

/** FROM …: the task `t`, its counters `k`, and all that is shown beside them. */
export function taskSources({ tasks, counters, attempts }: TaskRowsOf): string {
  return `
  FROM ${tasks} t
  JOIN repositories r ON r.id = t.repository_id
  JOIN users u ON u.id = t.user_id
  JOIN ${counters} k ON k.task_id = t.id
  LEFT JOIN ai_models m ON m.id = t.ai_model_id
  LEFT JOIN pull_requests spr ON spr.id = t.source_pull_request_id
  LEFT JOIN webhook_endpoints w ON w.task_id = t.id AND w.deleted_at IS NULL
  LEFT JOIN LATERAL (SELECT p.id, p.pr_number, p.url, p.status FROM pull_requests p WHERE p.task_id = t.id ORDER BY p.created_at DESC, p.id DESC LIMIT 1) pr ON true
  LEFT JOIN LATERAL (SELECT x.number, x.status, x.stage, x.started_at, x.available_at, x.id FROM ${attempts} x WHERE x.task_id = t.id ORDER BY x.number DESC LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT e.data -> 'checks' AS checks FROM task_events e
                      WHERE t.verification IS NOT NULL AND e.task_id = t.id AND e.type = 'verify' AND e.data ->> 'phase' = 'head' ORDER BY e.seq DESC LIMIT 1) v ON true
  LEFT JOIN ${QUEUE_PLACE} q ON t.status = 'queued' AND a.status = 'queued'`;
}

export const TASK_SOURCES = taskSources({ tasks: 'tasks', counters: 'task_counters', attempts: 'task_attempts' });

/** SELECT … FROM … of `TaskSummary`; `t` is the task, `k` its counters. */
export const SELECT_TASK_SUMMARY = `SELECT ${SUMMARY_COLUMNS} ${TASK_SOURCES}`;

/** SELECT … FROM … of `TaskView`. */
export const SELECT_TASK_VIEW = `SELECT ${SUMMARY_COLUMNS}, t.prompt, t.options, t.metadata ${TASK_SOURCES}`;

export const TASK_BIGINTS = [
  'estimatedCreditsMicro', 'maxCreditsMicro', 'lastEventSeq', 'creditsUsedMicro', 'creditsHeldMicro', 'costNusd', 'inputTokens', 'cacheReadTokens', 'cacheWriteTokens',
  'outputTokens', 'reasoningTokens',
] as const satisfies readonly (keyof TaskSummary)[];
