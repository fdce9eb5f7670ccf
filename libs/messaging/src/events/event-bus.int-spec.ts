import { redisIsInstalled, startRedis, type RunningRedis } from '../../../../test/support/redis';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { Redis } from 'ioredis';
import { Logger } from '@app/common';
import { describeEventBusContract } from '../testing/event-bus.contract';
import { PostgresTaskEventBus } from './postgres.task-event-bus';
import { RedisTaskEventBus } from './redis.task-event-bus';

const logger = Logger.create('silent', 'test');

describe('PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase({ migrated: false });
  });
  afterAll(async () => {
    await database.close();
  });

  describeEventBusContract('PostgreSQL', () => ({
    open: () => new PostgresTaskEventBus(database.url, logger),
    cutConnections: async () => {
      await database.dataSource.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()');
    },
  }));
});

if (redisIsInstalled()) {
  describe('Redis', () => {
    let redis: RunningRedis;
    let admin: Redis;
    beforeAll(async () => {
      redis = await startRedis();
      admin = new Redis(redis.url);
    });
    afterAll(async () => {
      admin.disconnect();
      await redis.stop();
    });

    describeEventBusContract('Redis', () => ({
      open: () => new RedisTaskEventBus(redis.url, logger),
      cutConnections: async () => {
        for (const type of ['normal', 'pubsub'] as const) await admin.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
      },
    }));
  });
} else {
  missing();
}

function missing(): void {
  const text = 'redis-server is not installed: the event bus was tested on PostgreSQL only (apt-get install redis-server)';
  if (process.env['CI']) it(text, () => expect(redisIsInstalled()).toBe(true));
  else it.skip(text, () => undefined);
}
