// Log rows, and events on their way to readers: our writer beside COPY and row by row; our streams beside raw pub/sub and res.write.
import { fork } from 'node:child_process';
import { fill, people as peopleOf } from '../api/seed.mjs';
import { inTurns, openLoop, ratios } from '../lib/pairs.mjs';
import { cpuOf, startServer } from '../lib/proc.mjs';
import { ISSUER, require, SECRET, Services } from '../lib/services.mjs';
import { median } from '../lib/stats.mjs';
import { openProduct } from './product.mjs';
import { logArms } from './logs.mjs';
import { readFileSync } from 'node:fs';

const A_SECOND = 50;
const BURST = 10;
const BURST_EVERY_MS = 20;
const IDLE_READERS = 500;
const STREAMS_A_USER = 10;

export async function run({ plan, record, say }) {
  const services = await Services.open({ fill });
  try {
    const product = await openProduct(services);
    await logs({ plan, record, say, services, product });
    await streams({ plan, record, say, services, product });
  } finally {
    await services.close();
  }
}

async function logs({ plan, record, say, services, product }) {
  const arms = await logArms({ services, product, skip: (goal, why) => record.skip(goal, why) });
  const rowsOf = (name) => (name === 'TypeORM save' ? Math.min(400, plan.rows / 20) : name === 'prepared, row by row' ? plan.rows / 10 : plan.rows);
  for (const name of Object.keys(arms)) await arms[name](500);
  const slices = await inTurns([...Object.keys(arms), 'again'], plan.pairs, async (name) => {
    const rows = rowsOf(name);
    const began = performance.now();
    await arms[name === 'again' ? 'ours' : name](rows);
    return (rows * 1_000) / (performance.now() - began);
  });
  const of = (name) => slices.get(name);
  if (of('COPY')) record.sample('PE1', ...ratios(of('ours'), of('COPY')));
  record.sample('PE1b.rows', ...ratios(of('ours'), of('prepared, row by row')));
  record.sample('PE1b.save', ...ratios(of('ours'), of('TypeORM save')));
  record.again('ours ÷ ours, log rows', ...ratios(of('again'), of('ours')));
  for (const [name, values] of slices) if (name !== 'again') record.row('Log rows a second', { arm: name, median: median(values), most: Math.max(...values) });
  say(`log rows: ${[...slices].map(([name, values]) => `${name} ${median(values).toFixed(0)}/s`).join(', ')}`);
}

async function streams({ plan, record, say, services, product }) {
  const people = await peopleOf(services.databaseUrl, { secret: SECRET, issuer: ISSUER });
  const api = await startServer('api', ['dist/apps/api/src/main.js'], { env: services.settings, ready: (line) => line.msg === 'api listening' && line.url });
  services.onClose(() => api.stop());
  const raw = await startServer('raw', ['bench/events/raw.mjs'], { env: { REDIS_URL: services.redisUrl } });
  services.onClose(() => raw.stop());
  const readers = fork('bench/events/readers.mjs', { stdio: 'inherit' });
  services.onClose(() => void readers.kill());
  await idleMemory({ api, readers, record, say, services, people });
  const task = await sharedTask(services, people, plan.readers);
  const arms = { ours: oursArm({ product, task }), raw: rawArm(services), again: rawArm(services) };
  const server = (name) => (name === 'ours' ? api : raw);
  const opened = { ours: task.readers(api.url, plan.readers), raw: Array.from({ length: plan.readers }, () => ({ url: `${raw.url}/`, headers: {} })) };
  const slices = await inTurns(Object.keys(arms), plan.pairs, async (name, round) => {
    await ask(readers, { open: opened[name === 'again' ? 'raw' : name] });
    await pause(200);
    await ask(readers, { take: true });
    const calm = await paced({ arm: arms[name], readers, plan });
    const busy = await pushed({ arm: arms[name], readers, plan, pid: server(name).pid });
    await ask(readers, { close: true });
    await pause(100);
    say(`events, ${name}, round ${round + 1}: p50 ${calm.p50.toFixed(2)} ms, ${busy.us.toFixed(2)} µs of CPU a delivery`);
    return { p50: calm.p50, us: busy.us };
  });
  const of = (name) => slices.get(name);
  record.sample('PE2', ...ratios(of('ours'), of('raw'), ({ p50 }) => p50));
  record.sample('PE3', ...ratios(of('raw'), of('ours'), ({ us }) => us));
  record.again('raw ÷ raw, CPU a delivery', ...ratios(of('again'), of('raw'), ({ us }) => us));
  for (const [name, all] of slices) if (name !== 'again') record.row(`Events to ${plan.readers} readers`, { arm: name, 'p50 ms': median(all.map(({ p50 }) => p50)), 'µs of CPU a delivery': median(all.map(({ us }) => us)) });
  record.holds('each reader had every event once and in order');
}

/** 50 a second, one commit each; clocked from the commit's end. */
async function paced({ arm, readers, plan }) {
  const sent = new Map();
  await openLoop({ count: A_SECOND * plan.seconds, everyMs: 1_000 / A_SECOND }, async () => {
    for (const [seq, at] of await arm(1)) sent.set(seq, at);
  });
  const arrivals = await complete(readers, sent, plan.readers);
  return { p50: median(arrivals.map(([, seq, at]) => at - sent.get(seq))) };
}

/** As many as a busy task makes, several a commit; the server's CPU a delivery. */
async function pushed({ arm, readers, plan, pid }) {
  const sent = new Map();
  const before = cpuOf(pid);
  await openLoop({ count: (plan.seconds * 1_000) / BURST_EVERY_MS, everyMs: BURST_EVERY_MS }, async () => {
    for (const [seq, at] of await arm(BURST)) sent.set(seq, at);
  });
  const arrivals = await complete(readers, sent, plan.readers);
  return { us: (cpuOf(pid) - before) / 1_000 / arrivals.length };
}

async function complete(readers, sent, count) {
  const all = [];
  for (const deadline = Date.now() + 20_000; all.length < sent.size * count && Date.now() < deadline; ) {
    await pause(100);
    const { arrivals } = await ask(readers, { take: true });
    all.push(...arrivals.filter(([, seq]) => sent.has(seq)));
  }
  if (all.length !== sent.size * count) throw new Error(`${count} readers had ${all.length} of ${sent.size * count} events`);
  const last = new Map();
  for (const [reader, seq] of all) {
    if (seq <= (last.get(reader) ?? 0)) throw new Error(`reader ${reader} had ${seq} after ${last.get(reader)}`);
    last.set(reader, seq);
  }
  return all;
}

function oursArm({ product, task }) {
  return async (count) => {
    const last = await product.append(task.id, count);
    const at = performance.timeOrigin + performance.now();
    product.wake(task.id);
    return Array.from({ length: count }, (_, n) => [last - n, at]);
  };
}

let rawSeq = 0;
function rawArm(services) {
  const redis = new (require('ioredis').Redis)(services.redisUrl);
  services.onClose(() => redis.disconnect());
  return async (count) => {
    const at = performance.timeOrigin + performance.now();
    const seqs = Array.from({ length: count }, () => (rawSeq += 1));
    await Promise.all(seqs.map((seq) => redis.publish('bench', JSON.stringify({ seq, type: 'tool_call', createdAt: new Date().toISOString(), data: { name: 'bash', args: { command: 'npm test' } } }))));
    return seqs.map((seq) => [seq, at]);
  };
}

/** A running task that many may read: members of its organization, ten streams each. */
async function sharedTask(services, people, count) {
  const [owner, ...others] = people;
  const { rows } = await services.admin.query(`SELECT id FROM tasks WHERE organization_id = $1 AND status = 'in_progress' LIMIT 1`, [owner.org_id]);
  const id = rows[0]?.id ?? (await makeRunning(services, owner));
  const members = [owner, ...others.slice(0, Math.ceil(count / STREAMS_A_USER) - 1)];
  for (const { user_id: userId } of members.slice(1)) await services.admin.query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'member') ON CONFLICT DO NOTHING`, [owner.org_id, userId]);
  const { rows: [{ seq }] } = await services.admin.query('SELECT last_event_seq AS seq FROM task_counters WHERE task_id = $1', [id]);
  const readers = (url, number) => Array.from({ length: number }, (_, n) => ({ url: `${url}/api/v1/tasks/${id}/events`, headers: { Authorization: `Bearer ${members[Math.floor(n / STREAMS_A_USER)].token}`, 'X-Organization-Id': owner.org_id, 'Last-Event-ID': String(seq) } }));
  return { id, readers };
}

async function makeRunning(services, owner) {
  const { rows } = await services.admin.query(`UPDATE tasks SET status = 'in_progress', status_reason = NULL, completed_at = NULL, progress = 40, verification = NULL, error_code = NULL, error_message = NULL WHERE id = (SELECT id FROM tasks WHERE organization_id = $1 LIMIT 1) RETURNING id`, [owner.org_id]);
  return rows[0].id;
}

/** Streams on which nothing happens. */
async function idleMemory({ api, readers, record, say, services, people }) {
  const { rows } = await services.admin.query(`SELECT DISTINCT ON (user_id) user_id, id FROM tasks WHERE status = 'in_progress'`);
  const tokens = new Map(people.map(({ user_id: userId, token }) => [userId, token]));
  const streams = rows.slice(0, IDLE_READERS / STREAMS_A_USER).flatMap(({ user_id: userId, id }) => Array.from({ length: STREAMS_A_USER }, () => ({ url: `${api.url}/api/v1/tasks/${id}/events`, headers: { Authorization: `Bearer ${tokens.get(userId)}`, 'Last-Event-ID': '100000' } })));
  // The first fill caches and compile what runs.
  for (let n = 0; n < 2; n += 1) {
    await ask(readers, { open: streams });
    await ask(readers, { close: true });
    await pause(1_000);
  }
  const before = rssOf(api.pid);
  await ask(readers, { open: streams });
  await pause(1_500);
  const kb = Math.max(0, rssOf(api.pid) - before) / streams.length;
  await ask(readers, { close: true });
  record.sample('PE4', Math.max(kb, 0.1));
  say(`idle readers: ${kb.toFixed(0)} KB each`);
}

function rssOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

function ask(child, job) {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`the readers ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.removeListener('exit', ended);
      resolve(message);
    });
    child.send(job);
  });
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
