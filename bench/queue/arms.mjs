// How each arm hands a job in, and hears that it began.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { uuidv7 } from '../api/uuid.mjs';
import { startServer } from '../lib/proc.mjs';
import { rival } from '../lib/rivals.mjs';
import { require } from '../lib/services.mjs';
import pg from 'pg';

/** Hears a worker's lines; `startOf(id)` resolves with the moment its handler began. */
class Ear {
  #waiting = new Map();
  starts = new Map();
  doubles = 0;

  listen(child) {
    child.stdout.removeAllListeners('data');
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"started"')) return;
      for (const [id, at, kind] of JSON.parse(line).started) this.#begin(id, at, kind);
    });
  }

  startOf(id, deadlineMs = 20_000) {
    if (this.starts.has(id)) return Promise.resolve(this.starts.get(id));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the job ${id} did not start within ${deadlineMs} ms`)), deadlineMs);
      this.#waiting.set(id, (at) => {
        clearTimeout(timer);
        resolve(at);
      });
    });
  }

  #begin(id, at, kind) {
    if (kind !== 'claimed') return;
    if (this.starts.has(id)) this.doubles += 1;
    this.starts.set(id, at);
    this.#waiting.get(id)?.(at);
    this.#waiting.delete(id);
  }
}

export async function openArms({ services, people, skip }) {
  const { settings, databaseUrl, redisUrl } = services;
  const env = { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl };
  const arms = {};
  const worker = async (name, args, extra = {}) => {
    const ear = new Ear();
    const server = await startServer(name, args, { env: { ...env, ...extra } });
    ear.listen(server.child);
    services.onClose(() => server.stop());
    return { ear, server };
  };
  arms.ours = await ours({ services, people, worker, settings });
  arms['bare BullMQ'] = await bare({ services, worker, redisUrl });
  arms['insert, then add'] = await insertThenAdd({ services, bare: arms['bare BullMQ'], databaseUrl, people });
  arms['graphile-worker'] = await attempt(() => graphile({ services, worker, databaseUrl, skip }), (why) => skip('PQ2b.graphile', why));
  arms['pg-boss'] = await attempt(() => pgBoss({ services, worker, databaseUrl, skip }), (why) => skip('PQ2b.pgboss', why));
  return Object.fromEntries(Object.entries(arms).filter(([, arm]) => arm));
}

async function ours({ services, people, worker, settings }) {
  const api = await startServer('api', ['dist/apps/api/src/main.js'], { env: settings, ready: (line) => line.msg === 'api listening' && line.url });
  services.onClose(() => api.stop());
  const { ear } = await worker('ours', ['bench/queue/ours-worker.mjs'], { ...settings, SERVE_QUEUES: 'attempt', WORKER_CONCURRENCY: '32' });
  const { Agent, request } = require('undici');
  const dispatcher = new Agent({ connections: 64, pipelining: 1 });
  services.onClose(() => dispatcher.close());
  let next = 0;
  const send = async () => {
    const { token, repo_id: repositoryId } = people[next++ % people.length];
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const { statusCode, body } = await request(`${api.url}/api/v1/tasks`, { method: 'POST', headers, dispatcher, body: JSON.stringify({ repositoryId, prompt: 'Make it wait.' }) });
    const task = await body.json();
    if (statusCode !== 201) throw new Error(`the API answered a create with ${statusCode}: ${JSON.stringify(task)}`);
    return task.id;
  };
  return { send, ear, byTask: true };
}

async function bare({ services, worker, redisUrl }) {
  const { Queue } = require('bullmq');
  const queue = new Queue('bench', { connection: { url: redisUrl } });
  services.onClose(() => queue.close());
  const { ear } = await worker('bullmq', ['bench/queue/rival-worker.mjs', 'bullmq']);
  const send = async () => {
    const jobId = randomUUID();
    await queue.add('bench', { attemptId: jobId }, { jobId, removeOnComplete: true, removeOnFail: true });
    return jobId;
  };
  return { send, ear, queue };
}

/** What most applications do: a row of their own, then the job, awaited. */
async function insertThenAdd({ services, bare: { queue, ear }, databaseUrl }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
  services.onClose(() => pool.end());
  await pool.query('CREATE TABLE IF NOT EXISTS bench_jobs (id uuid PRIMARY KEY, prompt text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())');
  const send = async () => {
    const jobId = uuidv7();
    await pool.query({ name: 'job', text: 'INSERT INTO bench_jobs (id, prompt) VALUES ($1, $2)', values: [jobId, 'Make it wait.'] });
    await queue.add('bench', { attemptId: jobId }, { jobId, removeOnComplete: true, removeOnFail: true });
    return jobId;
  };
  return { send, ear };
}

async function graphile({ services, worker, databaseUrl, skip }) {
  const graphileWorker = await rival('graphile-worker', (why) => skip('PQ2b.graphile', why));
  if (!graphileWorker) return null;
  const utils = await graphileWorker.makeWorkerUtils({ connectionString: databaseUrl, maxPoolSize: 16, logger: new graphileWorker.Logger(() => () => undefined) });
  services.onClose(() => utils.release());
  await utils.migrate();
  const { ear } = await worker('graphile-worker', ['bench/queue/rival-worker.mjs', 'graphile']);
  const send = async () => {
    const id = randomUUID();
    await utils.addJob('bench', { id });
    return id;
  };
  return { send, ear };
}

async function pgBoss({ services, worker, databaseUrl, skip }) {
  const module = await rival('pg-boss', (why) => skip('PQ2b.pgboss', why));
  if (!module) return null;
  const { ear } = await worker('pg-boss', ['bench/queue/rival-worker.mjs', 'pgboss']);
  const boss = new module.PgBoss({ connectionString: databaseUrl, max: 16, supervise: false, schedule: false });
  boss.on('error', () => undefined);
  await boss.start();
  services.onClose(() => boss.stop({ graceful: false }));
  const send = async () => {
    const id = randomUUID();
    await boss.send('bench', { id });
    return id;
  };
  return { send, ear };
}

async function attempt(open, skip) {
  try {
    return await open();
  } catch (error) {
    skip(`does not start here: ${error.message.split('\n')[0]}`);
    return null;
  }
}
