import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppConfig, Logger, Secret } from '@app/common';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { startPostgres } from '../../../test/support/postgres';
import { DomainModule } from './domain.module';
import { AiModelPriceStore } from './models/ai-model-price.store';
import { UnitOfWork } from './unit-of-work';

const folder = mkdtempSync(join(tmpdir(), 'async-coder-domain-module-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('DomainModule', () => {
  it('waits for PostgreSQL when it starts, and finds it again after it was away', async () => {
    const port = await freePort();
    const first = await startPostgres({ durable: false, folder, port });
    const url = first.adminUrl;
    await first.stop();

    const starting = boot(url);
    await pause(500);
    const second = await startPostgres({ durable: false, folder, port });
    const app = await starting;
    const work = app.get(UnitOfWork);
    const answer = () => work.run((tx) => tx.query<{ one: number }[]>(`SELECT 1 AS one`));
    expect(await answer()).toEqual([{ one: 1 }]);
    expect(app.get(AiModelPriceStore)).toBeInstanceOf(AiModelPriceStore);

    await second.stop();
    await expect(answer()).rejects.toThrow();
    const third = await startPostgres({ durable: false, folder, port });
    expect(await answer()).toEqual([{ one: 1 }]);
    await app.close();
    await third.stop();
  }, 60_000);
});

async function boot(url: string) {
  @Global()
  @Module({
    providers: [
      { provide: AppConfig, useValue: { core: { DATABASE_URL: url, DATABASE_POOL_SIZE: 2, KEK: new Secret(Buffer.alloc(32, 7).toString('base64')) } } },
      { provide: Logger, useValue: Logger.create('silent', 'test') },
    ],
    exports: [AppConfig, Logger],
  })
  class SettingsModule {}
  const module = await Test.createTestingModule({ imports: [SettingsModule, DomainModule.forRoot('test')] })
    .setLogger({ log: () => undefined, error: () => undefined, warn: () => undefined })
    .compile();
  return module.enableShutdownHooks().init();
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
