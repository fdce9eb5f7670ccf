import { ProcessModule, loadConfig, Logger } from '@app/common';
import { DomainModule, GithubLaneStore, UnitOfWork } from '@app/domain';
import { GithubApp, GithubModule } from '@app/github';
import { Test, type TestingModule } from '@nestjs/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { startGithubPeer, type GithubPeer } from '../../../../test/support/github-peer';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { SharedLanesModule } from './shared-lanes.module';

let database: TestDatabase;
let peer: GithubPeer;
let processes: TestingModule[];

/** A process of its own: everything but the database is made anew. */
async function aProcess(): Promise<TestingModule> {
  const config = loadConfig({
    DATABASE_URL: database.url, DATABASE_POOL_SIZE: '4', JWT_SECRET: randomBytes(32).toString('hex'), KEK: randomBytes(32).toString('base64'), GITHUB_API_URL: peer.apiUrl,
    GITHUB_APP_ID: String(peer.appId), GITHUB_APP_PRIVATE_KEY: peer.privateKey,
  });
  const domain = DomainModule.forRoot('worker');
  return Test.createTestingModule({ imports: [ProcessModule.with(config, Logger.create('silent', 'test')), domain, GithubModule, SharedLanesModule.with(domain)] }).compile();
}

beforeAll(async () => {
  database = await openTestDatabase();
  peer = await startGithubPeer();
  processes = await Promise.all([aProcess(), aProcess()]);
});
beforeEach(() => database.dataSource.query('DELETE FROM github_lanes'));
afterEach(() => peer.clearFaults());
afterAll(async () => {
  await Promise.all(processes.map((one) => one.close()));
  await peer.stop();
  await database.close();
});

const at = (n: number): GithubApp => processes[n]!.get(GithubApp);
const lanes = (n: number): GithubLaneStore => processes[n]!.get(GithubLaneStore);
const token = (n: number): Promise<unknown> => at(n).tokenForInstallation(String(peer.installationId));
const asked = (): number => peer.requests().length;
const call = (more: object = {}) => ({ isWrite: true, isCreation: false, resource: 'core', pass: randomUUID(), busyMs: 20_000, everyMs: 0, burst: 1, creationsAnHour: 480, ...more });
const notice = (more: object = {}) => ({ resource: 'all', waitMs: null, isRefusal: true, firstWaitMs: 60_000, longestWaitMs: 900_000, ...more });

it('tells every process to wait when one was told', async () => {
  peer.fault({ match: { path: '/access_tokens' }, status: 403, message: 'You have exceeded a secondary rate limit.', headers: { 'retry-after': '120' } });
  await expect(token(0)).rejects.toMatchObject({ code: 'github_rate_limited' });
  const before = asked();
  const refused = (await token(1).catch((error: unknown) => error)) as { code: string; headers: Record<string, string> };
  expect(refused).toMatchObject({ code: 'github_rate_limited' });
  expect(Number(refused.headers['Retry-After'])).toBeGreaterThan(100);
  expect(asked()).toBe(before);
});

it('counts a refusal without a time longer for each in a row, whoever met it, until GitHub takes a call', async () => {
  const waits: number[] = [];
  for (const n of [0, 1, 0]) waits.push(Math.round((await lanes(n).close('lane', notice())) / 60_000));
  expect(waits).toEqual([1, 2, 4]);
  await lanes(1).open('lane');
  // What is closed for longer stays so, and the next refusal in a row begins anew.
  expect(Math.round((await lanes(0).close('lane', notice({ resource: 'core' }))) / 60_000)).toBe(1);
  expect((await lanes(1).ask('lane', call({ resource: 'search' }))).waitMs).toBeGreaterThan(200_000);
});

it('keeps the budgets of GitHub apart', async () => {
  await lanes(0).close('lane', notice({ resource: 'search', waitMs: 30_000 }));
  expect(await lanes(1).ask('lane', call())).toEqual({ waitMs: 0, isBusy: false });
  expect((await lanes(1).ask('lane', call({ resource: 'search', isWrite: false }))).waitMs).toBeGreaterThan(25_000);
});

it('lets one write through at a time, and passes over a process that died in one', async () => {
  const first = call({ busyMs: 300 });
  expect(await lanes(0).ask('lane', first)).toEqual({ waitMs: 0, isBusy: false });
  expect(await lanes(1).ask('lane', call())).toMatchObject({ isBusy: true });
  expect(await lanes(1).ask('lane', call({ isWrite: false }))).toMatchObject({ waitMs: 0 });
  await lanes(0).leave('lane', first.pass);
  const second = call({ busyMs: 200 });
  expect(await lanes(1).ask('lane', second)).toMatchObject({ waitMs: 0 });
  // An end that comes late is not the end of somebody else's.
  await lanes(0).leave('lane', first.pass);
  expect(await lanes(0).ask('lane', call())).toMatchObject({ isBusy: true });
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(await lanes(0).ask('lane', call())).toMatchObject({ waitMs: 0 });
});

it('spaces and counts the calls of all processes together', async () => {
  const paced = { everyMs: 10_000, burst: 3, isWrite: false };
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => lanes(n % 2).ask('paced', call(paced))));
  expect(answers.filter(({ waitMs }) => waitMs === 0)).toHaveLength(4);
  const made = await Promise.all(Array.from({ length: 6 }, (_, n) => lanes(n % 2).ask('made', call({ isWrite: false, isCreation: true, creationsAnHour: 5 }))));
  expect(made.filter(({ waitMs }) => waitMs === 0)).toHaveLength(5);
  // Half an hour into the next hour, half of what was made in this one still counts.
  await database.dataSource.query(`UPDATE github_lanes SET counted_from = now() - interval '90 minutes' WHERE name = 'made'`);
  const next = await Promise.all(Array.from({ length: 4 }, (_, n) => lanes(n % 2).ask('made', call({ isWrite: false, isCreation: true, creationsAnHour: 5 }))));
  expect(next.filter(({ waitMs }) => waitMs === 0)).toHaveLength(3);
});

it('goes on by what a process knows itself when the lanes cannot be asked, and forgets lanes that nobody uses', async () => {
  await database.dataSource.query('ALTER TABLE github_lanes RENAME TO away');
  try {
    await expect(token(1)).resolves.toMatchObject({ expiresAt: expect.any(Date) as Date });
  } finally {
    await database.dataSource.query('ALTER TABLE away RENAME TO github_lanes');
  }
  await lanes(0).ask('old', call());
  await lanes(0).ask('new', call());
  await database.dataSource.query(`UPDATE github_lanes SET used_at = now() - interval '2 days' WHERE name = 'old'`);
  expect(await processes[0]!.get(UnitOfWork).run((tx) => lanes(0).forgetIdle(tx, 10))).toBe(1);
  expect(await database.dataSource.query('SELECT name FROM github_lanes')).toEqual([{ name: 'new' }]);
});
