import type { Pool } from 'pg';
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_EVERY_MS = 1_000;

/** Every row that is somebody's job, and how it stands. */
const UNFINISHED = `
  SELECT 'task' AS kind, t.id, t.status || coalesce(' (' || t.status_reason || ')', '') AS status, t.updated_at::text AS since,
         concat_ws(', ', 'deadline ' || t.deadline_at, CASE WHEN t.cancel_requested_at IS NOT NULL THEN 'cancel asked for' END) AS more
    FROM tasks t WHERE t.status IN ('queued','provisioning','in_progress','publishing')
  UNION ALL
  SELECT 'attempt', a.id, a.status, a.created_at::text, concat_ws(', ', 'task ' || a.task_id, 'number ' || a.number, 'worker ' || a.worker_id, 'lease until ' || a.lease_expires_at, 'due ' || a.available_at)
    FROM task_attempts a WHERE a.status IN ('queued','running')
  UNION ALL
  SELECT 'effect', e.id, e.kind || ' ' || e.status, e.created_at::text, 'task ' || e.task_id FROM task_effects e WHERE e.status = 'intended'
  UNION ALL
  SELECT 'hold', h.id, h.status, h.created_at::text, concat_ws(', ', 'attempt ' || h.attempt_id, 'expires ' || h.expires_at) FROM credit_holds h WHERE h.status = 'held'
  UNION ALL
  SELECT 'outgoing webhook', d.id, d.status, d.created_at::text, 'next try ' || d.next_attempt_at FROM webhook_endpoint_deliveries d WHERE d.status = 'pending'
  UNION ALL
  SELECT 'incoming webhook', d.id, d.status, d.received_at::text, 'next try ' || d.next_attempt_at FROM webhook_deliveries d WHERE d.status IN ('received','failed')
  ORDER BY 1, 4`;

/** Changes with anything that a worker does for a task. */
const MARK = `SELECT concat_ws(' ', (SELECT count(*) FROM task_events), (SELECT sum(fence) FROM task_attempts), (SELECT count(*) FROM tasks), (SELECT count(*) FROM credit_transactions), (SELECT count(*) FROM task_logs)) AS mark`;

interface StuckRow {
  readonly kind: string;
  readonly id: string;
  readonly status: string;
  readonly since: string;
  readonly more: string;
}

/** Nothing moved for too long. Its text has the rows that stand still. */
export class NoProgressError extends Error {
  constructor(
    readonly rows: readonly StuckRow[],
    ms: number,
  ) {
    super(`nothing moved for ${Math.round(ms / 1_000)} s; ${rows.length} rows are unfinished:\n${rows.slice(0, 50).map(({ kind, id, status, since, more }) => `  ${kind} ${id} ${status}, since ${since}; ${more}`).join('\n')}`);
    this.name = 'NoProgressError';
  }
}

/** Looks on while `done` is not true, and gives up when nothing moves for `stuckMs`. @throws {NoProgressError} */
export async function untilDone(database: Pool, stuckMs: number, done: () => Promise<boolean>): Promise<void> {
  let mark = '';
  for (let movedAt = Date.now(); !(await done()); await wait(LOOK_EVERY_MS)) {
    const { rows } = await database.query<{ mark: string }>(MARK);
    if (rows[0]!.mark !== mark) movedAt = Date.now();
    mark = rows[0]!.mark;
    const still = Date.now() - movedAt;
    if (still > stuckMs) throw new NoProgressError((await database.query<StuckRow>(UNFINISHED)).rows, still);
  }
}
