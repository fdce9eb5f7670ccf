import { setTimeout as wait } from 'node:timers/promises';
import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';

const TICKS = 2;

/** O6: with two processes of the API and three workers, time does everything once, and a plan's limit holds for all of them together. */
export async function manyPods(house: ChaosHouse): Promise<object> {
  const { scheduled, limit, tasks } = lengths.pods;
  await house.keep(2, 3);
  const ticks = await automationTicks(house);
  const scheduledAt = new Date(Date.now() + 3_000).toISOString();
  const later = await house.handInMany(scheduled, 'CHAOS-QUICK', { scheduledAt });
  expect(await house.ended(later)).toEqual({ completed: scheduled });
  const { rows } = await house.database.query<{ started: number; attempts: number }>(
    `SELECT (SELECT count(*)::integer FROM task_events v WHERE v.task_id = t.id AND v.type = 'status' AND v.data ->> 'to' = 'queued' AND v.data ->> 'from' = 'scheduled') AS started,
            (SELECT count(*)::integer FROM task_attempts a WHERE a.task_id = t.id) AS attempts FROM tasks t WHERE t.id = ANY($1)`, [later]);
  expect(rows).toEqual(later.map(() => ({ started: 1, attempts: 1 })));

  await house.database.query('UPDATE subscription_plans SET max_concurrent_tasks = $1', [limit]);
  const limited = await house.handInMany(tasks, 'CHAOS-SLOW');
  let most = 0;
  const look = async (): Promise<boolean> => {
    const { rows: running } = await house.database.query<{ n: number; open: number }>(
      `SELECT count(*) FILTER (WHERE status IN ('provisioning','in_progress','publishing'))::integer AS n, count(*) FILTER (WHERE status IN ('queued','provisioning','in_progress','publishing'))::integer AS open FROM tasks WHERE id = ANY($1)`, [limited]);
    most = Math.max(most, running[0]!.n);
    return running[0]!.open === 0;
  };
  const watching = setInterval(() => void look().catch(() => undefined), 50);
  await house.until(look).finally(() => clearInterval(watching));
  await house.database.query('UPDATE subscription_plans SET max_concurrent_tasks = NULL');
  expect(most).toBe(limit);
  expect(await house.statuses(limited)).toEqual({ completed: tasks });
  const { rows: takers } = await house.database.query<{ n: number }>('SELECT count(DISTINCT worker_id)::integer AS n FROM task_attempts WHERE task_id = ANY($1)', [[...later, ...limited]]);
  return { scheduled, ticks, limit, mostAtOnce: most, workersThatTook: takers[0]!.n };
}

/** An automation whose time has come, seen by three workers: one run each time. */
async function automationTicks(house: ChaosHouse): Promise<number> {
  const { status, body } = await house.ada.post('/automations', { name: 'Nightly', repositoryId: house.state.repository.id, trigger: { kind: 'schedule', cron: '0 6 * * *' }, task: { prompt: 'CHAOS-QUICK nightly.', options: { verifyCommands: ['true'] } } });
  expect({ status, body }).toMatchObject({ status: 201 });
  const runs = async (): Promise<number> => (await house.database.query<{ n: number }>('SELECT count(*)::integer AS n FROM automation_runs WHERE automation_id = $1', [body.id])).rows[0]!.n;
  for (let tick = 1; tick <= TICKS; tick += 1) {
    await house.database.query(`UPDATE automations SET next_run_at = now() - make_interval(secs => $2) WHERE id = $1`, [body.id, tick]);
    await house.until(async () => (await runs()) >= tick);
  }
  // Long enough for another worker's round.
  await wait(6_000);
  expect(await runs()).toBe(TICKS);
  await house.ada.send('DELETE', `/automations/${String(body.id)}`);
  return TICKS;
}
