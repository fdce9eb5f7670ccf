import { execFile } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AppProcess } from '../../support/app-process';
import type { ChaosHouse } from '../chaos-house';
import { statusOf } from '../probe-watch';

const BLOCK_MS = 10_000;
/** A liveness probe that sees a loop which is blocked for 10 s, at whatever moment that begins: 2 × 3 s and 2 s are less. */
const LIVENESS = { periodMs: 3_000, timeoutMs: 2_000, failures: 2 };
const LIMIT_MS = 60_000;

/** O3: an event loop that hangs fails liveness, and a process whose database lacks migrations has not started. */
export async function probesTellTheTruth(house: ChaosHouse): Promise<object> {
  const [api, worker, startup] = await Promise.all([hangs('api', house), hangs('worker', house), startsBeforeItsSchema(house)]);
  return { noticedMs: { api, worker }, ...startup };
}

/** Returns how long a kubelet took to give the process up. */
async function hangs(app: 'api' | 'worker', house: ChaosHouse): Promise<number> {
  const settings = { NODE_OPTIONS: `--require ${join(process.cwd(), 'test/chaos/block-loop.cjs')}`, BLOCK_MS: String(BLOCK_MS), ...(app === 'worker' ? { WORKER_DATA_DIR: house.running.newWorkerFolder() } : {}) };
  const victim = await AppProcess.launch(app, house.running, settings);
  const live = `${victim.url}/health/live`;
  expect(await statusOf(live)).toBe(200);
  const began = Date.now();
  victim.signal('SIGUSR2');
  const noticed = await givenUp(live);
  expect(noticed).not.toBeNull();
  expect(noticed! - began).toBeLessThanOrEqual(BLOCK_MS);
  // It is not dead: asked after the hang it answers again, and it ends when told to.
  for (const end = Date.now() + LIMIT_MS; (await statusOf(live)) !== 200; ) if (Date.now() > end) throw new Error(`the ${app} did not come back`);
  expect(await victim.stop()).toMatchObject({ code: 0 });
  return noticed! - began;
}

/** When a kubelet would restart it; null: it saw nothing. */
async function givenUp(live: string): Promise<number | null> {
  const began = Date.now();
  for (let failures = 0, probe = 0; probe < 5; probe += 1) {
    // A period goes on while an answer is waited for.
    await wait(began + (probe + 1) * LIVENESS.periodMs - Date.now());
    failures = (await statusOf(live, LIVENESS.timeoutMs)) === 200 ? 0 : failures + 1;
    if (failures === LIVENESS.failures) return Date.now();
  }
  return null;
}

/** Both processes come up before their migrations: alive, not started, not ready, and at work once those are there. */
async function startsBeforeItsSchema(house: ChaosHouse): Promise<object> {
  const url = await house.postgres.urlOf('empty');
  const port = await freePort();
  const settings = { DATABASE_URL: url };
  const api = await AppProcess.launch('api', house.running, settings);
  const starting = AppProcess.launch('worker', house.running, { ...settings, WORKER_PORT: String(port), WORKER_DATA_DIR: house.running.newWorkerFolder() });
  const urls = [api.url, `http://127.0.0.1:${port}`];
  for (const base of urls) {
    for (const end = Date.now() + LIMIT_MS; (await statusOf(`${base}/health/live`)) !== 200; await wait(100)) if (Date.now() > end) throw new Error(`${base} is not alive`);
    expect([await statusOf(`${base}/health/startup`), await statusOf(`${base}/health/ready`)]).toEqual([503, 503]);
  }
  await promisify(execFile)(process.execPath, ['dist/libs/domain/src/cli/migrate.js'], { env: { PATH: process.env['PATH'], DATABASE_URL: url } });
  const migrated = Date.now();
  const worker = await starting;
  for (const base of urls) {
    for (const end = Date.now() + LIMIT_MS; (await statusOf(`${base}/health/ready`)) !== 200; await wait(100)) if (Date.now() > end) throw new Error(`${base} is not ready`);
    expect(await statusOf(`${base}/health/startup`)).toBe(200);
  }
  const startedMs = Date.now() - migrated;
  expect((await Promise.all([api.stop(), worker.stop()])).map(({ code }) => code)).toEqual([0, 0]);
  return { startedAfterMigrationsMs: startedMs };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
