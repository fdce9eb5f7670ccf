import { randomBytes } from 'node:crypto';
import { ObjectStore } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aTenant, TaskHouse, type Tenant } from '../testing';
import { AttemptStore } from './attempt.store';
import { BlobStore, type NewBlob, type StagedBlob } from './blob.store';
import { TaskResultStore } from './task-result.store';

/** Objects in memory; `broken` makes every write fail after it happened, or every removal before. */
class MemoryObjects extends ObjectStore {
  readonly isConfigured = true;
  readonly kept = new Map<string, Buffer>();
  broken = false;

  put(key: string, bytes: Buffer): Promise<void> {
    this.kept.set(key, Buffer.from(bytes));
    return this.broken ? Promise.reject(new Error('no answer')) : Promise.resolve();
  }

  get(key: string, range?: { offset: number; length: number }): Promise<Buffer | null> {
    const bytes = this.kept.get(key);
    return Promise.resolve(bytes ? (range ? bytes.subarray(range.offset, range.offset + range.length) : bytes) : null);
  }

  delete(key: string): Promise<void> {
    if (this.broken) return Promise.reject(new Error('no answer'));
    this.kept.delete(key);
    return Promise.resolve();
  }
}

const large = randomBytes(1_500_000);
let database: TestDatabase;
let house: TaskHouse;
let tenant: Tenant;
let objects: MemoryObjects;
let blobs: BlobStore;

beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  tenant = await aTenant(database.dataSource);
});
beforeEach(() => {
  objects = new MemoryObjects();
  blobs = new BlobStore(objects);
});
afterAll(() => database.close());

const blob = (content: Buffer): NewBlob => ({ mediaType: 'application/octet-stream', content });
const put = (staged: NewBlob | StagedBlob): Promise<string> => house.work.run((tx) => blobs.put(tx, tenant.organization.id, staged));
const stage = (content: Buffer): Promise<NewBlob | StagedBlob> => blobs.stage(house.work, tenant.organization.id, blob(content));
const passTime = (): Promise<unknown> => database.dataSource.query(`UPDATE stored_objects SET created_at = now() - interval '61 minutes'`);
const rows = async (): Promise<number> => Number((await database.dataSource.query<{ n: string }[]>('SELECT count(*) AS n FROM stored_objects'))[0]!.n);

describe('large bytes', () => {
  it('lie in the object store, small ones in PostgreSQL; both are read alike', async () => {
    const [inStore, inRow] = [await put(await stage(large)), await put(await stage(large.subarray(0, 1_048_576)))];
    expect(objects.kept.size).toBe(1);
    expect([...objects.kept.keys()][0]).toMatch(new RegExp(`^blobs/${tenant.organization.id}/`));
    for (const [id, size] of [[inStore, 1_500_000], [inRow, 1_048_576]] as const) {
      expect((await blobs.read(house.work.reader, tenant.organization.id, id))?.equals(large.subarray(0, size))).toBe(true);
      expect((await blobs.read(house.work.reader, tenant.organization.id, id, { offset: 70, length: 9 }))?.equals(large.subarray(70, 79))).toBe(true);
    }
    const stranger = await aTenant(database.dataSource);
    expect(await blobs.read(house.work.reader, stranger.organization.id, inStore)).toBeNull();
  });

  it('stay in PostgreSQL without an object store, up to 32 MiB', async () => {
    const plain = new BlobStore();
    const id = await house.work.run(async (tx) => plain.put(tx, tenant.organization.id, await plain.stage(house.work, tenant.organization.id, blob(large))));
    expect((await plain.read(house.work.reader, tenant.organization.id, id))?.equals(large)).toBe(true);
    await expect(plain.stage(house.work, tenant.organization.id, blob(Buffer.alloc(33_554_433)))).rejects.toThrow(RangeError);
    await expect(blobs.stage(house.work, tenant.organization.id, blob(Buffer.alloc(33_554_433)))).rejects.toThrow(RangeError);
  });

  it('are never taken for others, nor for nothing', async () => {
    const id = await put(await stage(large));
    const [key] = [...objects.kept.keys()];
    objects.kept.set(key!, Buffer.concat([large.subarray(0, 1_499_999), Buffer.from([large[1_499_999]! ^ 1])]));
    await expect(blobs.read(house.work.reader, tenant.organization.id, id)).rejects.toThrow('other bytes');
    objects.kept.clear();
    await expect(blobs.read(house.work.reader, tenant.organization.id, id)).rejects.toThrow('lost');
    await expect(new BlobStore().read(house.work.reader, tenant.organization.id, id)).rejects.toThrow('OBJECT_STORE');
  });

  it('that no blob came to name are removed, and only those', async () => {
    await passTime();
    await blobs.removeUnnamed(house.work, 1_000);
    const kept = await put(await stage(large));
    const replaced = await put(await stage(large));
    await house.work.run((tx) => blobs.delete(tx, replaced));
    const forgotten = await stage(large);
    objects.broken = true;
    await expect(stage(large)).rejects.toThrow('no answer');
    const before = await rows();
    expect(await blobs.removeUnnamed(house.work, 100)).toBe(0);
    await passTime();
    // A store that does not answer: everything is tried again.
    await expect(blobs.removeUnnamed(house.work, 100)).rejects.toThrow('no answer');
    await expect(put(forgotten)).rejects.toThrow('too long');
    objects.broken = false;
    expect(await blobs.removeUnnamed(house.work, 2)).toBe(2);
    expect(await blobs.removeUnnamed(house.work, 100)).toBe(1);
    expect([objects.kept.size, before - (await rows())]).toEqual([1, 3]);
    expect((await blobs.read(house.work.reader, tenant.organization.id, kept))?.equals(large)).toBe(true);
  });
});

it('a large checkpoint is replaced whole, and restored by whoever asks', async () => {
  const attempts = new AttemptStore(blobs);
  const attempt = await house.runningTask(tenant);
  for (const [step, content] of [[1, large], [2, Buffer.concat([large, large])]] as const) {
    const bundle = await attempts.stageBundle(house.work, attempt, content);
    await house.work.run((tx) => attempts.saveCheckpoint(tx, attempt, { step, commit: `c${step}`, tree: `t${step}` }, bundle));
  }
  expect((await attempts.readCheckpoint(house.work.reader, attempt.attemptId))?.bundle?.equals(Buffer.concat([large, large]))).toBe(true);
  // A worker that lost its attempt writes no row, whatever it uploaded.
  const stale = { ...attempt, fence: attempt.fence - 1n };
  const late = await attempts.stageBundle(house.work, stale, large);
  await expect(house.work.run((tx) => attempts.saveCheckpoint(tx, stale, { step: 3, commit: 'c3', tree: 't3' }, late))).rejects.toMatchObject({ stopCause: 'lease_lost' });
  await passTime();
  await blobs.removeUnnamed(house.work, 1_000);
  expect(objects.kept.size).toBe(1);
});

it('a large result is kept once and read in parts', async () => {
  const results = new TaskResultStore(blobs, house.events);
  const attempt = await house.runningTask(tenant);
  const text = Buffer.from('é'.repeat(600_000));
  const save = async (): Promise<{ id: string; created: boolean }> => {
    const content = await results.stage(house.work, tenant.organization.id, 'text/x-patch', text);
    return house.work.run((tx) => results.put(tx, { organizationId: tenant.organization.id, taskId: attempt.taskId, attemptId: attempt.attemptId, type: 'patch', title: 'Patch', mediaType: 'text/x-patch', content }));
  };
  const { id } = await save();
  expect(await save()).toEqual({ id, created: false });
  expect(await results.find(house.work.reader, tenant.organization.id, attempt.taskId, id)).toMatchObject({ sizeBytes: 1_200_000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect((await results.content(house.work.reader, tenant.organization.id, id))?.equals(text)).toBe(true);
  expect((await results.content(house.work.reader, tenant.organization.id, id, { offset: 2, length: 4 }))?.toString()).toBe('éé');
});
