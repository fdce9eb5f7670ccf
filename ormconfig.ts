// For TypeORM's command line, after a build: typeorm migration:generate -d dist/ormconfig.js libs/domain/src/migrations/<kebab>
import { databaseUrl } from '@app/common';
import { dataSourceOptions } from '@app/domain';
import { DataSource } from 'typeorm';

export const dataSource = new DataSource(dataSourceOptions({ url: databaseUrl(), poolSize: 2, applicationName: 'async-coder typeorm' }));
