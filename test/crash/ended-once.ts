import { execFileSync } from 'node:child_process';
import type { Client } from 'pg';
import type { RunningQuickstart } from '../support/quickstart';

/** A connection or a pool of them. */
type Database = Pick<Client, 'query'>;

interface TaskRow {
  readonly id: string;
  readonly status: string;
  readonly pullRequests: number;
  readonly effects: number;
  readonly ends: number;
  readonly gaps: number;
  readonly used: string;
  readonly charged: string;
  readonly chargedTwice: number;
  readonly askedAgain: number;
}

/** What became of tasks, however often their workers died: counted in PostgreSQL and at the remote. */
export async function lookAtTasks(database: Database, ids: readonly string[]): Promise<TaskRow[]> {
  const { rows } = await database.query<TaskRow>(
    `SELECT t.id, t.status,
            (SELECT count(*)::integer FROM pull_requests p WHERE p.task_id = t.id) AS "pullRequests",
            (SELECT count(*)::integer FROM task_effects e WHERE e.task_id = t.id AND e.kind = 'pull_request' AND e.status = 'done') AS effects,
            (SELECT count(*)::integer FROM task_events v WHERE v.task_id = t.id AND v.type = 'status' AND v.data->>'to' = t.status) AS ends,
            (SELECT (count(*) - max(seq))::integer FROM task_events v WHERE v.task_id = t.id) AS gaps,
            (SELECT coalesce(sum(credits_micro), 0)::text FROM api_key_usage_logs u WHERE u.task_id = t.id) AS used,
            (SELECT coalesce(-sum(amount_micro), 0)::text FROM credit_transactions c WHERE c.task_id = t.id) AS charged,
            (SELECT count(*)::integer FROM (SELECT 1 FROM task_events v WHERE v.task_id = t.id AND v.type = 'model.completed' GROUP BY v.data->'step' HAVING count(*) > 1) d) AS "chargedTwice",
            (SELECT count(*)::integer FROM task_events a JOIN task_events b ON b.task_id = a.task_id AND b.type = 'model.requested' AND b.seq > a.seq AND b.data->'step' = a.data->'step'
              WHERE a.task_id = t.id AND a.type = 'model.completed') AS "askedAgain"
       FROM tasks t WHERE t.id = ANY($1)`,
    [ids],
  );
  return rows;
}

/** Branches that the remote has for tasks. */
export function branchesOf(house: RunningQuickstart): string[] {
  const lines = execFileSync('git', ['ls-remote', '--heads', house.state.repository.cloneUrl, 'refs/heads/async-coder/*'], { encoding: 'utf8' }).trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => line.split('\t')[1]!).sort();
}

/** Rows that may not be there when nothing runs. */
export async function openRows(database: Database): Promise<Record<string, string>> {
  const { rows } = await database.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM credit_holds WHERE status = 'held') AS holds,
            (SELECT count(*) FROM task_attempts WHERE status IN ('queued','running')) AS attempts,
            (SELECT count(*) FROM task_effects WHERE status = 'intended') AS intents,
            (SELECT sum(held_micro) FROM credit_accounts) AS held,
            (SELECT count(*) FROM credit_accounts a WHERE available_micro + held_micro - debt_micro <> (SELECT coalesce(sum(amount_micro), 0) FROM credit_transactions t WHERE t.organization_id = a.organization_id)) AS unexplained`,
  );
  return rows[0]!;
}

export const NOTHING_OPEN = { holds: '0', attempts: '0', intents: '0', held: '0', unexplained: '0' };

/** Workspaces and processes of dead workers, once whoever runs there has tidied up. */
export async function waitUntilTidy(house: RunningQuickstart, limitMs: number): Promise<string[]> {
  for (const end = Date.now() + limitMs; house.leftOver().length > 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 500));
  return house.leftOver();
}

/** Seconds from each worker's death to the next attempt of each task that it held. */
export async function recoveries(database: Database, deaths: ReadonlyMap<number, number>): Promise<number[]> {
  const { rows } = await database.query<{ worker: string; next: Date }>(
    `SELECT a.worker_id AS worker, n.created_at AS next FROM task_attempts a JOIN task_attempts n ON n.task_id = a.task_id AND n.number = a.number + 1 AND n.cause = 'worker_lost' WHERE a.status = 'lost'`,
  );
  const waits = rows.flatMap(({ worker, next }) => {
    const died = deaths.get(Number(worker.split(':').at(-1)));
    return died === undefined ? [] : [(next.getTime() - died) / 1_000];
  });
  return waits.sort((a, b) => a - b);
}
