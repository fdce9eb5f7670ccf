// GitHub's webhooks in: ours (signature, no doubles, body kept, durable before the answer) beside a server that only verifies, and beside Octokit's with a row.
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { fork } from 'node:child_process';
import { inTurns, ratios } from '../lib/pairs.mjs';
import { cpuOf, startServer } from '../lib/proc.mjs';
import { whyNoRivals } from '../lib/rivals.mjs';
import { require, Services } from '../lib/services.mjs';
import { median } from '../lib/stats.mjs';

const SECRET = 'the secret that GitHub and the bench share';
const CONNECTIONS = 32;
const SIZES = { '28 KB': 28_000, '2 KB': 2_000 };
const PATH = '/api/v1/webhooks/github';

export async function run({ plan, record, say }) {
  const services = await Services.open();
  const redis = new (require('ioredis').Redis)(services.redisUrl);
  services.onClose(() => redis.disconnect());
  const client = fork('bench/lib/load-client.mjs', { stdio: 'inherit' });
  services.onClose(() => void client.kill());
  try {
    await services.admin.query('CREATE TABLE bench_webhooks (id text PRIMARY KEY, event text NOT NULL, payload jsonb NOT NULL, received_at timestamptz NOT NULL DEFAULT now())');
    const arms = await openArms({ services, record });
    await checkAnswers(arms.ours.url, services.admin, record);
    const clean = async () => {
      await services.admin.query('TRUNCATE webhook_deliveries CASCADE; TRUNCATE bench_webhooks');
      await redis.flushall();
    };
    for (const [size, bytes] of Object.entries(SIZES)) await measure({ size, bytes, arms, client, plan, record, say, services, clean });
  } finally {
    await services.close();
  }
}

async function openArms({ services, record }) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  const settings = { ...services.settings, DISABLED_INTEGRATIONS: 'stripe,clerk', GITHUB_APP_ID: '1', GITHUB_APP_PRIVATE_KEY: privateKey, GITHUB_WEBHOOK_SECRET: SECRET };
  const open = async (name, script, env, ready) => {
    const server = await startServer(name, [script], { env, ready });
    services.onClose(() => server.stop());
    return server;
  };
  const arms = {
    ours: await open('ours', 'dist/apps/api/src/main.js', settings, (line) => line.msg === 'api listening' && line.url),
    raw: await open('raw', 'bench/webhooks/raw.mjs', { SECRET }),
  };
  arms.again = arms.raw;
  const why = whyNoRivals();
  if (why === null) arms.octokit = await open('octokit', 'bench/webhooks/octokit.mjs', { SECRET, DATABASE_URL: services.databaseUrl });
  else record.skip('PG2', why);
  return arms;
}

async function measure({ size, bytes, arms, client, plan, record, say, services, clean }) {
  const names = Object.keys(arms);
  const slice = (name, seconds) => load({ client, arm: arms[name], bytes, seconds, services, clean });
  for (const name of names.filter((one) => one !== 'again')) await slice(name, plan.smoke ? 0.5 : 2);
  const slices = await inTurns(names, plan.pairs, (name) => slice(name, plan.seconds));
  const of = (name) => slices.get(name);
  const rate = (one) => one.rate;
  record.sample(size === '2 KB' ? 'PG1b' : 'PG1', ...ratios(of('ours'), of('raw'), rate));
  if (size === '28 KB' && of('octokit')) record.sample('PG2', ...ratios(of('ours'), of('octokit'), rate));
  record.again(`raw ÷ raw, ${size}`, ...ratios(of('again'), of('raw'), rate));
  for (const [name, all] of slices) if (name !== 'again') record.row('Accepted', { size, arm: name, 'a second': median(all.map(rate)), 'server µs': median(all.map(({ server }) => server)), 'PostgreSQL µs': median(all.map(({ postgres }) => postgres)), 'p50 ms': median(all.map(({ p50 }) => p50)), 'p99 ms': median(all.map(({ p99 }) => p99)) });
  say(`webhooks of ${size}: ${[...slices].map(([name, all]) => `${name} ${median(all.map(rate)).toFixed(0)}/s`).join(', ')}`);
}

async function load({ client, arm, bytes, seconds, services, clean }) {
  const before = { server: cpuOf(arm.pid), ...services.costs() };
  const head = `POST ${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nUser-Agent: GitHub-Hookshot/bench\r\nX-GitHub-Event: push\r\n`;
  const result = await new Promise((resolve, reject) => {
    client.once('message', resolve);
    client.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)));
    client.send({ target: arm.url, connections: CONNECTIONS, seconds, requests: [{ fresh: true, head, body: bodyOf(bytes), secret: SECRET }], expected: arm.name === 'octokit' ? 200 : 202 });
  });
  if (Object.keys(result.unexpected).length > 0) throw new Error(`${arm.name} answered a webhook with ${JSON.stringify(result.unexpected)}: ${result.sample}`);
  const after = { server: cpuOf(arm.pid), ...services.costs() };
  if (arm.name === 'ours') await checkKept(services.admin, result.count);
  await clean();
  return { rate: result.count / result.seconds, p50: result.p50, p99: result.p99, server: (after.server - before.server) / 1_000 / result.count, postgres: (after.postgres - before.postgres) / 1_000 / result.count };
}

async function checkKept(admin, count) {
  const { rows: [{ kept }] } = await admin.query('SELECT count(*)::integer AS kept FROM webhook_deliveries');
  if (kept < count) throw new Error(`${count} webhooks were taken, ${kept} are kept`);
}

/** A push of about so many bytes. */
function bodyOf(bytes) {
  const commit = (n) => ({ id: String(n).padStart(40, '0'), message: 'Wait longer after each answer of 503', timestamp: '2026-11-23T10:00:00Z', url: `https://github.com/acme/service/commit/${n}`, author: { name: 'Ada', email: 'ada@example.com' }, added: [], removed: [], modified: ['src/retry.ts'] });
  const body = { ref: 'refs/heads/main', before: '0'.repeat(40), after: '1'.repeat(40), bench: '{id}', repository: { id: 1, full_name: 'acme/service', private: false }, sender: { id: 7, login: 'ada', type: 'User' }, commits: [] };
  for (let n = 0; JSON.stringify(body).length < bytes; n += 1) body.commits.push(commit(n));
  return JSON.stringify(body);
}

/** Forged is refused; the same delivery again is one row. */
async function checkAnswers(url, admin, record) {
  const post = async (id, secret) => {
    const body = bodyOf(500);
    const headers = { 'content-type': 'application/json', 'x-github-event': 'push', 'x-github-delivery': id, 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
    const response = await fetch(url + PATH, { method: 'POST', headers, body });
    await response.arrayBuffer();
    return response.status;
  };
  const id = randomUUID();
  const statuses = [await post(id, SECRET), await post(id, SECRET), await post(randomUUID(), 'another')];
  const { rows: [{ kept }] } = await admin.query('SELECT count(*)::integer AS kept FROM webhook_deliveries');
  if (statuses[0] !== 202 || statuses[1] >= 300 || statuses[2] !== 401 || kept !== 1) throw new Error(`webhooks: answers ${statuses.join(', ')}, ${kept} rows`);
  record.holds('every webhook taken is a row; a repeat is none; a forged one is refused');
}
