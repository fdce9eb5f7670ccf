import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { ApiClient } from '../support/api-client';
import { askedOf } from '../support/peer-script';
import { RunningQuickstart } from '../support/quickstart';
import { random } from '../support/random';
import { startRedis, type RunningRedis } from '../support/redis';
import { WorkerProcess } from '../support/worker-process';
import { branchesOf, lookAtTasks, NOTHING_OPEN, openRows, recoveries, waitUntilTidy } from './ended-once';

const TASKS = Number(process.env.CRASH_TASKS ?? 16);
const KILLS = Number(process.env.CRASH_KILLS ?? 6);
const SEED = Number(process.env.CRASH_SEED ?? 20261123);
/** The named steps of an attempt: before and after each of its transactions and outside effects. */
const STEPS = [
  'claimed', 'workspace-ready', 'T2-before', 'T2-after', 'T3-before', 'T3-after', 'T4-before', 'T4-after',
  'results-before', 'results-after', 'push-before', 'push-after', 'pull-request-before', 'pull-request-after', 'check-run-before', 'check-run-after', 'finish-before', 'finish-after',
];
/** Only what lies behind a write, unless all are asked for: there a repetition would do harm. */
const POINTS = STEPS.filter((_, n) => process.env.CRASH_POINTS === 'all' || n % 2 === 1);
const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';
const LIMIT_MS = (TASKS * 3 + (KILLS + POINTS.length) * 6) * 1_000 + 240_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Workers die by kill -9, at random moments and at every named step, and Redis is emptied, while tasks run. Whatever happens: each task ends
 * once, with one branch, one pull request, one charge per model call, and nothing is left over. The seed is in the name: repeat with
 * CRASH_SEED; CRASH_TASKS, CRASH_KILLS and CRASH_POINTS=all make it longer.
 */
describe(`kill -9 of workers, ${TASKS} tasks, ${KILLS} kills and ${POINTS.length} named steps, seed ${SEED}`, () => {
  let redis: RunningRedis;
  let house: RunningQuickstart;
  let ada: ApiClient;
  let database: Client;
  const ids: string[] = [];
  /** When which worker died. */
  const deaths = new Map<number, number>();

  beforeAll(async () => {
    redis = await startRedis();
    house = await RunningQuickstart.start(['--worker', '2'], { REDIS_URL: redis.url });
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
    database = new Client({ connectionString: house.state.databaseUrl });
    await database.connect();
  }, 180_000);

  afterAll(async () => {
    await database?.end();
    await house?.stop();
    await redis?.stop();
  }, 90_000);

  async function submit(): Promise<void> {
    const key = { 'idempotency-key': randomUUID() };
    for (let tries = 1; ; tries += 1) {
      const { status, body } = await ada.post('/tasks', { prompt: PROMPT, repositoryId: house.state.repository.id }, key);
      // A machine that has too much to do says so; the same key makes no second task.
      if (status === 503 && tries < 20) {
        await pause(500);
        continue;
      }
      expect(status).toBe(201);
      ids.push(String(body.id));
      return;
    }
  }

  /** A worker of its own for each named step; it dies there by itself. */
  async function dieAtEachPoint(): Promise<void> {
    for (const point of POINTS) {
      const worker = await WorkerProcess.start(house, { CRASH_AT: point });
      const feeding = setInterval(() => void feed().catch(() => undefined), 1_000);
      const { signal, at } = await worker.ended.finally(() => clearInterval(feeding));
      expect({ point, signal }).toEqual({ point, signal: 'SIGKILL' });
      deaths.set(worker.pid, at);
    }
  }

  async function bothAlive(): Promise<readonly number[]> {
    for (const end = Date.now() + 120_000; ; await pause(100)) {
      const { worker } = house.state.pids;
      if (worker.every((pid) => !deaths.has(pid))) return worker;
      if (Date.now() > end) throw new Error('a dead worker was not replaced');
    }
  }

  /** Something to do for a worker that shall die, but not without end. */
  async function feed(): Promise<void> {
    const { rows } = await database.query<{ n: number }>(`SELECT count(*)::integer AS n FROM task_attempts WHERE status = 'queued'`);
    if (rows[0]!.n < 4) await submit();
  }

  async function killAtRandom(): Promise<number> {
    const next = random(SEED);
    let mostOnDisk = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await pause(500 + next() * 2_500);
      // One lives on: with nobody there, nobody would notice the death of the other.
      const worker = await bothAlive();
      mostOnDisk = Math.max(mostOnDisk, house.leftOver().length);
      const pid = worker[Math.floor(next() * worker.length)]!;
      if (killNow(pid)) deaths.set(pid, Date.now());
      if (kill % 7 === 3) execFileSync('redis-cli', ['-u', redis.url, 'FLUSHALL']);
    }
    return mostOnDisk;
  }

  it('every task ends once', async () => {
    for (let sent = 0; sent < TASKS; sent += 20) await Promise.all(Array.from({ length: Math.min(20, TASKS - sent) }, () => submit()));
    // A task that meets three deaths in a row is given up as its worker's killer. Here that would be chance, and is not what is asked.
    await database.query('UPDATE tasks SET max_attempts = 10');
    const patient = setInterval(() => void database.query('UPDATE tasks SET max_attempts = 10 WHERE max_attempts < 10').catch(() => undefined), 500);
    const [mostOnDisk] = await Promise.all([killAtRandom(), dieAtEachPoint()]).finally(() => clearInterval(patient));
    // The look at the end proves something only if it would have seen them.
    expect(mostOnDisk).toBeGreaterThan(0);
    await database.query('UPDATE tasks SET max_attempts = 10 WHERE max_attempts < 10');
    for (const id of ids) await ada.until(id, ['completed', 'failed', 'cancelled', 'timed_out', 'paused'], 300_000);
    const { rows } = await database.query<{ status: string; error: string | null; n: string }>('SELECT status, error_message AS error, count(*) AS n FROM tasks GROUP BY 1, 2');
    expect(rows).toEqual([{ status: 'completed', error: null, n: String(ids.length) }]);
  }, LIMIT_MS);

  it('with one branch, one pull request and one charge per call', async () => {
    for (const row of await lookAtTasks(database, ids)) {
      expect(row).toMatchObject({ status: 'completed', ends: 1, gaps: 0, charged: row.used, chargedTwice: 0, askedAgain: 0, pullRequests: 1, effects: 1 });
    }
    expect(branchesOf(house)).toEqual(ids.map((id) => `refs/heads/async-coder/${id}`).sort());
    const asked = await askedOf(house.state.peers.github);
    const made = asked.filter(({ method, path, status }) => method === 'POST' && /\/pulls$/.test(path) && status === 201).length;
    // The stand-in remembers its last 10,000 requests.
    if (asked.length < 10_000) expect(made).toBe(ids.length);
  }, 60_000);

  it('and nothing left over', async () => {
    expect(await openRows(database)).toMatchObject(NOTHING_OPEN);
    expect(await waitUntilTidy(house, 50_000)).toEqual([]);
  }, 90_000);

  it('and a new attempt for each lost one within the promised time', async () => {
    const waits = await recoveries(database, deaths);
    expect(waits.length).toBeGreaterThanOrEqual(KILLS / 2);
    const p95 = waits[Math.ceil(waits.length * 0.95) - 1]!;
    process.stdout.write(`${ids.length} tasks, ${deaths.size} deaths, ${waits.length} attempts lost; next attempt after p50 ${waits[Math.floor(waits.length / 2)]!.toFixed(1)} s, p95 ${p95.toFixed(1)} s, most ${waits.at(-1)!.toFixed(1)} s\n`);
    // Lease 15 s and sweep 5 s make 20; the promise at its most is 30.
    expect(p95).toBeLessThanOrEqual(30);
  });
});

function killNow(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}
