import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { entities } from './entities';
import { migrations } from './migrations';
import { SnakeNamingStrategy } from './naming-strategy';

export interface DatabaseSettings {
  /** postgres://user:password@host:port/database */
  url: string;
  /** Most connections this process opens. */
  poolSize: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Told about connections that broke while idle; the pool replaces them by itself. */
  onIdleError?: (error: Error) => void;
}

/** No statement of ours needs so long; one that does is a bug that must not pile up connections. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** Longer than a lease renewal takes to give up, so that a blocked writer learns about it as an error. */
const LOCK_TIMEOUT_MS = 10_000;
/** A transaction waits for nothing but the database; one idle so long has lost its owner and still holds locks. */
const IDLE_IN_TRANSACTION_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Of a statement with more tables, PostgreSQL weighs so many at a time, in the order they are written: a task's answer joins nine, and to weigh every
 * order of them took 17 ms for a plan that runs in one.
 */
const JOINS_WEIGHED = 4;

/** The one way to connect: TypeORM's command line, both processes and the tests use it. Migrations never run by connecting. */
export function dataSourceOptions(settings: DatabaseSettings): PostgresDataSourceOptions {
  return {
    type: 'postgres',
    url: settings.url,
    poolSize: settings.poolSize,
    applicationName: settings.applicationName,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    // Without a listener a broken idle connection would end the process.
    poolErrorHandler: settings.onIdleError ?? (() => undefined),
    entities: [...entities],
    migrations: [...migrations],
    // Not one for all: a migration that builds an index concurrently must be able to say `transaction = false`.
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeNamingStrategy(),
    synchronize: false,
    // Ids are ours, so no extension for UUIDs is wanted.
    installExtensions: false,
    extra: {
      options: `-c TimeZone=UTC -c join_collapse_limit=${JOINS_WEIGHED}`,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
    },
  };
}
