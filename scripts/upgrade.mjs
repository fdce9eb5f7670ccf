// `npm run upgrade`: the release before (test/upgrade/previous-release) at work while the schema of this one is put under it, then both releases together.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bold, green, red, seconds, stop } from './lib/say.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const TASKS_EACH = 2;
const TASK_MS = 300_000;
/** The quickstart builds a tree that looks changed. */
const START_MS = 600_000;
const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';
const previous = readFileSync(join(ROOT, 'test/upgrade/previous-release'), 'utf8').trim();
/** A built tree of the release before, when there is one already. */
const given = process.argv[2];

const folder = mkdtempSync(join(tmpdir(), 'async-coder-upgrade-'));
chmodSync(folder, 0o711);
const children = [];
const ends = [];
let failed = 0;

async function step(name, work) {
  const began = Date.now();
  try {
    const told = await work();
    process.stdout.write(`${green('✓')} ${bold(name)} ${seconds(Date.now() - began)}${told ? `: ${told}` : ''}\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`${red('✗')} ${bold(name)} ${seconds(Date.now() - began)}\n${error.stack ?? error}\n`);
    throw error;
  }
}

function done(program, args, options) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, ...options });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.error?.message ?? `exit ${result.status}`}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

function buildPrevious() {
  if (given !== undefined) return resolve(given);
  const tree = join(folder, 'previous');
  done('bash', ['-c', 'set -o pipefail; mkdir "$1" && git archive "$2" | tar -x -C "$1"', 'archive', tree, previous], { cwd: ROOT });
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  done(process.execPath, ['scripts/build.mjs'], { cwd: tree, timeout: 900_000 });
  return tree;
}

/** Starts a process that ends with us, and waits for what it must say or do. */
async function started(name, args, { cwd, env, until }) {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (log = (log + bytes).slice(-200_000)));
  children.push(child);
  for (const end = Date.now() + START_MS; ; await pause(100)) {
    const found = until(log);
    if (found) return { child, found };
    if (child.exitCode !== null || Date.now() > end) throw new Error(`${name} did not start:\n${log}`);
  }
}

const nodePath = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`;
const cli = (tree, name, url) => done(process.execPath, [`dist/libs/${name}.js`], { cwd: tree, env: { PATH: nodePath, DATABASE_URL: url }, timeout: 300_000 });

async function call(api, person, method, path, body) {
  const response = await fetch(`${api}/api/v1${path}`, {
    method, headers: { authorization: `Bearer ${person.accessToken}`, ...(body ? { 'content-type': 'application/json', 'idempotency-key': randomUUID() } : {}) }, body: body && JSON.stringify(body), signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return text === '' ? null : JSON.parse(text);
}

/** Hands in a task by one process, follows it by another: it must come to a pull request, with events 1, 2, 3 … and a place in the lists. */
async function oneTask(state, from, by) {
  const person = state.users[0];
  const { id } = await call(from, person, 'POST', '/tasks', { repositoryId: state.repository.id, prompt: PROMPT });
  for (const end = Date.now() + TASK_MS; ; await pause(500)) {
    const task = await call(by, person, 'GET', `/tasks/${id}`);
    if (task.status === 'completed') {
      if (task.pullRequest?.status !== 'open') throw new Error(`task ${id} has no open pull request: ${JSON.stringify(task.pullRequest)}`);
      break;
    }
    if (['failed', 'cancelled', 'timed_out'].includes(task.status) || Date.now() > end) throw new Error(`task ${id} is ${task.status} (${task.statusReason})`);
  }
  for (const api of new Set([from, by])) await wholeHistory(api, person, id);
}

async function wholeHistory(api, person, id) {
  const { data } = await call(api, person, 'GET', `/tasks/${id}/events?limit=100`);
  data.forEach(({ seq }, index) => {
    if (seq !== index + 1) throw new Error(`task ${id}: event ${index + 1} has seq ${seq}`);
  });
  const list = await call(api, person, 'GET', '/tasks?limit=100');
  if (!list.data.some((task) => task.id === id)) throw new Error(`task ${id} is in no list`);
  await call(api, person, 'GET', `/tasks/${id}/logs?limit=10`);
}

async function manyTasks(state, pairs) {
  await Promise.all(pairs.flatMap(([from, by]) => Array.from({ length: TASKS_EACH }, () => oneTask(state, from, by))));
  return `${pairs.length * TASKS_EACH} tasks`;
}

const environmentOf = (pid) => Object.fromEntries(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

async function main() {
  if (!existsSync(join(ROOT, 'dist/apps/api/src/main.js'))) stop('This release is not built.', 'npm run build');
  const { startPostgres } = createRequire(import.meta.url)(join(ROOT, 'dist/test/support/postgres.js'));
  let old, server, url, state, stateFile, next;
  await step(`build the release before (${previous.slice(0, 8)})`, () => void (old = buildPrevious()));
  await step('start it on its own schema', async () => {
    server = await startPostgres({ durable: false });
    ends.push(() => server.stop());
    await server.ensureDatabase('upgrade');
    url = server.url('upgrade');
    stateFile = join(folder, 'state.json');
    const limits = Object.fromEntries(['DEFAULT', 'TASKS'].map((name) => [`RATE_LIMIT_${name}`, '10000000/60']));
    await started('the release before', ['scripts/quickstart.mjs', '--serve', '--state', stateFile], { cwd: old, env: { PATH: nodePath, HOME: process.env.HOME, TMPDIR: folder, API_PORT: '0', DATABASE_URL: url, ...limits }, until: () => existsSync(stateFile) });
    state = JSON.parse(readFileSync(stateFile, 'utf8'));
  });
  const before = state.apiUrl;
  await step('put the new schema under it while it works', async () => {
    const working = manyTasks(state, [[before, before]]);
    await pause(1_000);
    const told = cli(ROOT, 'domain/src/cli/migrate', url).trim();
    await working;
    return told;
  });
  await step('the release before works on the new schema', () => manyTasks(state, [[before, before]]));
  await step('start this release beside it', async () => {
    const env = (app) => ({ ...environmentOf(state.pids[app][0]), PATH: nodePath, API_PORT: '0', WORKER_PORT: '0' });
    const addressIn = (log) => /(http:\/\/127\.0\.0\.1:\d+)/.exec(log)?.[1];
    next = (await started('the new API', ['dist/apps/api/src/main.js'], { cwd: ROOT, env: { ...env('api'), LOG_LEVEL: 'info' }, until: addressIn })).found;
    await started('the new worker', ['dist/apps/worker/src/main.js'], { cwd: ROOT, env: { ...env('worker'), LOG_LEVEL: 'info' }, until: addressIn });
    for (const end = Date.now() + 60_000; !(await fetch(`${next}/health/ready`).catch(() => ({ ok: false }))).ok; await pause(200)) if (Date.now() > end) throw new Error('the new API is not ready');
  });
  await step('both releases work together', () => manyTasks(state, [[before, next], [next, before]]));
  await step('both explain every credit', () => {
    for (const tree of [old, ROOT]) cli(tree, 'billing/src/cli/reconcile', url);
  });
  await step('the release before starts again on the new schema', async () => {
    for (const pid of JSON.parse(readFileSync(stateFile, 'utf8')).pids.worker) process.kill(pid, 'SIGTERM');
    for (const end = Date.now() + 90_000; ; await pause(200)) {
      const { pids } = JSON.parse(readFileSync(stateFile, 'utf8'));
      if (pids.worker.length > 0 && pids.worker.every((pid) => !state.pids.worker.includes(pid))) break;
      if (Date.now() > end) throw new Error('the worker of the release before did not come back');
    }
    await oneTask(state, before, before);
  });
}

const began = Date.now();
try {
  await main();
} catch {
  failed ||= 1;
} finally {
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((ended) => { child.once('exit', ended); child.kill('SIGTERM'); setTimeout(() => child.kill('SIGKILL'), 20_000).unref(); })));
  for (const end of ends) await end();
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${failed === 0 ? green('The upgrade holds') : red('The upgrade does not hold')}, ${seconds(Date.now() - began)}\n`);
process.exitCode = failed === 0 ? 0 : 1;
