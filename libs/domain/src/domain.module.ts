import { AppConfig, Logger } from '@app/common';
import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { dataSourceOptions } from './data-source';
import { reusePlans } from './plan-reuse';
import { buildReadLanes } from './read-lanes';
import { keyEncryptionProvider } from './secrets/key-encryption.provider';
import { STORES } from './stores';
import { UnitOfWork } from './unit-of-work';

/** How long a process that starts waits for PostgreSQL; afterwards the pool reconnects by itself. */
const CONNECT_TRIES = 20;
const CONNECT_PAUSE_MS = 1_500;

/** Connects to PostgreSQL (`DataSource`), and provides `UnitOfWork` and every store. Needs `AppConfig` and `Logger` from global modules. Never migrates. */
@Module({})
export class DomainModule {
  /** @param process the name shown in pg_stat_activity: "api" or "worker" */
  static forRoot(process: string): DynamicModule {
    const database = TypeOrmModule.forRootAsync({
      inject: [AppConfig, Logger],
      useFactory: (config: AppConfig, logger: Logger) => ({
        ...dataSourceOptions({
          url: config.core.DATABASE_URL,
          poolSize: config.core.DATABASE_POOL_SIZE,
          applicationName: `async-coder ${process}`,
          onIdleError: (error) => logger.named('database').warn('A database connection broke and will be replaced', { err: error }),
        }),
        retryAttempts: CONNECT_TRIES,
        retryDelay: CONNECT_PAUSE_MS,
      }),
      dataSourceFactory: async (options) => {
        const dataSource = await new DataSource(options as DataSourceOptions).initialize();
        reusePlans(dataSource);
        buildReadLanes(dataSource);
        return dataSource;
      },
    });
    return { module: DomainModule, imports: [database], providers: [UnitOfWork, keyEncryptionProvider, ...STORES], exports: [UnitOfWork, ...STORES, database] };
  }
}
