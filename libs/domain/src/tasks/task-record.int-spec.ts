import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aTenant, TaskHouse, type Tenant } from '../testing';

let database: TestDatabase;
let house: TaskHouse;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
});
afterAll(() => database.close());

const manager = () => database.dataSource.manager;
const mine = (taskId: string) => ({ organizationId: tenant.organization.id, taskId });
const nudge = (text: string) => ({ type: 'nudge' as const, data: { text }, internal: { text } });

describe('events', () => {
  it('are numbered without gaps by 8 writers, and a reader that follows sees each once, in order', async () => {
    const { taskId, attemptId } = await house.newTask(tenant);
    let writing = true;
    const seen: number[] = [];
    const reader = (async () => {
      for (let done = false; !done; ) {
        done = !writing;
        const events = await house.events.readAfter(manager(), mine(taskId), seen.at(-1) ?? 0, 50);
        seen.push(...events.map((event) => event.seq));
        if (events.length > 0) done = false;
      }
    })();
    const writer = async (n: number) => {
      for (let i = 0; i < 20; i++) await house.work.run((tx) => house.events.append(tx, taskId, attemptId, Array.from({ length: 1 + ((i + n) % 3) }, (_, k) => nudge(`${n}-${i}-${k}`))));
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => writer(n)));
    writing = false;
    await reader;
    const last = await house.events.lastSeq(manager(), taskId);
    expect(last).toBeGreaterThan(300);
    expect(seen).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  });

  it('leave no gap behind a transaction that is rolled back', async () => {
    const { taskId } = await house.newTask(tenant);
    await expect(house.work.run(async (tx) => { await house.events.append(tx, taskId, null, [nudge('a'), nudge('b')]); throw new Error('back'); })).rejects.toThrow('back');
    expect(await house.work.run((tx) => house.events.append(tx, taskId, null, [nudge('c')]))).toBe(2);
  });

  it('take any text, and keep the private half from readers', async () => {
    const { taskId } = await house.newTask(tenant);
    await house.work.run((tx) => house.events.append(tx, taskId, null, [{ type: 'nudge', data: { text: 'NUL \0, half \ud800 and {"a":[1,"\\"]}' }, internal: { raw: ['\0', 'ok'] } }]));
    const [shown] = (await house.events.readAfter(manager(), mine(taskId), 1, 10)) as unknown as Record<string, unknown>[];
    expect(shown).not.toHaveProperty('internal');
    const stranger = { organizationId: (await aTenant(database.dataSource)).organization.id, taskId };
    expect([await house.events.readAfter(manager(), stranger, 0, 10), await house.events.position(manager(), stranger)]).toEqual([[], null]);
    expect(shown).toMatchObject({ seq: 2, type: 'nudge', data: { text: 'NUL \ufffd, half \ufffd and {"a":[1,"\\"]}' } });
    expect((await house.events.readForResume(manager(), taskId)).at(-1)?.internal).toEqual({ raw: ['\ufffd', 'ok'] });
  });
});

describe('messages', () => {
  it('are events too, and wait until a call carries them', async () => {
    const { taskId } = await house.newTask(tenant);
    const add = (content: string) => house.work.run((tx) => house.messages.append(tx, { taskId, attemptId: null, role: 'user', authorUserId: tenant.user.id, content }));
    const first = await add('Also the tests, please.');
    const second = await add('And \0 docs.');
    expect([first.seq, second.seq]).toEqual([1, 2]);
    expect((await house.messages.undelivered(manager(), taskId)).map((message) => message.id)).toEqual([first.id, second.id]);
    await house.work.run((tx) => house.messages.markDelivered(tx, taskId, [first.id]));
    expect(await house.messages.undelivered(manager(), taskId)).toMatchObject([{ id: second.id, content: 'And \ufffd docs.' }]);
    const listed = await house.messages.listForTask(manager(), { organizationId: tenant.organization.id, taskId }, { after: 0, limit: 10 });
    expect(listed).toMatchObject([{ seq: 1, authorUsername: tenant.user.username, deliveredAt: expect.any(Date) as Date }, { seq: 2, deliveredAt: null }]);
  });
});

describe('logs', () => {
  it('are appended in batches and read by filter', async () => {
    const { taskId, attemptId } = await house.newTask(tenant);
    const lines = Array.from({ length: 230 }, (_, n) => ({ level: n % 50 === 0 ? ('error' as const) : ('debug' as const), source: n % 2 ? ('tool' as const) : ('git' as const), message: `line ${n}` }));
    expect(await house.work.run((tx) => house.logs.append(tx, taskId, attemptId, lines))).toBe(230);
    const query = { organizationId: tenant.organization.id, taskId, after: 0, limit: 1_000 };
    const read = async (filter: object) => (await house.logs.read(manager(), { ...query, ...filter })).map((line) => line.seq);
    expect(await read({})).toEqual(Array.from({ length: 230 }, (_, n) => n + 1));
    expect(await read({ level: 'warn' })).toEqual([1, 51, 101, 151, 201]);
    expect(await read({ source: 'tool', q: 'LINE 22', limit: 3 })).toEqual([222, 224, 226]);
    expect(await read({ attempt: 2 })).toEqual([]);
    expect(await house.logs.read(manager(), { ...query, organizationId: taskId })).toEqual([]);
  });

  it('cut a line at a character', async () => {
    const { taskId } = await house.newTask(tenant);
    await house.work.run((tx) => house.logs.append(tx, taskId, null, [{ level: 'info', source: 'tool', message: `x${'😀'.repeat(20_000)}` }]));
    const [line] = await house.logs.read(manager(), { organizationId: tenant.organization.id, taskId, after: 0, limit: 1 });
    expect(Buffer.byteLength(line!.message)).toBe(1 + 4 * Math.floor((65_536 - 1) / 4));
    expect(line!.message).not.toContain('\ufffd');
  });
});

describe('results', () => {
  const put = (ids: { taskId: string; attemptId: string }, content: Buffer, file?: string) =>
    house.work.run((tx) => house.results.put(tx, { organizationId: tenant.organization.id, ...ids, type: 'patch', title: 'Patch', mediaType: 'text/x-patch', content, file }));

  it('are kept once per step, whole, whatever their bytes', async () => {
    const ids = await house.newTask(tenant);
    const small = await put(ids, Buffer.from('diff --git'));
    expect(await put(ids, Buffer.from('another'))).toEqual({ id: small.id, created: false });
    const latin = Buffer.from([0xe9, 0x0a]);
    const big = Buffer.alloc(1_048_577, 'a');
    for (const [name, bytes] of [['latin', latin], ['nul', Buffer.from('a\0b')], ['big', big]] as const) {
      const { id } = await put(ids, bytes, name);
      expect(await house.results.content(manager(), tenant.organization.id, id)).toEqual(bytes);
      expect(await house.results.content(manager(), tenant.organization.id, id, { offset: 1, length: 1 })).toEqual(bytes.subarray(1, 2));
    }
    const listed = await house.results.listForTask(manager(), tenant.organization.id, ids.taskId, 'patch');
    expect(listed.map(({ file, sizeBytes }) => [file, sizeBytes])).toEqual([[null, 10], ['latin', 2], ['nul', 3], ['big', 1_048_577]]);
    expect(await house.results.content(manager(), ids.taskId, small.id)).toBeNull();
  });
});

describe('effects', () => {
  it('are intended once, and done for good', async () => {
    const { taskId, attemptId } = await house.newTask(tenant);
    const effect = { taskId, attemptId, kind: 'push' as const, key: `push-${taskId}-sha`, intent: { sha: 'sha' } };
    const rows = await Promise.all(Array.from({ length: 6 }, () => house.work.run((tx) => house.effects.intend(tx, effect))));
    expect(new Set(rows.map((row) => row.id)).size).toBe(1);
    await house.work.run((tx) => house.effects.failed(tx, effect.key, 'push_failed'));
    expect(await house.work.run((tx) => house.effects.intend(tx, { ...effect, intent: { sha: 'other' } }))).toMatchObject({ status: 'intended', intent: { sha: 'other' }, errorCode: null });
    expect(await house.work.run((tx) => house.effects.done(tx, effect.key, { remote: 'sha' }))).toBe(true);
    expect(await house.work.run((tx) => house.effects.done(tx, effect.key, { remote: 'late' }))).toBe(false);
    await house.work.run((tx) => house.effects.failed(tx, effect.key, 'late'));
    expect(await house.work.run((tx) => house.effects.intend(tx, effect))).toMatchObject({ status: 'done', result: { remote: 'sha' }, intent: { sha: 'other' } });
  });
});
