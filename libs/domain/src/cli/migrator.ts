import { setTimeout as pause } from 'node:timers/promises';
import { DataSource, type QueryRunner } from 'typeorm';
import { dataSourceOptions } from '../data-source';
import { isLockTrouble } from '../migrations/short-locks';

/** Longest wait for another pod that migrates. */
const WAIT_MS = 1_800_000;
/** Longest wait of a migration for a table in use: whoever writes to it meanwhile stands behind us. */
const LOCK_TIMEOUT_MS = 700;
/** Each migration is a transaction of its own, so one that found a table in use can simply be run again. */
const TRIES = 60;
const PAUSE_MS = 1_000;

/** Connects for migrating: the statements of a migration may take long, waiting for a lock on a table in use may not. */
export function migrationSource(url: string): DataSource {
  const options = dataSourceOptions({ url, poolSize: 2, applicationName: 'async-coder migrate' });
  return new DataSource({ ...options, extra: { ...(options.extra as object), statement_timeout: 0, lock_timeout: LOCK_TIMEOUT_MS } });
}

/** Runs what has not run. Of several pods at once one does it, the others wait and find nothing left. @returns the names of those run */
export function migrate(source: DataSource): Promise<string[]> {
  return alone(source, async () => {
    const before = new Set(await migrationsRun(source));
    await patiently(() => source.runMigrations());
    return (await migrationsRun(source)).filter((name) => !before.has(name));
  });
}

/** Takes back the newest migration. @returns its name, or undefined when there is none */
export function revert(source: DataSource): Promise<string | undefined> {
  return alone(source, async () => {
    const name = (await migrationsRun(source)).at(-1);
    if (name !== undefined) await patiently(() => source.undoLastMigration());
    return name;
  });
}

async function migrationsRun(source: DataSource): Promise<string[]> {
  const known: { found: string | null }[] = await source.query(`SELECT to_regclass('migrations')::text AS found`);
  if (known[0]?.found == null) return [];
  return (await source.query<{ name: string }[]>('SELECT name FROM migrations ORDER BY id')).map(({ name }) => name);
}

async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (tries === TRIES || !isLockTrouble(error)) throw error;
      await pause(PAUSE_MS);
    }
  }
}

async function alone<T>(source: DataSource, work: () => Promise<T>): Promise<T> {
  const locker = source.createQueryRunner();
  try {
    // Of the session: migrations open transactions of their own on another connection. A pod that dies loses its session, and so the lock.
    await takeTurn(locker);
    return await work();
  } finally {
    await locker.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await locker.release();
  }
}

/** Asks again and again: a statement that waits for the lock has a snapshot, and an index that is built concurrently by who holds the lock would wait for that. */
async function takeTurn(locker: QueryRunner): Promise<void> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const rows = await locker.manager.query<{ mine: boolean }[]>(`SELECT pg_try_advisory_lock(hashtextextended('migrations', 0)) AS mine`);
    if (rows[0]?.mine) return;
    if (performance.now() > until) throw new Error('Another process has been migrating for too long; see pg_stat_activity.');
    await pause(PAUSE_MS);
  }
}
