import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRows } from '../sql';
import { daysWithin, GROUPS, inPeriod, TIME_GROUPS, type AnalyticsPeriod, type AnalyticsTime, type GroupSql } from './analytics-period';
import { CALL } from './usage-fold';

export const USAGE_ANALYTICS_GROUPS = ['day', 'week', 'month', 'model', 'mode', 'repository', 'user', 'key_source', 'api_key', 'purpose'] as const;
export type UsageAnalyticsGroup = (typeof USAGE_ANALYTICS_GROUPS)[number];

/** What calls came to. */
export interface UsageFigures {
  readonly calls: number;
  readonly failedCalls: number;
  /** Tasks with at least one of the calls. */
  readonly tasks: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly creditsMicro: bigint;
  readonly costNusd: bigint;
}

/** `key`: the first day, the id, or the word; null where the calls have none. `label`: the name of what the id is of. */
export interface UsageGroupFigures extends UsageFigures {
  readonly key: string | null;
  readonly label: string | null;
}

/** One line of the download: calls of one kind on one day. */
export interface UsageLine extends UsageFigures {
  readonly date: string;
  readonly model: string | null;
  readonly mode: string | null;
  readonly repository: string | null;
  readonly username: string | null;
  readonly apiKey: string | null;
  readonly keySource: string;
  readonly purpose: string;
}

const SQL: Readonly<Record<UsageAnalyticsGroup, GroupSql>> = {
  ...GROUPS,
  key_source: { key: `CASE WHEN x.api_key_id IS NULL THEN 'platform' ELSE 'own' END`, label: 'NULL::text', join: '' },
  api_key: { key: 'x.api_key_id::text', label: 'n.name', join: 'LEFT JOIN api_keys n ON n.id = s.key::uuid' },
  purpose: { key: 'x.purpose', label: 'NULL::text', join: '' },
};

export const SUMMED = ['calls', 'failed_calls', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens', 'credits_micro', 'cost_nusd'];
const COUNTED = ['calls', 'failed_calls', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens'];
/** Counts as numbers, which hold them exactly up to nine quadrillion; money as bigint. */
export const SHOWN_SUMS = [...COUNTED.map((column) => `s.${column}::float8`), 's.credits_micro::bigint', 's.cost_nusd::bigint'].join(', ');
const BIGINTS = ['creditsMicro', 'costNusd'] as const;

const CELLS = `cells AS (SELECT * FROM usage_stats s WHERE s.organization_id = $1 AND s.date BETWEEN $2::date AND $3::date)`;
const WAITING = `SELECT ${CALL} FROM unfolded_usage q JOIN api_key_usage_logs l ON l.id = q.usage_id LEFT JOIN tasks t ON t.id = l.task_id WHERE q.organization_id = $1 AND ${inPeriod('l.created_at')}`;
const between = (from: string, to: string): string =>
  `SELECT ${CALL} FROM api_key_usage_logs l LEFT JOIN tasks t ON t.id = l.task_id WHERE l.organization_id = $1 AND l.created_at >= ${from}::timestamptz AND l.created_at < ${to}::timestamptz`;

/**
 * SQL: the daily sums of the period, and the calls that are in none of them yet. `$1` organization, `$2` first day, `$3` last day. Whoever reads both in one statement reads
 * every call once, whatever is being folded meanwhile.
 */
export const CELLS_AND_TAIL = `
${CELLS},
tail AS (${WAITING})`;
/** The same of any time: `$2` and `$3` are the whole days in it; the calls before them come from `$5` to `$6`, those after them from `$7` to `$8`. */
const CELLS_AND_EDGES = `
${CELLS},
tail AS (${WAITING} UNION ALL ${between('$5', '$6')} UNION ALL ${between('$7', '$8')})`;

/** What an organization's model calls came to, from daily sums and what is not in them yet: exact at any moment. */
@Injectable()
export class UsageAnalyticsStore {
  /** The groups, at most `limit`: times in order, others with what cost most first. The total is of all, also of groups that are left out. */
  async usage(manager: EntityManager, period: AnalyticsPeriod, by: UsageAnalyticsGroup, limit: number): Promise<{ rows: UsageGroupFigures[]; total: UsageFigures }> {
    return this.figures(manager, USAGE[by], [period.organizationId, period.from, period.to, limit + 1]);
  }

  /** The same between two instants: days that are whole from their sums, the rest from calls. */
  async usageBetween(manager: EntityManager, time: AnalyticsTime, by: UsageAnalyticsGroup, limit: number): Promise<{ rows: UsageGroupFigures[]; total: UsageFigures }> {
    const { firstDay, lastDay, before, after } = daysWithin(time);
    return this.figures(manager, USAGE_BETWEEN[by], [time.organizationId, firstDay, lastDay, limit + 1, ...before, ...after]);
  }

  /** Everything of one day, by kind. */
  lines(manager: EntityManager, organizationId: string, day: string): Promise<UsageLine[]> {
    return sqlRows<UsageLine>(manager, LINES, [organizationId, day, day], [...BIGINTS]);
  }

  private async figures(manager: EntityManager, sql: string, parameters: unknown[]): Promise<{ rows: UsageGroupFigures[]; total: UsageFigures }> {
    const [total, ...rows] = await sqlRows<UsageGroupFigures>(manager, sql, parameters, [...BIGINTS]);
    if (!total) throw new Error('a sum has a row');
    return { rows, total };
  }
}

function usageSql(by: UsageAnalyticsGroup, source: string): string {
  const { key, label, join } = SQL[by];
  const order = TIME_GROUPS.some((time) => time === by) ? 's.key' : 's.credits_micro DESC, s.cost_nusd DESC, s.calls DESC, s.key';
  return `
WITH ${source},
parts AS (SELECT ${key} AS key, ${SUMMED.join(', ')} FROM cells x UNION ALL SELECT ${key}, ${SUMMED.join(', ')} FROM tail x),
sums AS (SELECT key, grouping(key) AS of_all, ${SUMMED.map((column) => `coalesce(sum(${column}), 0) AS ${column}`).join(', ')} FROM parts GROUP BY GROUPING SETS ((key), ())),
members AS (SELECT ${key} AS key, m.task_id FROM cells x JOIN usage_stat_tasks m ON m.stat_id = x.id UNION SELECT ${key}, x.task_id FROM tail x WHERE x.task_id IS NOT NULL),
counts AS (SELECT key, grouping(key) AS of_all, count(DISTINCT task_id)::integer AS tasks FROM members GROUP BY GROUPING SETS ((key), ()))
SELECT s.key, ${label} AS label, coalesce(c.tasks, 0) AS tasks, ${SHOWN_SUMS}
  FROM sums s LEFT JOIN counts c ON c.of_all = s.of_all AND c.key IS NOT DISTINCT FROM s.key ${join} ORDER BY s.of_all DESC, ${order} LIMIT $4`;
}

const usageBy = (source: string) => Object.fromEntries(USAGE_ANALYTICS_GROUPS.map((by) => [by, usageSql(by, source)])) as Readonly<Record<UsageAnalyticsGroup, string>>;
const USAGE = usageBy(CELLS_AND_TAIL);
const USAGE_BETWEEN = usageBy(CELLS_AND_EDGES);

const KIND = ['date', 'model_id', 'mode', 'repository_id', 'user_id', 'api_key_id', 'purpose'].join(', ');
const LINES = `
WITH ${CELLS_AND_TAIL},
parts AS (SELECT ${KIND}, ${SUMMED.join(', ')} FROM cells UNION ALL SELECT ${KIND}, ${SUMMED.join(', ')} FROM tail),
sums AS (SELECT ${KIND}, ${SUMMED.map((column) => `sum(${column}) AS ${column}`).join(', ')} FROM parts GROUP BY ${KIND}),
members AS (SELECT ${KIND}, task_id FROM cells x JOIN usage_stat_tasks m ON m.stat_id = x.id UNION SELECT ${KIND}, task_id FROM tail WHERE task_id IS NOT NULL),
counts AS (SELECT ${KIND}, count(*)::integer AS tasks FROM members GROUP BY ${KIND})
SELECT s.date::text, m.name AS model, s.mode, r.full_name AS repository, u.username, k.name AS api_key, CASE WHEN s.api_key_id IS NULL THEN 'platform' ELSE 'own' END AS key_source, s.purpose,
       coalesce(c.tasks, 0) AS tasks, ${SHOWN_SUMS}
  FROM sums s LEFT JOIN counts c ON (c.date, c.purpose) = (s.date, s.purpose) AND c.model_id IS NOT DISTINCT FROM s.model_id AND c.mode IS NOT DISTINCT FROM s.mode
       AND c.repository_id IS NOT DISTINCT FROM s.repository_id AND c.user_id IS NOT DISTINCT FROM s.user_id AND c.api_key_id IS NOT DISTINCT FROM s.api_key_id
  LEFT JOIN ai_models m ON m.id = s.model_id LEFT JOIN repositories r ON r.id = s.repository_id LEFT JOIN users u ON u.id = s.user_id LEFT JOIN api_keys k ON k.id = s.api_key_id
 ORDER BY model, s.mode, repository, u.username, api_key, s.purpose, s.model_id, s.repository_id, s.user_id`;
