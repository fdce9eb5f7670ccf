import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { DatabaseServer } from '../chaos/database-server';
import { AppProcess } from '../support/app-process';
import { teach } from '../support/peer-script';
import { RunningQuickstart } from '../support/quickstart';
import { startRedis, type RunningRedis } from '../support/redis';
import { ofFolder, ofProcess, type Sample } from './samples';

const SUBMIT = { calls: [{ name: 'submit', args: { title: 'Add a note', summary: 'Adds a note.', testing: 'None needed.', risks: '' } }] };
const WRITE = { calls: [{ name: 'write', args: { path: 'note.md', content: 'a note\n' } }] };

/** The whole product, two processes of each app, and a look at all that could grow. */
export class SoakHouse {
  private readonly began = Date.now();
  private readonly folders: string[] = [];

  private constructor(
    private readonly postgres: DatabaseServer,
    private readonly redis: RunningRedis,
    readonly running: RunningQuickstart,
    readonly database: Pool,
    private readonly processes: Map<string, AppProcess>,
  ) {}

  static async open(): Promise<SoakHouse> {
    const [postgres, redis] = await Promise.all([DatabaseServer.start(), startRedis()]);
    const running = await RunningQuickstart.start(['--worker', '0'], { DATABASE_URL: postgres.url, REDIS_URL: redis.url });
    const database = new Pool({ connectionString: postgres.url, max: 2 });
    const house = new SoakHouse(postgres, redis, running, database, new Map());
    await database.query('UPDATE subscription_plans SET max_concurrent_tasks = NULL, max_tasks_per_day = NULL');
    await teach(running.state.peers.llm, 'SOAK-CHANGE', [WRITE, { calls: [{ name: 'bash', args: { command: 'sleep 1; ls' } }] }, SUBMIT]);
    for (const app of ['api', 'worker'] as const) {
      for (const n of [1, 2]) house.processes.set(`${app}-${n}`, await AppProcess.launch(app, running, app === 'worker' ? { WORKER_DATA_DIR: house.newFolder(), HANDOVER_MS: '5000' } : { DRAIN_MS: '0' }));
    }
    return house;
  }

  get apis(): readonly string[] {
    return [...this.processes].filter(([name]) => name.startsWith('api')).map(([, { url }]) => url);
  }

  get minute(): number {
    return (Date.now() - this.began) / 60_000;
  }

  /** Processes that ended by themselves. */
  get dead(): readonly string[] {
    return [...this.processes].filter(([, { isRunning }]) => !isRunning).map(([name]) => name);
  }

  async sample(): Promise<Sample> {
    const { rows } = await this.database.query<{ connections: number; databaseMb: number; open: number }>(
      `SELECT (SELECT count(*)::integer FROM pg_stat_activity WHERE datname = current_database()) AS connections, pg_database_size(current_database()) / 1048576.0::float8 AS "databaseMb",
              (SELECT count(*)::integer FROM tasks WHERE status IN ('queued','provisioning','in_progress','publishing')) AS open`);
    const values: Record<string, number> = { ...rows[0]!, redisKeys: Number(this.askRedis('DBSIZE')), temporary: readdirSync(this.running.logFolder).length };
    for (const [name, { pid, isRunning }] of this.processes) {
      if (isRunning) for (const [what, value] of Object.entries(ofProcess(pid))) values[`${name} ${what}`] = value;
    }
    const folders = this.folders.map(ofFolder);
    values['workerFiles'] = folders.reduce((sum, { files }) => sum + files, 0);
    values['workerMb'] = folders.reduce((sum, { mb }) => sum + mb, 0);
    values['workspaces'] = this.folders.map((folder) => join(folder, 'workspaces')).filter((folder) => existsSync(folder)).reduce((sum, folder) => sum + readdirSync(folder).length, 0);
    return { minute: Math.round(this.minute * 100) / 100, values: rounded(values) };
  }

  /** What `npm run reconcile` says. */
  reconcile(): string {
    return execFileSync(process.execPath, ['dist/libs/billing/src/cli/reconcile.js'], { env: { PATH: process.env['PATH'], DATABASE_URL: this.postgres.url }, encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  }

  async close(): Promise<void> {
    await Promise.all([...this.processes.values()].map((one) => one.stop()));
    await this.database.end();
    await this.running.stop();
    await this.redis.stop();
    await this.postgres.stop();
  }

  private newFolder(): string {
    const folder = this.running.newWorkerFolder();
    this.folders.push(folder);
    return folder;
  }

  private askRedis(...command: string[]): string {
    return execFileSync('redis-cli', ['-u', this.redis.url, ...command], { encoding: 'utf8' }).trim();
  }
}

function rounded(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.round(Number(value) * 100) / 100]));
}
