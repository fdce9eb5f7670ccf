import type { EntityManager } from 'typeorm';
import { planInForce } from '../billing/plan-in-force';
import { sqlChange, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';

/** A task with log lines that its organization's plan does not keep any longer. */
export interface OverdueLog {
  readonly taskId: string;
  /** Lines of before are to go. */
  readonly before: Date;
}

/** One step through all tasks that have log lines. */
export interface LogRetentionPage {
  readonly overdue: OverdueLog[];
  /** Where the next step goes on; null: this was the last. */
  readonly next: string | null;
}

/**
 * Looks at the next tasks that have log lines, by id, from `after` on. Over all organizations. Goes from task to task by the index, without reading lines: a task whose log is gone
 * costs nothing any more.
 */
export async function overdueLogs(manager: EntityManager, after: string | null, limit: number): Promise<LogRetentionPage> {
  const rows = await sqlRows<OverdueLog & { isOverdue: boolean }>(manager, NEXT_TASKS, [after ?? FIRST_ID, limit]);
  return { overdue: rows.filter(({ isOverdue }) => isOverdue).map(({ taskId, before }) => ({ taskId, before })), next: rows.length < limit ? null : (rows.at(-1)?.taskId ?? null) };
}

/** Deletes at most `limit` lines of these tasks; returns how many. */
export function deleteOverdueLogs(tx: Tx, overdue: readonly OverdueLog[], limit: number): Promise<number> {
  return sqlChange(tx, DELETE_LINES, [overdue.map(({ taskId }) => taskId), overdue.map(({ before }) => before), limit]);
}

/** Before every id. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const NEXT_TASKS = `
WITH RECURSIVE logged AS (
  (SELECT l.task_id, l.created_at FROM task_logs l WHERE l.task_id > $1::uuid ORDER BY l.task_id, l.seq LIMIT 1)
   UNION ALL
  SELECT n.task_id, n.created_at FROM logged g, LATERAL (SELECT l.task_id, l.created_at FROM task_logs l WHERE l.task_id > g.task_id ORDER BY l.task_id, l.seq LIMIT 1) n),
page AS (SELECT task_id, created_at AS oldest FROM logged LIMIT $2),
plans AS (SELECT o.organization_id, ${planInForce('o.organization_id')} AS plan_id FROM (SELECT DISTINCT t.organization_id FROM page g JOIN tasks t ON t.id = g.task_id) o)
SELECT g.task_id, coalesce(g.oldest < now() - make_interval(days => p.log_retention_days), false) AS is_overdue, now() - make_interval(days => p.log_retention_days) AS before
  FROM page g JOIN tasks t ON t.id = g.task_id LEFT JOIN plans s ON s.organization_id = t.organization_id LEFT JOIN subscription_plans p ON p.id = s.plan_id ORDER BY g.task_id`;

const DELETE_LINES = `
WITH overdue AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS o(task_id, before)),
lines AS (SELECT l.task_id, l.seq, l.created_at FROM overdue o JOIN task_logs l ON l.task_id = o.task_id AND l.created_at < o.before LIMIT $3)
DELETE FROM task_logs d USING lines l WHERE d.task_id = l.task_id AND d.seq = l.seq AND d.created_at = l.created_at`;
