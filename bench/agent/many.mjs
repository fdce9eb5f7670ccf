// Many tasks in one worker, whose model thinks for half a second: how near the ideal they step, what each takes of memory, how long the loop stands still.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { memoryOf, startServer } from '../lib/proc.mjs';
import { openHouse } from './house.mjs';

const THINKS_MS = 500;
const WATCH_MS = 12_000;

export async function runMany({ tasks, steps, record, say }) {
  const model = await startServer('slow model', ['bench/agent/slow-model.mjs'].concat([String(THINKS_MS), String(steps), 'bash -c true']));
  const delayFile = join(mkdtempSync('/tmp/async-coder-bench-delay-'), 'p99');
  const house = await openHouse('compatible', { modelUrl: model.url, redis: true, settings: { WORKER_CONCURRENCY: String(tasks), NODE_OPTIONS: `--import ${resolve('bench/agent/inside.mjs')}`, BENCH_DELAY_FILE: delayFile } });
  const admin = new pg.Client({ connectionString: house.databaseUrl });
  await admin.connect();
  try {
    await admin.query('UPDATE subscription_plans SET max_concurrent_tasks = 10000, max_tasks_per_day = 100000');
    const folder = mkdtempSync(join(house.scratch, 'empty-'));
    writeFileSync(join(folder, 'README.md'), 'A repository.\n');
    const repository = await house.addRepository('many', folder);
    const worker = house.workers[0].pid;
    const start = () => house.client.post('/tasks', { repositoryId: repository.id, prompt: 'Do it step by step.', options: { maxTurns: 200 } });
    const ids = [(await start()).id];
    await stepsOf(admin, ids, 3);
    record.row('Memory of the worker over running tasks', { 'running tasks': 1, MB: memoryOf(worker) });
    const alone = memoryOf(worker);
    while (ids.length < tasks) ids.push((await start()).id);
    await stepsOf(admin, ids, 3);
    record.row('Memory of the worker over running tasks', { 'running tasks': tasks, MB: memoryOf(worker) });
    const delays = [];
    const before = await countSteps(admin, ids);
    const began = performance.now();
    for (let n = 0; n < WATCH_MS / 1_000; n += 1) {
      await new Promise((done) => setTimeout(done, 1_000));
      delays.push(Number(readFileSync(delayFile, 'utf8')));
    }
    const seconds = (performance.now() - began) / 1_000;
    const rate = ((await countSteps(admin, ids)) - before) / seconds;
    record.sample('PH4.rate', rate / ((tasks * 1_000) / THINKS_MS));
    record.sample('PH4.delay', ...delays);
    await stepsOf(admin, ids, Math.min(100, steps) - 2);
    record.sample('PH3', (memoryOf(worker) - alone) / (tasks - 1));
    record.row('Many tasks in one worker', { tasks, 'model ms': THINKS_MS, 'steps a second': rate, ideal: (tasks * 1_000) / THINKS_MS, 'steps done per task, at least': Math.min(100, steps) - 2, 'MB a task': (memoryOf(worker) - alone) / (tasks - 1) });
    say(`${tasks} tasks: ${rate.toFixed(1)} of ${(tasks * 1_000) / THINKS_MS} steps/s, loop delay p99 ${Math.max(...delays).toFixed(0)} ms at most, ${((memoryOf(worker) - alone) / (tasks - 1)).toFixed(1)} MB a task`);
    for (const id of ids) await house.client.request('DELETE', `/tasks/${id}`).catch(() => undefined);
  } finally {
    await admin.end();
    await house.close();
    await model.stop();
  }
}

async function countSteps(admin, ids) {
  const { rows } = await admin.query(`SELECT count(*)::integer AS steps FROM task_events WHERE task_id = ANY ($1::uuid[]) AND type = 'tool.result'`, [ids]);
  return rows[0].steps;
}

/** Until each task has made so many steps. */
async function stepsOf(admin, ids, least) {
  for (const deadline = Date.now() + 300_000; Date.now() < deadline; await new Promise((done) => setTimeout(done, 300))) {
    const { rows } = await admin.query(`SELECT count(*)::integer AS steps FROM task_events WHERE task_id = ANY ($1::uuid[]) AND type = 'tool.result' GROUP BY task_id`, [ids]);
    if (rows.length === ids.length && rows.every(({ steps }) => steps >= least)) return;
  }
  throw new Error(`not every task of ${ids.length} made ${least} steps in time`);
}
