import { loadConfig, Logger } from '@app/common';
import { Test } from '@nestjs/testing';
import { openTestDatabase } from '../../../../test/support/test-database';
import { Sweepers } from '../maintenance/schedule';
import { GithubEventHandlers } from '../webhooks/github/github-event-handler';
import { WorkerModule } from '../worker.module';
import { TRIGGER_HANDLERS, TRIGGER_SWEEPERS } from './triggers.module';

it('the worker hears every trigger, after what mirrors GitHub, and sweeps for them', async () => {
  const database = await openTestDatabase();
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32, 7).toString('base64') });
  const worker = await Test.createTestingModule({ imports: [WorkerModule.with(config, Logger.create('silent', 'test'))] }).compile();
  try {
    const heard = worker.get(GithubEventHandlers, { strict: false });
    for (const Handler of TRIGGER_HANDLERS) {
      const handler = worker.get(Handler, { strict: false });
      for (const event of handler.events) expect(heard.of(event)).toContain(handler);
    }
    expect(heard.of('pull_request').findIndex((handler) => TRIGGER_HANDLERS.some((Handler) => handler instanceof Handler))).toBeGreaterThan(0);
    const { all } = worker.get(Sweepers, { strict: false });
    for (const One of TRIGGER_SWEEPERS) expect(all.filter((sweeper) => sweeper instanceof One)).toHaveLength(1);
  } finally {
    await worker.close();
    await database.close();
  }
}, 60_000);
