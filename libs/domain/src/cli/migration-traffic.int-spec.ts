import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '@app/common';
import { DataSource, type Logger } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { dataSourceOptions } from '../data-source';
import { migrations } from '../migrations';
import { migrate, migrationSource } from './migrator';

/** The last one that was written before there were rules for migrations under traffic. Older ones have run everywhere and are not changed. */
const LAST_UNCHECKED = 'QueueOrder1764000048100';
const UNCHECKED = migrations.slice(0, migrations.findIndex((one) => one.name === LAST_UNCHECKED) + 1);
const CHECKED = migrations.slice(UNCHECKED.length);

/** Why squawk's word does not count for one migration. */
const EXCUSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  EventPartitions1764000056000: { 'renaming-table': 'a table of the same name and columns takes its place in the same transaction' },
  Overage1764000058000: {
    'constraint-missing-not-valid': 'subscription_plans has a row for each plan, a handful',
    'disallowed-unique-constraint': 'subscription_plans has a row for each plan, a handful',
  },
};

/** Writers that rest so long after each transaction: about a hundred transactions a second on a free machine. */
const WRITERS = 6;
const REST_MS = 50;
/** No writer may wait longer for a lock. */
const MOST_STALL_MS = 1_000;

jest.setTimeout(120_000);

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ migrated: false });
  const source = await new DataSource({ ...dataSourceOptions({ url: database.url, poolSize: 2, applicationName: 'before' }), migrations: [...UNCHECKED] }).initialize();
  await source.runMigrations();
  await source.query(TENANT);
  await source.destroy();
});
afterAll(() => database.close());

const ID = `'01930000-0000-7000-8000-00000000000`;
const TENANT = `
BEGIN;
INSERT INTO users (id, email, username) VALUES (${ID}1', 'a@example.com', 'ada');
INSERT INTO organizations (id, kind, name, slug, owner_user_id) VALUES (${ID}2', 'team', 'A', 'a', ${ID}1');
INSERT INTO repositories (id, organization_id, provider, github_id, name, full_name, url, clone_url) VALUES (${ID}3', ${ID}2', 'github', 1, 'r', 'a/r', 'https://github.com/a/r', 'https://github.com/a/r.git');
INSERT INTO credit_accounts (organization_id, available_micro) VALUES (${ID}2', 1000000);
COMMIT;`;

/** What one task writes, in one transaction that rests in its midst as one that waits for the program does. No statement knows a newer schema. */
const TASK = [
  `INSERT INTO tasks (id, organization_id, user_id, repository_id, title, prompt, branch, target_branch, queued_at) VALUES ($1, ${ID}2', ${ID}1', ${ID}3', 'a', 'b', 'main', 'main', now())`,
  'INSERT INTO task_counters (task_id) VALUES ($1)',
  'INSERT INTO task_attempts (id, task_id, number) VALUES ($1::uuid, $1::uuid, 1)',
  `INSERT INTO task_events (task_id, seq, attempt_id, type) SELECT $1::uuid, n, $1::uuid, 'status' FROM generate_series(1, 5) n`,
  `INSERT INTO task_logs (task_id, seq, level, message) VALUES ($1, 1, 'info', 'x')`,
  `INSERT INTO api_key_usage_logs (id, organization_id, task_id, attempt_id, provider, provider_model_id, outcome) VALUES ($1::uuid, ${ID}2', $1::uuid, $1::uuid, 'a', 'b', 'ok')`,
  `INSERT INTO audit_logs (organization_id, actor_type, action, target_id) VALUES (${ID}2', 'user', 'task.created', $1::uuid::text)`,
  `INSERT INTO webhook_deliveries (id, source, delivery_id, event_type, raw_body, body_sha256) VALUES ($1::uuid, 'github', $1::uuid::text, 'push', '', sha256($1::uuid::text::bytea))`,
  `UPDATE tasks SET status = 'completed', completed_at = now() WHERE id = $1`,
  `UPDATE credit_accounts SET last_seq = last_seq + 1 WHERE organization_id = ${ID}2' AND $1::uuid IS NOT NULL`,
  'SELECT count(*) FROM task_events WHERE task_id = $1',
];

class Traffic {
  written = 0;
  readonly errors: string[] = [];
  longestMs = 0;
  private stopped = false;
  private all: Promise<unknown> = Promise.resolve();

  constructor(private readonly source: DataSource) {}

  start(): void {
    this.all = Promise.all(Array.from({ length: WRITERS }, () => this.write()));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.all;
  }

  private async write(): Promise<void> {
    while (!this.stopped) {
      const began = performance.now();
      await this.task().then(() => void (this.written += 1), (error: Error) => this.errors.push(error.message));
      this.longestMs = Math.max(this.longestMs, performance.now() - began);
      await pause(REST_MS);
    }
  }

  private task(): Promise<void> {
    return this.source.transaction(async (tx) => {
      const id = newId();
      for (const [index, sql] of TASK.entries()) {
        await tx.query(sql, [id]);
        if (index === 2) await pause(10);
      }
    });
  }
}

/** The longest that a writer waited for a lock, by PostgreSQL's own clock. */
class LockWatch {
  longestMs = 0;
  private stopped = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly source: DataSource) {}

  start(): void {
    this.loop = this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
  }

  private async look(): Promise<void> {
    while (!this.stopped) {
      const rows = await this.source.query<{ ms: number }[]>(
        `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - l.waitstart)) * 1000, 0)::float8 AS ms FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.application_name = 'writers' AND l.locktype = 'relation'`,
      );
      this.longestMs = Math.max(this.longestMs, rows[0]?.ms ?? 0);
      await pause(20);
    }
  }
}

/** What each migration sent, with the transactions it was in. */
class Script {
  readonly byMigration = new Map<string, string>();
  private lines: string[] = [];
  private isOpen = false;
  private isPast = false;

  readonly logger: Logger = {
    logQuery: (query, parameters) => this.hear(query.trim(), parameters),
    logQueryError: () => undefined, logQuerySlow: () => undefined, logSchemaBuild: () => undefined, logMigration: () => undefined, log: () => undefined,
  };

  private hear(query: string, parameters: unknown): void {
    if (query === 'START TRANSACTION') this.isOpen = true;
    if (query === 'COMMIT' || query === 'ROLLBACK') this.isOpen = false;
    if (query.startsWith('INSERT INTO "migrations"')) {
      this.byMigration.set(String((parameters as unknown[])[1]), [...this.lines, ...(this.isOpen ? ['COMMIT'] : [])].map((line) => `${line};\n`).join(''));
      this.lines = [];
      this.isPast = this.isOpen;
    } else if (this.isPast && query === 'COMMIT') this.isPast = false;
    else if (!query.startsWith('SELECT')) this.lines.push(query);
  }
}

async function open(applicationName: string, poolSize: number): Promise<DataSource> {
  return new DataSource(dataSourceOptions({ url: database.url, poolSize, applicationName })).initialize();
}

function squawk(script: ReadonlyMap<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  try {
    for (const [name, sql] of script) writeFileSync(join(folder, `${name}.sql`), sql);
    const root = resolve(__dirname, '../../../..');
    const { stdout, status, error } = spawnSync(join(root, 'node_modules/.bin/squawk'), ['--config', join(root, 'test/upgrade/squawk.toml'), '--reporter', 'json', ...[...script.keys()].map((name) => `${name}.sql`)], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
    if (error !== undefined || (status !== 0 && status !== 1)) throw error ?? new Error(`squawk ended with ${status}`);
    const found = JSON.parse(stdout) as { file: string; rule_name: string; line: number; message: string }[];
    return found.filter(({ file, rule_name }) => EXCUSED[file.replace('.sql', '')]?.[rule_name] === undefined).map(({ file, rule_name, line, message }) => `${file}:${line} ${rule_name}: ${message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it('three pods bring the schema up to date once, while others write without an error or a long wait, and squawk has nothing to say', async () => {
  const script = new Script();
  const pods = [1, 2, 3].map(() => new DataSource({ ...migrationSource(database.url).options, logging: ['query'], logger: script.logger }));
  await Promise.all(pods.map((pod) => pod.initialize()));
  const [writers, watcher] = [await open('writers', WRITERS), await open('watcher', 1)];
  const [traffic, locks] = [new Traffic(writers), new LockWatch(watcher)];
  try {
    traffic.start();
    locks.start();
    await pause(500);
    const before = traffic.written;
    const ran = await Promise.all(pods.map((pod) => migrate(pod)));
    await pause(200);
    await traffic.stop();
    await locks.stop();
    expect(ran.map((names) => names.length).sort()).toEqual([0, 0, CHECKED.length].sort());
    expect([...new Set(traffic.errors)]).toEqual([]);
    expect(locks.longestMs).toBeLessThan(MOST_STALL_MS);
    expect(before).toBeGreaterThan(0);
    expect(await writers.query<object[]>('SELECT count(*)::integer AS tasks, (SELECT count(*)::integer / 5 FROM task_events) AS told FROM tasks')).toEqual([{ tasks: traffic.written, told: traffic.written }]);
  } finally {
    await traffic.stop();
    await locks.stop();
    await Promise.all([...pods, writers, watcher].map((one) => one.destroy()));
  }
  expect([...script.byMigration.keys()].sort()).toEqual(CHECKED.map(({ name }) => name).sort());
  expect(squawk(script.byMigration)).toEqual([]);
});

it('squawk is really asked', () => {
  expect(squawk(new Map([['Bad', 'CREATE INDEX a ON tasks (title);\nALTER TABLE tasks DROP COLUMN title;\n']])).length).toBeGreaterThan(1);
});
