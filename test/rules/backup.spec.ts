import { randomBytes } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BillingHouse } from '@app/billing/testing';
import { newId, Secret } from '@app/common';
import { DataKeyStore, dataSourceOptions, EnvironmentKeyEncryption, SealedSecrets, type SecretPlace } from '@app/domain';
import { aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import { DataSource } from 'typeorm';
import { startPostgres, type RunningPostgres } from '../support/postgres';
import { watchFor } from '../support/secret-forms';

/** Client programs come with the server's package; the embedded server brings none. */
const BIN = '/usr/lib/postgresql/15/bin';
const ROOT = resolve(__dirname, '../..');
const SECRETS = 100;
const WRITERS = 4;

jest.setTimeout(180_000);

const kek = randomBytes(32).toString('base64');
const sealer = (key: string) => new SealedSecrets(new DataKeyStore(new EnvironmentKeyEncryption(new Secret(key))));
const secrets: { readonly place: SecretPlace; readonly value: string }[] = [];
const folder = mkdtempSync(join(tmpdir(), 'backup-test-'));
const file = join(folder, 'async-coder.dump');
let servers: RunningPostgres[] = [];
const sources: DataSource[] = [];
let tenant: Tenant;

async function open(server: RunningPostgres, database: string): Promise<DataSource> {
  await server.ensureDatabase(database);
  const source = await new DataSource(dataSourceOptions({ url: server.url(database), poolSize: 8, applicationName: 'backup test' })).initialize();
  sources.push(source);
  return source;
}

function script(name: string, url: string, ...args: string[]): Promise<{ status: number | null; words: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', `${name}.mjs`), ...args], { env: { PATH: `${BIN}:/usr/bin:/bin`, DATABASE_URL: url }, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (words += bytes.toString()));
  return new Promise((done) => child.once('close', (status) => done({ status, words })));
}

/** Tasks with events, logs and money, until told to stop. */
function load(source: DataSource): { written(): number; stop(): Promise<number> } {
  const [house, billing] = [new TaskHouse(source), new BillingHouse(source)];
  let stopped = false;
  let tasks = 0;
  const write = async () => {
    while (!stopped) {
      const attempt = await house.runningTask(tenant);
      const call = { organizationId: tenant.organization.id, taskId: attempt.taskId, attemptId: attempt.attemptId };
      await billing.hold(call, 1, 1_000n);
      await house.work.run((tx) => house.events.append(tx, attempt.taskId, attempt.attemptId, Array.from({ length: 5 }, () => ({ type: 'nudge' as const, data: { text: 'x'.repeat(500) } }))));
      await house.work.run((tx) => house.logs.append(tx, attempt.taskId, attempt.attemptId, [{ level: 'info', source: 'agent', message: 'y' }]));
      tasks += 1;
    }
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, write));
  return { written: () => tasks, stop: async () => ((stopped = true), await writers, tasks) };
}

async function addSecrets(source: DataSource): Promise<void> {
  const sealed = sealer(kek);
  for (let n = 0; n < SECRETS; n++) {
    const place = { organizationId: tenant.organization.id, column: 'webhook_endpoints.secret_enc', rowId: newId() } as const;
    const value = `canary-${n}-${randomBytes(24).toString('base64url')}`;
    secrets.push({ place, value });
    await source.transaction(async (tx) => {
      const kept = await sealed.seal(tx, place, new Secret(value));
      await tx.query(`INSERT INTO webhook_endpoints (id, organization_id, url, events, secret_enc, key_version, secret_last4) VALUES ($1, $2, $3, '{*}', $4, $5, 'abcd')`, [place.rowId, place.organizationId, `https://example.com/${n}`, kept.sealed, kept.keyVersion]);
    });
  }
}

async function opened(source: DataSource, key: string): Promise<string[]> {
  const sealed = sealer(key);
  const texts: string[] = [];
  for (const { place } of secrets) {
    const [row] = await source.query<{ sealed: Buffer; keyVersion: number }[]>(`SELECT secret_enc AS sealed, key_version AS "keyVersion" FROM webhook_endpoints WHERE id = $1`, [place.rowId]);
    texts.push((await sealed.open(source.manager, place, row!)).use((text) => text));
  }
  return texts;
}

afterAll(async () => {
  await Promise.all(sources.map((source) => source.destroy()));
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const here = existsSync(join(BIN, 'pg_dump'));
if (!here && process.env['CI']) throw new Error(`there is no pg_dump in ${BIN}`);

(here ? it : it.skip)('a dump that is made while others write restores in another cluster: rows fit together, the ledger reconciles, secrets open with the key that was kept elsewhere', async () => {
  servers = await Promise.all([1, 2].map(() => startPostgres({ durable: false, binaries: BIN })));
  const [from, to] = servers as [RunningPostgres, RunningPostgres];
  const source = await open(from, 'original');
  await source.runMigrations();
  tenant = await aTenant(source, { plan: { maxConcurrentTasks: null }, creditsMicro: 10n ** 12n });
  await addSecrets(source);
  const writing = load(source);
  while (writing.written() < 2 * WRITERS) await pause(20);
  const backup = await script('backup', from.url('original'), file);
  const tasks = await writing.stop();
  expect(backup).toMatchObject({ status: 0 });
  expect([statSync(file).mode & 0o777, backup.words.includes(new URL(from.adminUrl).password)]).toEqual([0o600, false]);

  await to.ensureDatabase('copy');
  expect(await script('restore', to.url('copy'), file)).toMatchObject({ status: 0 });
  const copy = await open(to, 'copy');
  const [counts] = await copy.query<{ tasks: number; torn: number; gaps: number; held: string }[]>(
    `SELECT (SELECT count(*)::integer FROM tasks) AS tasks, (SELECT count(*)::integer FROM tasks t WHERE NOT EXISTS (SELECT 1 FROM task_counters k WHERE k.task_id = t.id) OR NOT EXISTS (SELECT 1 FROM task_attempts a WHERE a.task_id = t.id)) AS torn,
            (SELECT count(*)::integer FROM task_counters k WHERE k.last_event_seq <> (SELECT count(*) FROM task_events e WHERE e.task_id = k.task_id) OR k.last_log_seq <> (SELECT count(*) FROM task_logs l WHERE l.task_id = k.task_id)) AS gaps`,
  );
  expect(counts).toMatchObject({ torn: 0, gaps: 0 });
  // Some were written before the dump began, and others while it ran.
  expect(counts!.tasks).toBeGreaterThanOrEqual(2 * WRITERS);
  expect(counts!.tasks).toBeLessThan(tasks);
  expect(await new BillingHouse(copy).unexplained()).toEqual([]);
  expect(await copy.showMigrations()).toBe(false);
  expect(await opened(copy, kek)).toEqual(secrets.map(({ value }) => value));
  await expect(opened(copy, randomBytes(32).toString('base64'))).rejects.toThrow();
});

(here ? it : it.skip)('holds no secret in any form, and is put neither over another database nor back when it was changed', async () => {
  const text = spawnSync(join(BIN, 'pg_restore'), ['-f', '-', file], { encoding: 'latin1', maxBuffer: 512 * 1024 * 1024 }).stdout;
  const found = watchFor([{ name: 'the key-encryption key', value: kek }, ...secrets.map(({ value }, n) => ({ name: `secret ${n}`, value }))]);
  expect(text).toContain('COPY public.tasks ');
  expect(found(text)).toEqual([]);
  const [from, to] = servers as [RunningPostgres, RunningPostgres];
  expect(await script('restore', to.url('copy'), file)).toMatchObject({ status: 1, words: expect.stringContaining('empty database only') as string });
  expect(await script('backup', from.url('original'), file)).toMatchObject({ status: 1, words: expect.stringContaining('never written over') as string });
  const bytes = readFileSync(file);
  bytes[bytes.length - 100]! ^= 1;
  writeFileSync(file, bytes);
  await to.ensureDatabase('third');
  expect(await script('restore', to.url('third'), file)).toMatchObject({ status: 1, words: expect.stringContaining('checksum') as string });
});
