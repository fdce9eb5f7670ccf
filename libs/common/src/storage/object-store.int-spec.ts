import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Peer } from '../../../../test/support/s3-peer';
import { loadConfigGroup } from '../config/load-config';
import { StorageConfig, storageFaults } from '../config/storage.config';
import { NoObjectStore, type ObjectStore } from './object-store';
import { openObjectStore } from './open-object-store';

let folder: string;
let peer: S3Peer;
const s3 = (more: Record<string, string> = {}): ObjectStore =>
  openObjectStore(
    loadConfigGroup(StorageConfig, {
      OBJECT_STORE: 's3', S3_BUCKET: peer.bucket, S3_ENDPOINT: peer.url, S3_FORCE_PATH_STYLE: 'true', S3_PREFIX: 'house/one/', S3_ACCESS_KEY_ID: peer.accessKeyId, S3_SECRET_ACCESS_KEY: peer.secretAccessKey, ...more,
    }),
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'object-store-'));
  peer = await S3Peer.start();
});
afterAll(async () => {
  await peer.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ['folder', () => openObjectStore(loadConfigGroup(StorageConfig, { OBJECT_STORE: 'folder', OBJECT_STORE_DIR: join(folder, 'objects') }))],
  ['s3', () => s3()],
] as const)('objects: %s', (_, open) => {
  let store: ObjectStore;
  beforeAll(() => (store = open()));

  it('come back as they were put, whole and in part', async () => {
    const bytes = randomBytes(3_000_000);
    await store.put('blobs/org-1/object-1', bytes, 'application/x-git-bundle');
    expect((await store.get('blobs/org-1/object-1'))?.equals(bytes)).toBe(true);
    expect((await store.get('blobs/org-1/object-1', { offset: 1_000_000, length: 500 }))?.equals(bytes.subarray(1_000_000, 1_000_500))).toBe(true);
    expect((await store.get('blobs/org-1/object-1', { offset: 2_999_990, length: 500 }))?.equals(bytes.subarray(2_999_990))).toBe(true);
    expect(await store.get('blobs/org-1/object-1', { offset: 4_000_000, length: 5 })).toHaveLength(0);
    expect(await store.get('blobs/org-1/object-1', { offset: 5, length: 0 })).toHaveLength(0);
  });

  it('may be put twice, be empty, and be gone', async () => {
    const key = 'blobs/org-1/object-2';
    await Promise.all([store.put(key, Buffer.from('same'), 'text/plain'), store.put(key, Buffer.from('same'), 'text/plain')]);
    expect((await store.get(key))?.toString()).toBe('same');
    await store.put('blobs/org-1/empty', Buffer.alloc(0), 'text/plain');
    expect(await store.get('blobs/org-1/empty')).toHaveLength(0);
    await store.delete(key);
    await store.delete(key);
    expect(await store.get(key)).toBeNull();
    expect(await store.get('blobs/org-2/never', { offset: 0, length: 1 })).toBeNull();
  });

  it.each(['../secret', '/etc/passwd', 'a/../b', 'a//b', '', 'A/b', 'a/b\0', 'a/b?x', 'a%2e%2e/b', './a', 'a/.', 'a\\b', `a/${'b'.repeat(65)}`, 'a/b/c/d/e/f/g'])('refuse a key that could mean something else: %j', async (key) => {
    for (const act of [() => store.put(key, Buffer.from('x'), 'text/plain'), () => store.get(key), () => store.delete(key)]) await expect((async () => act())()).rejects.toThrow('not usable');
  });
});

it('leaves no half object in a folder, readable for nobody else', async () => {
  const store = openObjectStore(loadConfigGroup(StorageConfig, { OBJECT_STORE: 'folder', OBJECT_STORE_DIR: join(folder, 'modes') }));
  await store.put('a/b', Buffer.from('x'), 'text/plain');
  expect(await readdir(join(folder, 'modes', 'a'))).toEqual(['b']);
  expect((await stat(join(folder, 'modes', 'a', 'b'))).mode & 0o077).toBe(0);
  // A folder in its place: the name cannot be given, and the draft is taken away.
  await store.put('a/folder/c', Buffer.from('x'), 'text/plain');
  await expect(store.put('a/folder', Buffer.from('x'), 'text/plain')).rejects.toThrow();
  expect((await readdir(join(folder, 'modes', 'a'))).sort()).toEqual(['b', 'folder']);
});

describe('a bucket', () => {
  it('keeps its keys below the prefix', async () => {
    await s3().put('a/prefixed', Buffer.from('x'), 'text/plain');
    expect([...peer.objects.keys()]).toContain('house/one/a/prefixed');
  });

  it.each([[503, 'SlowDown'], [500, 'InternalError'], [0, 'cut']])('is tried again after %d %s', async (status, code) => {
    peer.fail({ status, code, times: 2 });
    await s3().put(`a/again-${status}`, Buffer.from('again'), 'text/plain');
    expect((await s3().get(`a/again-${status}`))?.toString()).toBe('again');
  });

  it('that answers nothing but errors is an error, and so is a wrong secret or another bucket', async () => {
    peer.fail({ status: 503, code: 'SlowDown', times: 4 });
    await expect(s3().put('a/never', Buffer.from('x'), 'text/plain')).rejects.toThrow();
    await expect(s3({ S3_SECRET_ACCESS_KEY: 'wrong' }).get('a/prefixed')).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    await expect(s3({ S3_BUCKET: 'another-bucket' }).get('a/prefixed')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    expect(peer.objects.has('house/one/a/never')).toBe(false);
  });
});

it('says which settings do not fit together', async () => {
  const faults = (settings: Record<string, string>): string[] => storageFaults(loadConfigGroup(StorageConfig, settings));
  expect(faults({})).toEqual([]);
  expect(faults({ OBJECT_STORE: 'folder' })).toEqual([expect.stringContaining('OBJECT_STORE_DIR')]);
  expect(faults({ OBJECT_STORE: 's3', S3_ACCESS_KEY_ID: 'a' })).toEqual([expect.stringContaining('S3_BUCKET'), expect.stringContaining('together')]);
  const none = openObjectStore(loadConfigGroup(StorageConfig, {}));
  expect(none).toBeInstanceOf(NoObjectStore);
  await expect(none.get('a/b')).rejects.toThrow('OBJECT_STORE');
});
