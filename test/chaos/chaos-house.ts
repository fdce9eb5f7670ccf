import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'pg';
import { NOTHING_OPEN, openRows } from '../crash/ended-once';
import { ApiClient } from '../support/api-client';
import { AppProcess } from '../support/app-process';
import { teach, type ScriptedTurn } from '../support/peer-script';
import { RunningQuickstart } from '../support/quickstart';
import { startRedis, type RunningRedis } from '../support/redis';
import { DatabaseServer } from './database-server';
import { isFull, STUCK_MS } from './lengths';
import { untilDone } from './watchdog';

const SUBMIT = { name: 'submit', args: { title: 'Add a note', summary: 'Adds a note.', testing: 'None needed.', risks: '' } };
const write = { name: 'write', args: { path: 'note.md', content: 'a note\n' } };
const run = (command: string): ScriptedTurn => ({ calls: [{ name: 'bash', args: { command } }] });

/** What the model does with a task that has this word in its prompt. */
const SCRIPTS = {
  'CHAOS-QUICK': [{ calls: [write] }, { calls: [SUBMIT] }],
  'CHAOS-SLOW': [{ calls: [write] }, run('sleep 3'), run('sleep 3'), { calls: [SUBMIT] }],
  // Longer than all of them need to get there, than another worker needs to come up, and than one that must go lets its tasks go on.
  'CHAOS-LONG': [{ calls: [write] }, run(`sleep ${isFull ? 90 : 30}`), { calls: [SUBMIT] }],
  'CHAOS-TALK': [...Array.from({ length: isFull ? 30 : 8 }, (_, n) => run(`sleep 0.3; echo ${n}`)), { calls: [write] }, { calls: [SUBMIT] }],
} as const;
export type Script = keyof typeof SCRIPTS;

/** The whole product with servers of its own that can be taken away, and processes that nobody starts again. */
export class ChaosHouse {
  readonly apis: AppProcess[] = [];
  readonly workers: AppProcess[] = [];

  private constructor(
    readonly postgres: DatabaseServer,
    public redis: RunningRedis,
    readonly running: RunningQuickstart,
    /** Survives the fall of its server. */
    readonly database: Pool,
    readonly ada: ApiClient,
  ) {}

  static async open(): Promise<ChaosHouse> {
    const [postgres, redis] = await Promise.all([DatabaseServer.start(), startRedis()]);
    const running = await RunningQuickstart.start(['--worker', '0'], { DATABASE_URL: postgres.url, REDIS_URL: redis.url }).catch(async (error: unknown) => {
      await Promise.all([postgres.stop(), redis.stop()]);
      throw error;
    });
    const database = new Pool({ connectionString: postgres.url, max: 4 });
    database.on('error', () => undefined);
    const house = new ChaosHouse(postgres, redis, running, database, new ApiClient(running.state.apiUrl, running.state.users[0]!.accessToken));
    for (const [text, turns] of Object.entries(SCRIPTS)) await teach(running.state.peers.llm, text, turns);
    // Limits of plans are not in the way of faults; a scenario that is about one sets it.
    await database.query('UPDATE subscription_plans SET max_concurrent_tasks = NULL, max_tasks_per_day = NULL');
    return house;
  }

  get state(): RunningQuickstart['state'] {
    return this.running.state;
  }

  get accessToken(): string {
    return this.state.users[0]!.accessToken;
  }

  async startApi(settings: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    const api = await AppProcess.launch('api', this.running, settings);
    this.apis.push(api);
    return api;
  }

  async startWorker(settings: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    const worker = await AppProcess.launch('worker', this.running, { WORKER_DATA_DIR: this.running.newWorkerFolder(), HANDOVER_MS: '1000', ...settings });
    this.workers.push(worker);
    return worker;
  }

  /** As many as these and no others: what an orchestrator would see to. */
  async keep(apis: number, workers: number, concurrency = 4): Promise<void> {
    const alive = (all: AppProcess[]): AppProcess[] => all.splice(0, all.length).filter(({ isRunning }) => isRunning);
    this.apis.push(...alive(this.apis));
    this.workers.push(...alive(this.workers));
    await Promise.all([...this.apis.splice(apis), ...this.workers.splice(workers)].map((one) => one.stop()));
    await Promise.all([
      ...Array.from({ length: apis - this.apis.length }, () => this.startApi({ DRAIN_MS: '0' })),
      ...Array.from({ length: workers - this.workers.length }, () => this.startWorker({ WORKER_CONCURRENCY: String(concurrency) })),
    ]);
  }

  /** A task. Whoever hears 503 comes back with the same key, as a client would. */
  async handIn(script: Script, fields: Readonly<Record<string, unknown>> = {}, as: ApiClient = this.ada): Promise<string> {
    const key = { 'idempotency-key': randomUUID() };
    for (const end = Date.now() + 60_000; ; await wait(300)) {
      const answer = await as.post('/tasks', { prompt: `${script}.`, repositoryId: this.state.repository.id, options: { verifyCommands: ['true'] }, ...fields }, key).catch(() => null);
      if (answer?.status === 201) return String(answer.body.id);
      if ((answer !== null && answer.status !== 503) || Date.now() > end) throw new Error(`POST /tasks answered ${answer?.status}: ${JSON.stringify(answer?.body)}`);
    }
  }

  handInMany(count: number, script: Script, fields: Readonly<Record<string, unknown>> = {}): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => this.handIn(script, fields)));
  }

  /** Tasks by status, failed ones by their reason. */
  async statuses(ids: readonly string[]): Promise<Record<string, number>> {
    const { rows } = await this.database.query<{ status: string; n: number }>(`SELECT concat_ws(': ', status, CASE WHEN status = 'failed' THEN status_reason END) AS status, count(*)::integer AS n FROM tasks WHERE id = ANY($1) GROUP BY 1 ORDER BY 1`, [ids]);
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  }

  /** How many of them stand in the step whose number this is, or behind it. */
  async inStep(ids: readonly string[], step: number): Promise<number> {
    const { rows } = await this.database.query<{ n: number }>(
      `SELECT count(DISTINCT task_id)::integer AS n FROM task_events WHERE task_id = ANY($1) AND type = 'model.completed' AND (data ->> 'step')::integer >= $2`, [ids, step]);
    return rows[0]!.n;
  }

  until(done: () => Promise<boolean>, stuckMs = STUCK_MS): Promise<void> {
    return untilDone(this.database, stuckMs, done);
  }

  /** Until all of them have ended. */
  async ended(ids: readonly string[]): Promise<Record<string, number>> {
    const open = `SELECT count(*)::integer AS n FROM tasks WHERE id = ANY($1) AND status IN ('scheduled','queued','provisioning','in_progress','publishing')`;
    await this.until(async () => (await this.database.query<{ n: number }>(open, [ids])).rows[0]!.n === 0);
    return this.statuses(ids);
  }

  /** What the processes logged as their own faults, with how often: for whoever reads why a scenario failed. */
  faults(): Readonly<Record<string, number>> {
    const faults: Record<string, number> = {};
    const logs = readdirSync(this.running.logFolder).filter((name) => name.endsWith('.log'));
    const lines = logs.flatMap((name) => readFileSync(join(this.running.logFolder, name), 'utf8').split('\n'));
    for (const line of lines.filter((one) => one.includes('"level":"error"'))) {
      const { msg, err } = JSON.parse(line) as { msg: string; err?: { message?: string; stack?: string } };
      const what = `${msg}: ${err?.stack?.split('\n').slice(0, 6).join(' | ') ?? err?.message ?? ''}`;
      faults[what] = (faults[what] ?? 0) + 1;
    }
    return faults;
  }

  /** Nothing runs, nothing is open, and `npm run reconcile` explains every credit. */
  async settle(): Promise<void> {
    await this.until(async () => JSON.stringify(await openRows(this.database)) === JSON.stringify(NOTHING_OPEN));
    expect(await this.reconcile()).toContain('Unexplained: 0');
  }

  /** What the program says; its exit code is part of it when it is not 0. */
  private reconcile(): Promise<string> {
    const env = { PATH: process.env['PATH'], DATABASE_URL: this.postgres.url };
    return new Promise((resolve) => {
      execFile(process.execPath, ['dist/libs/billing/src/cli/reconcile.js'], { env, timeout: 120_000 }, (error, stdout, stderr) => resolve(error ? `exit ${String(error.code)}: ${stdout}${stderr}` : stdout));
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((one) => one.kill()));
    await this.database.end();
    await this.running.stop();
    await this.redis.stop();
    await this.postgres.stop();
  }
}
