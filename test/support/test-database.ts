import { randomBytes } from 'node:crypto';
import { dataSourceOptions } from '@app/domain';
import { DataSource } from 'typeorm';

export interface TestDatabase {
  readonly url: string;
  /** Connected, with all entities. */
  readonly dataSource: DataSource;
  /** Disconnects and drops the database, with whoever is still connected. */
  close(): Promise<void>;
}

/** A migrated database without rows: a clone of the template. Once per test file, in beforeAll; `close()` in afterAll. With `migrated: false` it has no tables either. */
export async function openTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(`CREATE DATABASE "${name}" TEMPLATE "${migrated ? setting('TEST_TEMPLATE') : 'template0'}"`);
  const url = new URL(setting('TEST_POSTGRES_URL'));
  url.pathname = `/${name}`;
  const dataSource = await new DataSource(dataSourceOptions({ url: url.href, poolSize: 10, applicationName: 'test' })).initialize();
  return {
    url: url.href,
    dataSource,
    close: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await onServer(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    },
  };
}

/** Redis for tests, or undefined where redis-server is not installed. */
export function testRedisUrl(): string | undefined {
  return process.env['TEST_REDIS_URL'];
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: name the file *.int-spec.ts, so that it runs in the "int" project.`);
  return value;
}

async function onServer(sql: string): Promise<void> {
  const server = await new DataSource({ type: 'postgres', url: setting('TEST_POSTGRES_URL') }).initialize();
  try {
    await server.query(sql);
  } finally {
    await server.destroy();
  }
}
