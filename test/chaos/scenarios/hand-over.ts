import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';

const EXIT_MS = 25_000;
/** Promised are 10 s; on a machine that has too much to do a sandbox alone takes some. */
const RESUME_MS = 20_000;

/** O2: a worker that must go gives its running tasks back; others go on with them, and nobody counts that as a failure. */
export async function handOver(house: ChaosHouse): Promise<object> {
  const { tasks, handoverMs } = lengths.handover;
  await house.keep(0, 0);
  // Nobody works yet: the watchdog, on which every scenario relies, must say so and name what stands still.
  const waiting = await house.handIn('CHAOS-QUICK');
  await expect(house.until(() => Promise.resolve(false), 1_500)).rejects.toThrow(`task ${waiting} queued`);
  const first = await house.startWorker({ WORKER_CONCURRENCY: String(tasks), HANDOVER_MS: String(handoverMs) });
  const ids = await house.handInMany(tasks, 'CHAOS-LONG');
  await house.until(async () => (await house.inStep(ids, 2)) === tasks);
  const second = await house.startWorker({ WORKER_CONCURRENCY: String(tasks + 3) });
  const began = Date.now();
  const stopped = first.stop();
  const late = await house.handInMany(2, 'CHAOS-QUICK');
  const { code, at } = await stopped;
  expect({ code, tookLong: at - began > EXIT_MS }).toEqual({ code: 0, tookLong: false });
  expect(await house.ended([waiting, ...ids, ...late])).toEqual({ completed: tasks + 3 });

  const { rows } = await house.database.query<{ attempts: number; lost: number; fences: string; resumeMs: number; workers: string[]; redone: number }>(
    `SELECT (SELECT count(*)::integer FROM task_attempts a WHERE a.task_id = t.id) AS attempts, (SELECT count(*)::integer FROM task_attempts a WHERE a.task_id = t.id AND a.status = 'lost') AS lost,
            (SELECT max(fence)::text FROM task_attempts a WHERE a.task_id = t.id) AS fences, t.failure_count AS "failures",
            (SELECT count(*)::integer FROM (SELECT 1 FROM task_events v WHERE v.task_id = t.id AND v.type = 'model.completed' GROUP BY v.data -> 'step' HAVING count(*) > 1) d) AS redone,
            (SELECT extract(epoch FROM min(n.created_at) - q.created_at)::float8 * 1000 FROM task_events q JOIN task_events n ON n.task_id = q.task_id AND n.seq > q.seq AND n.type = 'status' AND n.data ->> 'to' = 'provisioning'
              WHERE q.task_id = t.id AND q.type = 'status' AND q.data ->> 'to' = 'queued' AND q.seq > 2 GROUP BY q.seq, q.created_at ORDER BY q.seq LIMIT 1) AS "resumeMs"
       FROM tasks t WHERE t.id = ANY($1)`, [ids]);
  for (const row of rows) expect(row).toMatchObject({ attempts: 1, lost: 0, fences: '2', failures: 0, redone: 0 });
  const resumes = rows.map(({ resumeMs }) => resumeMs);
  expect(Math.max(...resumes)).toBeLessThanOrEqual(RESUME_MS);
  const { rows: takers } = await house.database.query<{ worker: string }>('SELECT DISTINCT worker_id AS worker FROM task_attempts WHERE task_id = ANY($1)', [late]);
  expect(takers.map(({ worker }) => worker.endsWith(`:${second.pid}`))).toEqual([true]);
  return { tasks, exitMs: at - began, longestResumeMs: Math.round(Math.max(...resumes)) };
}
