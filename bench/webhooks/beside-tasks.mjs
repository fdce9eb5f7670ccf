// `npm run bench:webhooks [seconds]`: GitHub's recorded payloads, signed, 50 a second into the API while tasks run beside it. Prints how long an answer took.
import { spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../lib/stats.mjs';

const SECONDS = Number(process.argv[2] ?? 30);
const A_SECOND = 50;
const WORKER_MS = 2_000;
const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';
const recorded = JSON.parse(readFileSync('node_modules/@octokit/webhooks-examples/api.github.com/index.json', 'utf8')).flatMap(({ name, examples }) => examples.map((example) => ({ name, example })));

const folder = mkdtempSync(join(tmpdir(), 'async-coder-bench-webhooks-'));
// Users of sandboxes must be able to enter what is theirs in it.
chmodSync(folder, 0o711);
const stateFile = join(folder, 'state.json');
const env = { ...process.env, TMPDIR: folder, API_PORT: '0', RATE_LIMIT_WEBHOOKS: '10000000/60', RATE_LIMIT_DEFAULT: '10000000/60', RATE_LIMIT_TASKS: '10000000/60' };
const house = spawn(process.execPath, ['scripts/quickstart.mjs', '--serve', '--state', stateFile], { env, stdio: ['ignore', 'ignore', 'inherit'] });
const closed = new Promise((resolve) => house.once('exit', resolve));
try {
  while (!existsSync(stateFile)) {
    if (house.exitCode !== null) throw new Error('the house did not open');
    await pause(100);
  }
  const { apiUrl, users, repository, webhookSecrets } = JSON.parse(readFileSync(stateFile, 'utf8'));
  const stop = new AbortController();
  const tasks = keepATaskRunning(apiUrl, users[0].accessToken, repository.id, stop.signal);
  await pause(WORKER_MS);
  const answers = await send(apiUrl, webhookSecrets.github);
  stop.abort();
  report(answers, await tasks);
} finally {
  house.kill('SIGTERM');
  await closed;
  rmSync(folder, { recursive: true, force: true });
}

/** One after another, as the main job of the product; resolves with how many ended well. */
async function keepATaskRunning(apiUrl, token, repositoryId, signal) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  let completed = 0;
  while (!signal.aborted) {
    const { id } = await (await fetch(`${apiUrl}/api/v1/tasks`, { method: 'POST', headers, body: JSON.stringify({ prompt: PROMPT, repositoryId }) })).json();
    for (let status = 'queued'; !signal.aborted && !['completed', 'failed'].includes(status); await pause(200)) {
      status = (await (await fetch(`${apiUrl}/api/v1/tasks/${id}`, { headers })).json()).status;
      if (status === 'completed') completed += 1;
    }
  }
  return completed;
}

/** At a steady rate, whether or not answers have come: a sender does not wait for its turn. */
async function send(apiUrl, secret) {
  const sent = [];
  const began = performance.now();
  for (let n = 0; n < SECONDS * A_SECOND; n += 1) {
    await pause(Math.max(0, began + (n * 1_000) / A_SECOND - performance.now()));
    sent.push(deliver(apiUrl, secret, recorded[n % recorded.length], n));
  }
  return Promise.all(sent);
}

async function deliver(apiUrl, secret, { name, example }, n) {
  // Each one new: a body that is known is answered sooner.
  const body = JSON.stringify({ ...example, bench: n });
  const headers = { 'content-type': 'application/json', 'x-github-event': name, 'x-github-delivery': randomUUID(), 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
  const began = performance.now();
  const response = await fetch(`${apiUrl}/api/v1/webhooks/github`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return { ms: performance.now() - began, status: response.status };
}

function report(answers, completed) {
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share) => percentile(times, share).toFixed(1);
  const statuses = Object.entries(Object.groupBy(answers, ({ status }) => status)).map(([status, list]) => `${status}: ${list.length}`);
  process.stdout.write(`${answers.length} webhooks at ${A_SECOND} a second, ${completed} tasks completed beside them\n${statuses.join(', ')}\np50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms\n`);
  if (answers.some(({ status }) => status >= 400)) process.exitCode = 1;
}
