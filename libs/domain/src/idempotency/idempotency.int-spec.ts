import { createHash } from 'node:crypto';
import { SecretBox } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aTenant, TaskHouse, type Tenant } from '../testing';
import { deleteExpiredIdempotencyKeys, IdempotencyStore, type KeyedCall } from './idempotency.store';

let database: TestDatabase;
let house: TaskHouse;
let tenant: Tenant;
const store = new IdempotencyStore(new SecretBox(Buffer.alloc(32, 7)));
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  tenant = await aTenant(database.dataSource);
});
afterAll(() => database.close());

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const call = (key: string, values: Partial<KeyedCall> = {}): KeyedCall => ({ scope: 'u:1', key, method: 'POST', path: '/api/v1/tasks', requestHash: sha256('body'), ...values });
const answer = { status: 201, headers: { Location: '/x' }, body: '{"token":"ac_pat_secret é"}' };
const begin = (one: KeyedCall) => house.work.run((tx) => store.begin(tx, one));

/** The whole call in one transaction, as a handler does it. */
async function perform(one: KeyedCall, work: () => Promise<void> = () => Promise.resolve()): Promise<string> {
  return house.work.run(async (tx) => {
    const beginning = await store.begin(tx, one);
    if (beginning.kind === 'replay') return beginning.answer.body;
    await work();
    await store.complete(tx, one, beginning.token, answer);
    return answer.body;
  });
}

describe('a key', () => {
  it('lets one of 20 parallel calls work; the others get its bytes or are told to wait', async () => {
    let worked = 0;
    const keys = Array.from({ length: 10 }, (_, n) => `storm-${n}`);
    const results = await Promise.allSettled(keys.flatMap((key) => Array.from({ length: 20 }, () => perform(call(key), () => Promise.resolve(void worked++)))));
    expect(worked).toBe(10);
    for (const result of results) {
      if (result.status === 'fulfilled') expect(result.value).toBe(answer.body);
      else expect(result.reason).toMatchObject({ code: 'idempotency_in_progress', headers: { 'Retry-After': '1' } });
    }
    for (const key of keys) expect(await perform(call(key))).toBe(answer.body);
  });

  it('makes one task, and none when the transaction fails', async () => {
    const { taskId } = await house.newTask(tenant);
    const task = (await house.tasks.findForOrganization(database.dataSource.manager, tenant.organization.id, taskId))!;
    const create = (fail: boolean) =>
      house.work.run(async (tx) => {
        const beginning = await store.begin(tx, call('task'));
        if (beginning.kind === 'replay') return;
        await house.tasks.create(tx, { ...task, id: undefined, title: 'Keyed', status: 'draft', scheduledAt: null });
        if (fail) throw new Error('power cut');
        await store.complete(tx, call('task'), beginning.token, answer);
      });
    await expect(create(true)).rejects.toThrow('power cut');
    await create(false);
    await create(false);
    const listed = await house.tasks.list(database.dataSource.manager, { organizationId: tenant.organization.id, q: 'Keyed' }, { limit: 10, after: null, order: 'asc' });
    expect(listed.rows).toHaveLength(1);
  });

  it('belongs to one caller and one call', async () => {
    await perform(call('mine'));
    for (const other of [{ method: 'PUT' }, { path: '/other' }, { requestHash: sha256('other') }]) await expect(begin(call('mine', other))).rejects.toMatchObject({ code: 'idempotency_mismatch', kind: { status: 422 } });
    expect(await begin(call('mine', { scope: 'u:2', requestHash: sha256('other') }))).toMatchObject({ kind: 'started' });
  });

  it('is taken by one of 20 that each stand alone, as the edge takes it', async () => {
    const { manager } = database.dataSource;
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.begin(manager, call('alone'))));
    const [started, ...more] = results.filter((result) => result.status === 'fulfilled');
    expect(more).toEqual([]);
    const { token } = started!.value as { token: string };
    await store.complete(manager, call('alone'), token, answer);
    expect(await store.begin(manager, call('alone'))).toEqual({ kind: 'replay', answer });
  });

  it('replays status, headers and body, which is stored encrypted', async () => {
    await perform(call('stored'));
    expect(await begin(call('stored'))).toEqual({ kind: 'replay', answer });
    const [row] = await database.dataSource.query<{ response_body_enc: Buffer }[]>(`SELECT response_body_enc FROM idempotency_keys WHERE key = 'stored'`);
    expect(row!.response_body_enc.includes('ac_pat_secret')).toBe(false);
  });

  it('taken in a transaction of its own is held until it is completed, released or its time has passed', async () => {
    const first = await begin(call('own'));
    await expect(begin(call('own'))).rejects.toMatchObject({ code: 'idempotency_in_progress' });
    await database.dataSource.query(`UPDATE idempotency_keys SET locked_until = now() - interval '1 s' WHERE key = 'own'`);
    await store.renew(database.dataSource.manager, call('own'), (first as { token: string }).token);
    await expect(begin(call('own'))).rejects.toMatchObject({ code: 'idempotency_in_progress' });
    await database.dataSource.query(`UPDATE idempotency_keys SET locked_until = now() - interval '1 s' WHERE key = 'own'`);
    await expect(begin(call('own', { requestHash: sha256('other') }))).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    const second = await begin(call('own'));
    const complete = (token: string) => house.work.run((tx) => store.complete(tx, call('own'), token, answer));
    await expect(complete((first as { token: string }).token)).rejects.toMatchObject({ code: 'idempotency_in_progress' });
    await house.work.run((tx) => store.release(tx, call('own'), (first as { token: string }).token));
    await complete((second as { token: string }).token);
    expect(await begin(call('own'))).toMatchObject({ kind: 'replay' });
    const third = (await begin(call('freed'))) as { token: string };
    await house.work.run((tx) => store.release(tx, call('freed'), third.token));
    expect(await begin(call('freed'))).toMatchObject({ kind: 'started' });
  });

  it('opens answers that were sealed under the key before, and none of another', async () => {
    await perform(call('rotated'));
    const [before, after, other] = [7, 8, 9].map((byte) => new SecretBox(Buffer.alloc(32, byte)));
    const { manager } = database.dataSource;
    expect(await new IdempotencyStore(after!, before).begin(manager, call('rotated'))).toEqual({ kind: 'replay', answer });
    await expect(new IdempotencyStore(after!).begin(manager, call('rotated'))).rejects.toThrow('authenticate');
    await expect(new IdempotencyStore(after!, other).begin(manager, call('rotated'))).rejects.toThrow('authenticate');
  });

  it('is forgotten after its day', async () => {
    await perform(call('old'));
    await database.dataSource.query(`UPDATE idempotency_keys SET expires_at = now() - interval '1 s' WHERE key = 'old'`);
    expect(await begin(call('old', { requestHash: sha256('new') }))).toMatchObject({ kind: 'started' });
    await database.dataSource.query(`UPDATE idempotency_keys SET expires_at = now() - interval '1 s' WHERE key IN ('old', 'mine')`);
    expect(await house.work.run((tx) => deleteExpiredIdempotencyKeys(tx, 2))).toBe(2);
    expect(await house.work.run((tx) => deleteExpiredIdempotencyKeys(tx, 2))).toBe(1);
  });
});
