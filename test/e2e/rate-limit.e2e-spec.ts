import { setTimeout as wait } from 'node:timers/promises';
import { ApiHouse, type HousePerson, type Sent } from '../support/api-house';
import { startRedis, type RunningRedis } from '../support/redis';

const PER_SECOND = 100 / 60;
const BURST = 20;
const OFFERED_PER_SECOND = 1_000;
const SECONDS = 10;

/** 100 calls a minute, of which 20 at once, for one caller who meets two API processes. */
describe('two API processes share one limit', () => {
  let redis: RunningRedis;
  let house: ApiHouse;
  let people: HousePerson[];

  beforeAll(async () => {
    redis = await startRedis();
    house = await ApiHouse.start(2, { REDIS_URL: redis.url, RATE_LIMIT_DEFAULT: '100/60/20' });
    people = [];
    for (const name of ['ada', 'bea', 'cleo', 'dora']) people.push(await house.signUp(name));
  }, 180_000);
  afterAll(async () => {
    await house?.stop();
    await redis?.stop();
  }, 60_000);

  const call = (api: number, as: HousePerson) => house.send(api, 'GET', '/organizations', { as });
  const signIn = (api: number) => house.send(api, 'POST', '/auth/login', { body: { email: people[0]!.email, password: 'orbit-velvet-canyon-42' } });
  const admittedOf = (answers: readonly Sent[]) => answers.filter(({ status }) => status === 200).length;
  const burst = (as: HousePerson, calls = 60) => Promise.all(Array.from({ length: calls }, (_, n) => call(n % 2, as)));
  /** What the limit allows in a time; the promise is to stay within a tenth of it. */
  const allowedIn = (ms: number) => BURST + (ms / 1_000) * PER_SECOND;

  it('admits within a tenth of the limit, however much is offered', async () => {
    const answers: Sent[] = [];
    const running: Promise<void>[] = [];
    const began = performance.now();
    for (let tick = 0; performance.now() - began < SECONDS * 1_000; ) {
      // As many as are due by now, so that a late timer offers no fewer.
      for (const due = ((performance.now() - began) / 1_000) * OFFERED_PER_SECOND; tick < due; tick += 1) running.push(call(tick % 2, people[0]!).then((answer) => void answers.push(answer)));
      await wait(5);
    }
    await Promise.all(running);
    const allowed = allowedIn(performance.now() - began);
    expect(answers.length).toBeGreaterThan(OFFERED_PER_SECOND * SECONDS * 0.9);
    expect(admittedOf(answers)).toBeGreaterThanOrEqual(Math.floor(allowed * 0.9));
    expect(admittedOf(answers)).toBeLessThanOrEqual(Math.ceil(allowed * 1.1));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    for (const { status, headers } of answers) {
      expect(headers['ratelimit-policy']).toBe('"default";q=100;w=60');
      expect(headers['ratelimit']).toMatch(/^"default";r=\d+;t=\d+$/);
      if (status === 429) expect(headers['retry-after']).toBe('1');
    }
  }, 60_000);

  it('tells honestly when to come back', async () => {
    await burst(people[1]!, 30);
    const refused = await call(0, people[1]!);
    expect(refused.status).toBe(429);
    await wait(Number(refused.headers['retry-after']) * 1_000);
    expect((await call(1, people[1]!)).status).toBe(200);
  }, 30_000);

  it('without Redis goes on in each process, with signing in closed, and shares again when it is back', async () => {
    expect((await signIn(0)).status).toBe(200);
    await redis.stop();
    const answers = await burst(people[2]!);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(admittedOf(answers)).toBeGreaterThanOrEqual(2 * BURST);
    expect(admittedOf(answers)).toBeLessThanOrEqual(2 * BURST + 4);
    for (const api of [0, 1]) {
      const closed = await signIn(api);
      expect([closed.status, (JSON.parse(closed.text) as { code: string }).code, closed.headers['retry-after']]).toEqual([503, 'unavailable', '5']);
    }
    // It comes back knowing nothing, not even the script.
    redis = await startRedis({ port: Number(new URL(redis.url).port) });
    for (const end = Date.now() + 15_000; (await signIn(0)).status !== 200 || (await signIn(1)).status !== 200; await wait(100)) if (Date.now() > end) throw new Error('signing in is still closed');
    const began = performance.now();
    const shared = admittedOf(await burst(people[3]!));
    expect(shared).toBeGreaterThanOrEqual(BURST);
    expect(shared).toBeLessThanOrEqual(Math.ceil(allowedIn(performance.now() - began) * 1.1));
    expect([house.isRunning(0), house.isRunning(1)]).toEqual([true, true]);
  }, 60_000);
});
