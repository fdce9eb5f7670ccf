import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { ApiHouse, type HousePerson, type Sent } from '../support/api-house';

const KEYS = 1_000;
const SENDS = 20;
/** Keys whose 20 calls are under way at one time. */
const AT_ONCE = 4;

/** One work per key, however often and wherever it is sent, and whichever process dies meanwhile. */
describe('1,000 keys, 20 parallel sends each, over two API processes', () => {
  let house: ApiHouse;
  let ada: HousePerson;
  let eve: HousePerson;
  const repositories = new Map<HousePerson, string>();
  const keys = Array.from({ length: KEYS }, (_, n) => `key-${n}-${randomUUID()}`);
  const answers = new Map<string, Sent[]>(keys.map((key) => [key, []]));
  let lost = 0;

  beforeAll(async () => {
    house = await ApiHouse.start(2, {});
    [ada, eve] = [await house.signUp('ada'), await house.signUp('eve')];
    for (const person of [ada, eve]) repositories.set(person, await house.newRepository(person));
    await house.database.query('UPDATE subscription_plans SET max_tasks_per_day = NULL');
  }, 180_000);
  afterAll(() => house?.stop(), 60_000);

  const send = (api: number, key: string, prompt = `work of ${key}`, as = ada) =>
    house.send(api, 'POST', '/tasks', { as, body: { prompt, repositoryId: repositories.get(as) }, headers: { 'idempotency-key': key } });

  async function storm(key: string): Promise<void> {
    const results = await Promise.allSettled(Array.from({ length: SENDS }, (_, n) => send(n % 2, key)));
    for (const result of results) {
      if (result.status === 'fulfilled') answers.get(key)!.push(result.value);
      else lost += 1;
    }
  }

  it('one process is killed in the middle; the answers are 201 or 409 and nothing else', async () => {
    const queue = [...keys];
    let killed = Promise.resolve();
    let isKilled = false;
    const runner = async (): Promise<void> => {
      for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
        if (!isKilled && queue.length <= KEYS / 2) {
          isKilled = true;
          killed = house.kill(1).then(() => house.startApi(1));
        }
        await storm(key);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, runner));
    await killed;
    const all = [...answers.values()].flat();
    const refused = all.filter(({ status }) => status !== 201);
    for (const { status, headers, text } of refused) expect({ status, code: (JSON.parse(text) as { code: string }).code, wait: headers['retry-after'] }).toEqual({ status: 409, code: 'idempotency_in_progress', wait: '1' });
    // The kill was in the middle, and most of the calls went to a process that lived.
    expect(lost).toBeGreaterThan(0);
    expect(all.length + lost).toBe(KEYS * SENDS);
    expect(all.length).toBeGreaterThan(KEYS * SENDS * 0.6);
  }, 180_000);

  it('whoever repeats a call gets its answer, also those whose first process died', async () => {
    for (const [n, key] of keys.entries()) {
      for (const end = Date.now() + 30_000; ; ) {
        const answer = await send(n % 2, key);
        answers.get(key)!.push(answer);
        if (answer.status === 201) break;
        if (Date.now() > end) throw new Error(`${key} still answers ${answer.status}: ${answer.text}`);
        await wait(Number(answer.headers['retry-after']) * 1_000);
      }
    }
  }, 120_000);

  it('made exactly 1,000 tasks, and each key has one answer, byte for byte', async () => {
    const { rows } = await house.database.query<{ tasks: string; prompts: string; attempts: string }>('SELECT count(*) AS tasks, count(DISTINCT prompt) AS prompts, (SELECT count(*) FROM task_attempts) AS attempts FROM tasks');
    expect(rows[0]).toEqual({ tasks: String(KEYS), prompts: String(KEYS), attempts: String(KEYS) });
    for (const given of answers.values()) {
      const made = given.filter(({ status }) => status === 201);
      expect(new Set(made.map(({ text }) => text)).size).toBe(1);
      expect(new Set(made.map(({ headers }) => JSON.stringify([headers['location'], headers['etag'], headers['content-type']]))).size).toBe(1);
      expect(made.filter(({ headers }) => headers['idempotency-replayed'] !== 'true').length).toBeLessThanOrEqual(1);
    }
  });

  it('refuses a key for another call, and keeps the keys of two people apart', async () => {
    const key = keys[0]!;
    const other = await send(1, key, 'something else');
    expect([other.status, (JSON.parse(other.text) as { code: string }).code]).toEqual([422, 'idempotency_mismatch']);
    const hers = await send(1, key, `work of ${key}`, eve);
    expect([hers.status, hers.headers['idempotency-replayed']]).toEqual([201, undefined]);
    expect(answers.get(key)!.some(({ text }) => text === hers.text)).toBe(false);
  });
});
