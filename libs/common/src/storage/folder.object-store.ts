import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkedObjectKey, ObjectStore, type ObjectRange } from './object-store';

/** Objects as files of a folder: a volume that all processes share, or one machine's disk. */
export class FolderObjectStore extends ObjectStore {
  readonly isConfigured = true;
  private readonly root: string;

  constructor(folder: string) {
    super();
    this.root = resolve(folder);
  }

  /** Nobody sees half a file: it gets its name when it is on the disk. */
  async put(key: string, bytes: Buffer): Promise<void> {
    const path = this.path(key);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  }

  async get(key: string, range?: ObjectRange): Promise<Buffer | null> {
    const file = await open(this.path(key), 'r').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    if (file === null) return null;
    try {
      if (!range) return await file.readFile();
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.max(0, Math.min(range.length, size - range.offset)));
      const { bytesRead } = bytes.length > 0 ? await file.read(bytes, 0, bytes.length, range.offset) : { bytesRead: 0 };
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.path(key), { force: true });
  }

  private path(key: string): string {
    return join(this.root, checkedObjectKey(key));
  }
}

/** A new name is safe from a power cut when its folder is on the disk, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
