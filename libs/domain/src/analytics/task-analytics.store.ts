import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRows } from '../sql';
import { TASK_STATUSES } from '../tasks/task-status';
import { GROUPS, inPeriod, TIME_GROUPS, type AnalyticsPeriod, type GroupSql } from './analytics-period';

export const TASK_ANALYTICS_GROUPS = ['status', 'mode', 'repository', 'model', 'user', 'source', 'day', 'week', 'month'] as const;
export type TaskAnalyticsGroup = (typeof TASK_ANALYTICS_GROUPS)[number];

/** What became of tasks. Times and money are those of the tasks themselves, wherever their pull requests stand by now. */
export interface TaskFigures {
  readonly tasks: number;
  readonly completed: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly cancelled: number;
  /** Work of all attempts of ended tasks. */
  readonly medianExecutionMs: number | null;
  readonly p95ExecutionMs: number | null;
  /** From creation to the first start. */
  readonly medianQueueMs: number | null;
  readonly p95QueueMs: number | null;
  readonly pullRequests: number;
  readonly merged: number;
  readonly closed: number;
  readonly creditsMicro: bigint;
  readonly costNusd: bigint;
}

export interface TaskGroupFigures extends TaskFigures {
  readonly key: string | null;
  readonly label: string | null;
}

/** One line of the download. */
export interface TaskLine {
  readonly id: string;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  readonly title: string;
  readonly status: string;
  readonly statusReason: string | null;
  readonly mode: string;
  readonly source: string;
  readonly repository: string;
  readonly model: string | null;
  readonly username: string;
  readonly attempts: number;
  readonly executionMs: number | null;
  readonly queueMs: number | null;
  readonly calls: number;
  readonly tokens: number;
  readonly pullRequests: number;
  readonly merged: number;
  readonly creditsMicro: bigint;
  readonly costNusd: bigint;
  /** Where the next page goes on. */
  readonly sort: string;
}

const SQL: Readonly<Record<TaskAnalyticsGroup, GroupSql>> = {
  ...GROUPS,
  status: { key: 'x.status', label: 'NULL::text', join: '' },
  source: { key: 'x.source', label: 'NULL::text', join: '' },
};

/** How an organization's tasks did: those created in the period, as they stand now. */
@Injectable()
export class TaskAnalyticsStore {
  /** The groups, at most `limit`: times in order, others with most tasks first. The total is of all. */
  async tasks(manager: EntityManager, { organizationId, from, to }: AnalyticsPeriod, by: TaskAnalyticsGroup, limit: number): Promise<{ rows: TaskGroupFigures[]; total: TaskFigures }> {
    const [total, ...rows] = await sqlRows<TaskGroupFigures>(manager, TASKS[by], [organizationId, from, to, TASK_STATUSES, limit + 1], ['creditsMicro', 'costNusd']);
    if (!total) throw new Error('a sum has a row');
    return { rows, total };
  }

  /** The tasks themselves, by their creation; `after` is the last one's `sort` and id. */
  lines(manager: EntityManager, { organizationId, from, to }: AnalyticsPeriod, limit: number, after: { sort: string; id: string } | null): Promise<TaskLine[]> {
    return sqlRows<TaskLine>(manager, LINES, [organizationId, from, to, TASK_STATUSES, after?.sort ?? null, after?.id ?? null, limit], ['creditsMicro', 'costNusd']);
  }
}

/**
 * What a task's own calls were charged: its counter has those of its child tasks too. `$4` are all statuses: the index that has the archived ones as well begins with organization and
 * status.
 */
const OWN_CREDITS = `k.credits_used_micro - coalesce((SELECT sum(ck.credits_used_micro) FROM tasks c JOIN task_counters ck ON ck.task_id = c.id WHERE c.parent_task_id = t.id), 0)`;
const PULLS = `LEFT JOIN LATERAL (SELECT count(*) AS pulls, count(*) FILTER (WHERE p.status = 'merged') AS merged, count(*) FILTER (WHERE p.status = 'closed') AS closed
                      FROM pull_requests p WHERE p.task_id = t.id AND p.origin = 'agent') p ON true`;
const OF_PERIOD = `t.organization_id = $1 AND t.status = ANY($4::text[]) AND ${inPeriod('t.created_at')}`;

function tasksSql(by: TaskAnalyticsGroup): string {
  const { key, label, join } = SQL[by];
  const order = TIME_GROUPS.some((time) => time === by) ? 's.key' : 's.tasks DESC, s.cost_nusd DESC, s.key';
  const times = (column: string, name: string): string =>
    `percentile_cont(0.5) WITHIN GROUP (ORDER BY x.${column}) AS median_${name}_ms, percentile_cont(0.95) WITHIN GROUP (ORDER BY x.${column}) AS p95_${name}_ms`;
  return `
WITH x AS (
  SELECT t.id, (t.created_at AT TIME ZONE 'UTC')::date AS date, t.status, t.source, t.mode, t.repository_id, t.ai_model_id AS model_id, t.user_id, k.cost_nusd, ${OWN_CREDITS} AS credits_micro,
         CASE WHEN t.completed_at IS NOT NULL THEN a.execution_time_ms END AS execution_ms, CASE WHEN t.started_at IS NOT NULL THEN greatest(0, extract(epoch FROM t.started_at - t.created_at)::float8 * 1000) END AS queue_ms,
         p.pulls, p.merged, p.closed
    FROM tasks t JOIN task_counters k ON k.task_id = t.id LEFT JOIN task_analytics a ON a.task_id = t.id ${PULLS}
   WHERE ${OF_PERIOD}),
s AS (
  SELECT ${key} AS key, grouping(${key}) AS of_all, count(*)::integer AS tasks, count(*) FILTER (WHERE x.status = 'completed')::integer AS completed, count(*) FILTER (WHERE x.status = 'failed')::integer AS failed,
         count(*) FILTER (WHERE x.status = 'timed_out')::integer AS timed_out, count(*) FILTER (WHERE x.status = 'cancelled')::integer AS cancelled,
         ${times('execution_ms', 'execution')}, ${times('queue_ms', 'queue')},
         coalesce(sum(x.pulls), 0)::integer AS pull_requests, coalesce(sum(x.merged), 0)::integer AS merged, coalesce(sum(x.closed), 0)::integer AS closed,
         coalesce(sum(x.credits_micro), 0)::bigint AS credits_micro, coalesce(sum(x.cost_nusd), 0)::bigint AS cost_nusd
    FROM x GROUP BY GROUPING SETS ((${key}), ()))
SELECT s.key, ${label} AS label, s.tasks, s.completed, s.failed, s.timed_out, s.cancelled, s.median_execution_ms, s.p95_execution_ms, s.median_queue_ms, s.p95_queue_ms, s.pull_requests, s.merged, s.closed,
       s.credits_micro, s.cost_nusd
  FROM s ${join} ORDER BY s.of_all DESC, ${order} LIMIT $5`;
}

const TASKS = Object.fromEntries(TASK_ANALYTICS_GROUPS.map((by) => [by, tasksSql(by)])) as Readonly<Record<TaskAnalyticsGroup, string>>;

const LINES = `
SELECT t.id, t.created_at, t.completed_at, t.title, t.status, t.status_reason, t.mode, t.source, r.full_name AS repository, m.name AS model, u.username, t.attempt_count AS attempts,
       CASE WHEN t.completed_at IS NOT NULL THEN a.execution_time_ms::float8 END AS execution_ms, CASE WHEN t.started_at IS NOT NULL THEN greatest(0, extract(epoch FROM t.started_at - t.created_at)::float8 * 1000) END AS queue_ms, k.model_calls AS calls,
       (k.input_tokens + k.cache_read_tokens + k.cache_write_tokens + k.output_tokens)::float8 AS tokens, p.pulls::integer AS pull_requests, p.merged::integer, (${OWN_CREDITS})::bigint AS credits_micro, k.cost_nusd,
       t.created_at::text AS sort
  FROM (SELECT t.id FROM tasks t WHERE ${OF_PERIOD} AND ($5::timestamptz IS NULL OR (t.created_at, t.id) > ($5, $6::uuid)) ORDER BY t.created_at, t.id LIMIT $7) page
  JOIN tasks t ON t.id = page.id JOIN task_counters k ON k.task_id = t.id JOIN repositories r ON r.id = t.repository_id JOIN users u ON u.id = t.user_id
  LEFT JOIN ai_models m ON m.id = t.ai_model_id LEFT JOIN task_analytics a ON a.task_id = t.id ${PULLS}
 ORDER BY t.created_at, t.id`;
