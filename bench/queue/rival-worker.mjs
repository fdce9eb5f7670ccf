// A rival's worker: says when each job's handler began.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const [kind] = process.argv.slice(2);
const { REDIS_URL, DATABASE_URL } = process.env;
const CONCURRENCY = 32;
const heard = [];
setInterval(() => {
  if (heard.length > 0) process.stdout.write(`${JSON.stringify({ started: heard.splice(0) })}\n`);
}, 50);
const begin = (id) => heard.push([id, performance.timeOrigin + performance.now(), 'claimed']);

const STARTS = {
  async bullmq() {
    const { Worker } = require('bullmq');
    const worker = new Worker('bench', async (job) => begin(job.id), { connection: { url: REDIS_URL, maxRetriesPerRequest: null }, concurrency: CONCURRENCY });
    await worker.waitUntilReady();
  },
  async graphile() {
    const { run } = await import('graphile-worker');
    await run({ connectionString: DATABASE_URL, concurrency: CONCURRENCY, pollInterval: 500, noHandleSignals: true, taskList: { bench: async ({ id }) => begin(id) }, logger: quietLogger(await import('graphile-worker')) });
  },
  async pgboss() {
    const { PgBoss } = await import('pg-boss');
    const boss = new PgBoss({ connectionString: DATABASE_URL });
    boss.on('error', () => undefined);
    await boss.start();
    await boss.createQueue('bench');
    await boss.work('bench', { pollingIntervalSeconds: 0.5, batchSize: CONCURRENCY }, async (jobs) => jobs.forEach(({ data }) => begin(data.id)));
  },
};

function quietLogger({ Logger }) {
  return new Logger(() => () => undefined);
}

await STARTS[kind]();
process.stdout.write(`${JSON.stringify({ url: 'http://127.0.0.1' })}\n`);
