// Runs once before the integration tests: one PostgreSQL with one migrated template, one Redis. No path aliases are known here.
import { DataSource } from 'typeorm';
import { migrations } from '../../libs/domain/src/migrations';
import { startPostgres, type RunningPostgres } from './postgres';
import { redisIsInstalled, startRedis, type RunningRedis } from './redis';

export interface IntServers {
  postgres?: RunningPostgres;
  redis?: RunningRedis;
  /** Drops the template from a server that is not ours. */
  dropTemplate?: () => Promise<void>;
}

declare global {
  var intServers: IntServers | undefined;
}

export default async function setup(): Promise<void> {
  const servers: IntServers = {};
  globalThis.intServers = servers;
  const adminUrl = await serverFor(servers);
  const template = `test_template_${process.pid}`;
  await withServer(adminUrl, (server) => server.query(`CREATE DATABASE "${template}" TEMPLATE template0`));
  if (servers.postgres === undefined) servers.dropTemplate = () => withServer(adminUrl, (server) => server.query(`DROP DATABASE IF EXISTS "${template}" WITH (FORCE)`));
  await migrate(adminUrl, template);
  process.env['TEST_POSTGRES_URL'] = adminUrl;
  process.env['TEST_TEMPLATE'] = template;
  if (process.env['TEST_REDIS_URL'] === undefined && redisIsInstalled()) {
    servers.redis = await startRedis();
    process.env['TEST_REDIS_URL'] = servers.redis.url;
  }
}

async function serverFor(servers: IntServers): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given === undefined || given === '') {
    servers.postgres = await startPostgres({ durable: false });
    return servers.postgres.adminUrl;
  }
  const name = new URL(given).pathname.slice(1);
  if (!name.includes('test')) throw new Error(`TEST_DATABASE_URL names the database "${name}"; only one with "test" in its name is used for tests.`);
  return given;
}

async function migrate(adminUrl: string, template: string): Promise<void> {
  const url = new URL(adminUrl);
  url.pathname = `/${template}`;
  const source = await new DataSource({ type: 'postgres', url: url.href, migrations, migrationsTransactionMode: 'each' }).initialize();
  await source.runMigrations();
  // Nobody may be connected to a database that is cloned.
  await source.destroy();
}

async function withServer(url: string, work: (server: DataSource) => Promise<unknown>): Promise<void> {
  const server = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    await work(server);
  } finally {
    await server.destroy();
  }
}
