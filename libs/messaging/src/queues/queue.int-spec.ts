import { redisIsInstalled, startRedis, type RunningRedis } from '../../../../test/support/redis';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { Redis } from 'ioredis';
import { newId } from '@app/common';
import { RecordingHandler, startMessaging, testSettings, until } from '../testing/messaging-app';
import { describeQueueContract } from '../testing/queue.contract';
import { redisDoor } from '../testing/redis-door';
import { JobProducer } from './job-producer';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ migrated: false });
});
afterAll(async () => {
  await database.close();
});

describeQueueContract('PostgreSQL', () => ({
  databaseUrl: database.url,
  wipe: async () => void (await database.dataSource.query('DELETE FROM bullmq.job')),
}));

it('says that PostgreSQL is for one machine only', async () => {
  const given = testSettings({ databaseUrl: database.url, wipe: () => Promise.resolve() });
  await (await startMessaging(given)).close();
  expect(given.log()).toContain('one machine only');
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

    describeQueueContract('Redis', () => ({ databaseUrl: database.url, redisUrl: redis.url, wipe: async () => void (await admin.flushall()) }));
  });

  it('answers false while Redis is away, and works when it is there again', async () => {
    const redis = await startRedis();
    const door = await redisDoor(redis.url);
    const app = await startMessaging(testSettings({ databaseUrl: database.url, redisUrl: door.url, wipe: () => Promise.resolve() }), [RecordingHandler]);
    try {
      const [producer, handler] = [app.get(JobProducer), app.get(RecordingHandler)];
      expect(await producer.enqueue('attempt', { attemptId: newId() })).toBe(true);
      await until(() => handler.ended.length === 1, 'the first job ran');
      await door.shut();
      expect(await producer.enqueue('attempt', { attemptId: newId() })).toBe(false);
      await door.open();
      for (let tries = 0, added = false; tries < 50 && !added; tries++) {
        added = await producer.enqueue('attempt', { attemptId: newId() });
        if (!added) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await until(() => handler.ended.length === 2, 'a job ran after Redis came back');
    } finally {
      await app.close();
      await door.shut();
      await redis.stop();
    }
  });
} else {
  missing();
}

function missing(): void {
  const text = 'redis-server is not installed: the queue was tested on PostgreSQL only (apt-get install redis-server)';
  if (process.env['CI']) it(text, () => expect(redisIsInstalled()).toBe(true));
  else it.skip(text, () => undefined);
}
