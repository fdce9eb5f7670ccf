import { setTimeout as wait } from 'node:timers/promises';
import { Logger, SystemClock } from '@app/common';
import { Redis } from 'ioredis';
import { startRedis, type RunningRedis } from '../../../../../test/support/redis';
import { GcraStorage } from './gcra.storage';
import type { LimitName } from './limits';
import { parseRate, type Rate } from './rate';
import { RedisGcra } from './redis-gcra';

/** As it is set of its own accord: ten calls a second. */
const rate = parseRate('600/60');
const rates: Record<LimitName, Rate> = { default: rate, anonymous: rate, signIn: rate, signInAccount: rate, refresh: rate, tasks: rate, tests: rate, webhooks: rate };

let redis: RunningRedis;
let admin: Redis;
let pods: GcraStorage[];
beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
  pods = [0, 1].map(() => new GcraStorage(rates, new SystemClock(), new RedisGcra(redis.url, Logger.create('silent', 'test'))));
  await Promise.all(pods.map((pod) => pod.onModuleInit()));
}, 60_000);
afterAll(async () => {
  for (const pod of pods) pod.onModuleDestroy();
  admin.disconnect();
  await redis.stop();
});

let key = 0;
beforeEach(() => void (key += 1));

const take = (pod: number, name: LimitName = 'default') => pods[pod]!.increment(`caller ${key}`, 60_000, 600, 0, name);
async function asked(work: () => Promise<unknown>): Promise<number> {
  await admin.config('RESETSTAT');
  await work();
  const stats = await admin.info('commandstats');
  return ['evalsha', 'eval'].reduce((sum, name) => sum + Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0), 0);
}

/** Calls on both processes in turns, `at` once, until `until`; how many were admitted. */
async function admitted(until: (sent: number) => boolean, at: number): Promise<number> {
  let count = 0;
  for (let sent = 0; !until(sent); sent += at) {
    const answers = await Promise.all(Array.from({ length: at }, (_, n) => take(n % 2)));
    count += answers.filter(({ isBlocked }) => !isBlocked).length;
    await wait(1);
  }
  return count;
}

it('two processes that lease share one limit within 10 %', async () => {
  // Warm: both have leases of this key when it is counted.
  await admitted((sent) => sent >= 40, 4);
  const began = performance.now();
  const count = 40 + (await admitted(() => performance.now() - began > 3_000, 10));
  const fair = 600 + 10 * ((performance.now() - began) / 1_000);
  expect(count / fair).toBeGreaterThan(0.9);
  expect(count / fair).toBeLessThan(1.1);
}, 30_000);

it('gives out the whole burst at once, and not a tenth more', async () => {
  const answers = await Promise.all(Array.from({ length: 2_000 }, (_, n) => take(n % 2)));
  const count = answers.filter(({ isBlocked }) => !isBlocked).length;
  expect(count).toBeGreaterThan(590);
  expect(count).toBeLessThan(660);
  expect(await take(0)).toMatchObject({ isBlocked: true, totalHits: 600 });
});

it('asks Redis once for several calls of a busy key, and tells truly what is left', async () => {
  const seen: number[] = [];
  const began = performance.now();
  const questions = await asked(async () => {
    for (let call = 0; call < 100; call += 1) seen.push(600 - (await take(0)).totalHits);
  });
  expect(questions).toBeLessThan(25);
  // One less with each call, but for what comes back, ten a second, and what lapses.
  const back = Math.ceil((performance.now() - began) / 100) + 1;
  expect(seen.every((left, call) => left <= 599 - call + back && left >= 599 - call - 18)).toBe(true);
});

it('of a caller who is seldom seen, and of signing in, each call is asked for', async () => {
  expect(await asked(() => take(0))).toBe(1);
  for (const name of ['signIn', 'signInAccount', 'refresh'] as const) {
    expect(await asked(async () => { for (let call = 0; call < 30; call += 1) await take(0, name); })).toBe(30);
  }
});
