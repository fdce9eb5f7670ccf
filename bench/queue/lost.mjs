// What the queue loses after the commit: how long until the rows bring it back. The real worker, whose sweeper does it.
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fill, people as peopleOf } from '../api/seed.mjs';
import { startServer } from '../lib/proc.mjs';
import { ISSUER, require, SECRET, Services } from '../lib/services.mjs';

const LOST = 5;
const PAUSE_MS = 250;
const DEADLINE_MS = 60_000;

export function workerFolder(services) {
  const folder = mkdtempSync(join(tmpdir(), 'async-coder-bench-worker-'));
  chmodSync(folder, 0o711);
  services.onClose(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function startWorker(services, settings = {}) {
  const env = { ...services.settings, WORKER_PORT: '0', WORKER_DATA_DIR: workerFolder(services), HANDOVER_MS: '1000', ...settings };
  const server = await startServer('worker', ['dist/apps/worker/src/main.js'], { env, ready: (line) => line.msg === 'worker listening' && line.url });
  services.onClose(() => server.stop());
  return server;
}

export async function timeLost({ plan, record, say }) {
  const services = await Services.open({ fill });
  try {
    await services.admin.query(`DELETE FROM tasks WHERE status IN ('queued', 'in_progress'); UPDATE subscription_plans SET max_concurrent_tasks = 10000`);
    const people = await peopleOf(services.databaseUrl, { secret: SECRET, issuer: ISSUER });
    const api = await startServer('api', ['dist/apps/api/src/main.js'], { env: services.settings, ready: (line) => line.msg === 'api listening' && line.url });
    services.onClose(() => api.stop());
    const worker = await startWorker(services);
    const redis = new (require('ioredis').Redis)(services.redisUrl);
    services.onClose(() => redis.disconnect());
    for (let round = 0; round < Math.min(plan.pairs, 5); round += 1) {
      worker.child.kill('SIGSTOP');
      const ids = [];
      for (let n = 0; n < LOST; n += 1) ids.push(await create(api, people[(round * LOST + n) % people.length]));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await redis.flushall();
      const lostAt = Date.now();
      worker.child.kill('SIGCONT');
      const seconds = await lastStart(services.admin, ids, lostAt);
      record.sample('PQ3', seconds);
      say(`${LOST} jobs lost from Redis: all begun after ${seconds.toFixed(1)} s`);
    }
  } finally {
    await services.close();
  }
}

async function create({ url }, { token, repo_id: repositoryId }) {
  const response = await fetch(`${url}/api/v1/tasks`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ repositoryId, prompt: 'Make it wait.' }) });
  if (response.status !== 201) throw new Error(`the API answered a create with ${response.status}`);
  return (await response.json()).id;
}

async function lastStart(admin, ids, since) {
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const { rows } = await admin.query('SELECT min(started_at) AS at FROM task_attempts WHERE task_id = ANY ($1::uuid[]) GROUP BY task_id', [ids]);
    const times = rows.map(({ at }) => at).filter(Boolean);
    if (times.length === ids.length) return Math.max(...times.map((at) => at.getTime() - since)) / 1_000;
  }
  throw new Error(`not all of ${ids.length} lost jobs began within ${DEADLINE_MS} ms`);
}
