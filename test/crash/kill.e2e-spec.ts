import { execFileSync } from 'node:child_process';
import { Client } from 'pg';
import { ApiClient } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';
import { startRedis, type RunningRedis } from '../support/redis';

const TASKS = 40;
const KILLS = 20;
const SEED = Number(process.env.CRASH_SEED ?? 20261123);

/** A small generator with a seed (mulberry32): a failing run can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Workers die by kill -9 at random moments and Redis is emptied, while tasks run. Whatever happens: each task ends once, with one branch,
 * one pull request, one charge per model call, and nothing is left over. The seed is in the name: repeat with CRASH_SEED.
 */
describe(`kill -9 of workers, seed ${SEED}`, () => {
  let redis: RunningRedis;
  let house: RunningQuickstart;
  let ada: ApiClient;
  let database: Client;
  let ids: string[] = [];

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
  }, 60_000);

  it('every task ends once', async () => {
    const prompt = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';
    const answers = await Promise.all(Array.from({ length: TASKS }, () => ada.post('/tasks', { prompt, repositoryId: house.state.repository.id })));
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: TASKS }, () => 201));
    ids = answers.map((answer) => String(answer.body.id));
    const next = random(SEED);
    let mostOnDisk = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500 + next() * 2_500));
      const { worker } = house.state.pids;
      mostOnDisk = Math.max(mostOnDisk, house.leftOver().length);
      killNow(worker[Math.floor(next() * worker.length)]!);
      if (kill % 7 === 3) execFileSync('redis-cli', ['-u', redis.url, 'FLUSHALL']);
    }
    // The look at the end proves something only if it would have seen them.
    expect(mostOnDisk).toBeGreaterThan(0);
    for (const id of ids) await ada.until(id, ['completed', 'failed', 'cancelled', 'timed_out', 'paused'], 240_000);
    const { rows } = await database.query<{ status: string; status_reason: string | null; n: string }>('SELECT status, status_reason, count(*) AS n FROM tasks WHERE id = ANY($1) GROUP BY 1, 2', [ids]);
    // A task that was hit three times in a row is ended as worker_lost: that is the promise for a task that kills its worker.
    const lost = rows.filter((row) => row.status_reason === 'worker_lost').reduce((sum, row) => sum + Number(row.n), 0);
    const completed = rows.filter((row) => row.status === 'completed').reduce((sum, row) => sum + Number(row.n), 0);
    expect({ rows, ended: lost + completed }).toMatchObject({ ended: TASKS });
    expect(completed).toBeGreaterThanOrEqual(TASKS - 3);
  }, 420_000);

  it('with one branch, one pull request and one charge per call', async () => {
    const { rows } = await database.query<Record<string, string>>(
      `SELECT t.id, t.status,
              (SELECT count(*) FROM pull_requests p WHERE p.task_id = t.id) AS pull_requests,
              (SELECT count(*) FROM task_effects e WHERE e.task_id = t.id AND e.kind = 'pull_request' AND e.status = 'done') AS effects,
              (SELECT count(*) FROM task_events v WHERE v.task_id = t.id AND v.type = 'status' AND v.data->>'to' = t.status) AS ends,
              (SELECT coalesce(sum(credits_micro), 0) FROM api_key_usage_logs u WHERE u.task_id = t.id) AS used,
              (SELECT coalesce(-sum(amount_micro), 0) FROM credit_transactions c WHERE c.task_id = t.id) AS charged,
              (SELECT count(*) - max(seq) FROM task_events v WHERE v.task_id = t.id) AS gaps
         FROM tasks t WHERE t.id = ANY($1)`,
      [ids],
    );
    for (const row of rows) {
      expect(row).toMatchObject({ ends: '1', gaps: '0', charged: row.used });
      if (row.status === 'completed') expect(row).toMatchObject({ pull_requests: '1', effects: '1' });
    }
    const branches = execFileSync('git', ['ls-remote', '--heads', house.state.repository.cloneUrl, 'refs/heads/async-coder/*'], { encoding: 'utf8' }).trim().split('\n');
    const completed = rows.filter((row) => row.status === 'completed').map((row) => `refs/heads/async-coder/${row.id}`);
    expect(branches.map((line) => line.split('\t')[1]).sort()).toEqual(expect.arrayContaining(completed.sort()));
    expect(new Set(branches).size).toBe(branches.length);
  }, 60_000);

  it('and nothing left over', async () => {
    const { rows } = await database.query<Record<string, string>>(
      `SELECT (SELECT count(*) FROM credit_holds WHERE status = 'held') AS holds,
              (SELECT count(*) FROM task_attempts WHERE status IN ('queued','running')) AS attempts,
              (SELECT count(*) FROM task_effects WHERE status = 'intended') AS intents,
              (SELECT sum(held_micro) FROM credit_accounts) AS held,
              (SELECT count(*) FROM credit_accounts a WHERE available_micro + held_micro - debt_micro <> (SELECT coalesce(sum(amount_micro), 0) FROM credit_transactions t WHERE t.organization_id = a.organization_id)) AS unexplained`,
    );
    expect(rows[0]).toMatchObject({ holds: '0', attempts: '0', intents: '0', held: '0', unexplained: '0' });
    // What a killed worker left on its disk is removed by the next that runs there.
    for (const end = Date.now() + 50_000; house.leftOver().length > 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 500));
    expect(house.leftOver()).toEqual([]);
  }, 90_000);
});

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
