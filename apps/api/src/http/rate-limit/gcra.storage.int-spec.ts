import { setTimeout as wait } from 'node:timers/promises';
import { Logger, SystemClock } from '@app/common';
import { Redis } from 'ioredis';
import { redisDoor, type RedisDoor } from '@app/messaging/testing';
import { startRedis, type RunningRedis } from '../../../../../test/support/redis';
import { GcraStorage } from './gcra.storage';
import type { LimitName } from './limits';
import { parseRate, type Rate } from './rate';
import { RedisGcra } from './redis-gcra';

const rate = parseRate('100/60/20');
const rates: Record<LimitName, Rate> = { default: rate, anonymous: rate, signIn: rate, signInAccount: rate, refresh: rate, tasks: rate, tests: rate, webhooks: rate };

let redis: RunningRedis;
let door: RedisDoor;
let admin: Redis;
let pods: GcraStorage[];
beforeAll(async () => {
  redis = await startRedis();
  door = await redisDoor(redis.url);
  admin = new Redis(redis.url);
  pods = [0, 1].map(() => new GcraStorage(rates, new SystemClock(), new RedisGcra(door.url, Logger.create('silent', 'test'))));
  await Promise.all(pods.map((pod) => pod.onModuleInit()));
}, 60_000);
afterAll(async () => {
  for (const pod of pods) pod.onModuleDestroy();
  admin.disconnect();
  await door.shut();
  await redis.stop();
});

let key = 0;
beforeEach(() => void (key += 1));

const take = (pod: number, name: LimitName = 'default', of = `caller ${key}`) => pods[pod]!.increment(of, 60_000, 100, 0, name);
const admitted = async (calls: number, name: LimitName = 'default') => {
  const answers = await Promise.all(Array.from({ length: calls }, (_, n) => take(n % 2, name)));
  return answers.filter((answer) => !answer.isBlocked).length;
};
/** Until both share again: what one takes, the other misses. */
async function untilShared(): Promise<void> {
  for (let round = 0; ; round += 1) {
    const [first, second] = [await take(0, 'tests', `round ${round}`), await take(1, 'tests', `round ${round}`)];
    if (first.totalHits === 1 && second.totalHits === 2) return;
    if (round > 200) throw new Error('the limit is not shared again');
    await wait(50);
  }
}

it('gives two processes one burst, counted on the clock of Redis', async () => {
  expect(await admitted(200)).toBe(20);
  const refused = await take(0);
  expect(refused).toMatchObject({ isBlocked: true, totalHits: 20 });
  expect(refused.timeToBlockExpire).toBe(1);
  expect(refused.timeToExpire).toBeGreaterThanOrEqual(11);
  await wait(650);
  expect(await admitted(10)).toBe(1);
});

it('goes on when Redis has forgotten the script', async () => {
  await admin.script('FLUSH');
  expect((await take(0)).totalHits).toBe(1);
});

it('leaves no key for longer than its burst takes to come back', async () => {
  await admitted(20);
  const names = await admin.keys(`*default:caller ${key}`);
  expect(names).toHaveLength(1);
  const left = await admin.pttl(names[0]!);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(12_000);
});

it('without Redis counts in each process, closes signing in, and shares again by itself', async () => {
  await door.shut();
  const began = performance.now();
  expect(await admitted(200)).toBe(40);
  expect(performance.now() - began).toBeLessThan(2_000);
  for (const name of ['signIn', 'signInAccount', 'refresh'] as const) {
    await expect(take(0, name)).rejects.toMatchObject({ code: 'unavailable', kind: { status: 503 }, headers: { 'Retry-After': '5' } });
  }
  await door.open();
  await untilShared();
  expect((await take(0, 'signIn')).isBlocked).toBe(false);
}, 20_000);

it('gives nobody a new burst because Redis is lost', async () => {
  expect(await admitted(200)).toBe(20);
  await door.shut();
  expect(await admitted(200)).toBeLessThanOrEqual(2);
  await door.open();
  await untilShared();
}, 20_000);

it('does not wait for a Redis that hangs', async () => {
  await admin.client('PAUSE', 2_000, 'ALL');
  const began = performance.now();
  expect(await admitted(50)).toBeGreaterThanOrEqual(20);
  expect(performance.now() - began).toBeLessThan(1_000);
  const again = performance.now();
  await take(0);
  expect(performance.now() - again).toBeLessThan(90);
  await untilShared();
}, 20_000);

it('counts alone where Redis refuses to write', async () => {
  await admin.config('SET', 'maxmemory', '1');
  expect((await take(0)).totalHits).toBe(1);
  expect((await take(1)).totalHits).toBe(1);
  await admin.config('SET', 'maxmemory', '0');
  await untilShared();
}, 20_000);

it('starts without Redis, and is not kept waiting by it', async () => {
  const pod = new GcraStorage(rates, new SystemClock(), new RedisGcra('redis://127.0.0.1:1', Logger.create('silent', 'test')));
  const began = performance.now();
  await pod.onModuleInit();
  expect(performance.now() - began).toBeLessThan(3_000);
  expect((await pod.increment('a', 0, 0, 0, 'default')).totalHits).toBe(1);
  pod.onModuleDestroy();
});
