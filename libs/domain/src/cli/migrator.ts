import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../data-source';

/** Longest wait for another pod that migrates. */
const WAIT = '10min';

/** Connects for migrating: the statements of a migration may take long, waiting for a lock on a table in use may not. */
export function migrationSource(url: string): DataSource {
  const options = dataSourceOptions({ url, poolSize: 2, applicationName: 'async-coder migrate' });
  return new DataSource({ ...options, extra: { ...(options.extra as object), statement_timeout: 0 } });
}

/** Runs what has not run. Of several pods at once one does it, the others wait and find nothing left. @returns the names of those run */
export function migrate(source: DataSource): Promise<string[]> {
  return alone(source, async () => (await source.runMigrations()).map((migration) => migration.name));
}

/** Takes back the newest migration. @returns its name, or undefined when there is none */
export function revert(source: DataSource): Promise<string | undefined> {
  return alone(source, async () => {
    const newest = async () => {
      const rows: { name: string }[] = await source.query(`SELECT name FROM migrations ORDER BY id DESC LIMIT 1`);
      return rows[0]?.name;
    };
    const name = await newest();
    if (name !== undefined) await source.undoLastMigration();
    return name;
  });
}

async function alone<T>(source: DataSource, work: () => Promise<T>): Promise<T> {
  const locker = source.createQueryRunner();
  try {
    await locker.query(`SET lock_timeout = '${WAIT}'`);
    // Of the session: migrations open transactions of their own on another connection. A pod that dies loses its session, and so the lock.
    await locker.query(`SELECT pg_advisory_lock(hashtextextended('migrations', 0))`);
    return await work();
  } finally {
    await locker.query(`SELECT pg_advisory_unlock_all(); RESET lock_timeout`).catch(() => undefined);
    await locker.release();
  }
}
