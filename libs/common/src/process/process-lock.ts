import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess, ownIdentity, parseIdentity } from './process-identity';

/** A lock file held by this process; `release` removes it. */
export interface HeldLock {
  release(): Promise<void>;
}

/** The lock was not free in time. */
export class LockTimeoutError extends Error {
  constructor(path: string, waitMs: number) {
    super(`the lock ${path} was not free within ${waitMs} ms`);
    this.name = 'LockTimeoutError';
  }
}

const RETRY_MS = 50;

/** Takes the lock if it is free or its holder is dead; null when a living process of this machine holds it. */
export async function tryLock(path: string): Promise<HeldLock | null> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  await writeFile(own, await ownIdentity());
  try {
    if ((await linked(own, path)) || ((await removeStale(path)) && (await linked(own, path)))) {
      return { release: () => rm(path, { force: true }) };
    }
    return null;
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Waits for the lock, between tasks of this process as well as between processes.
 * @throws {LockTimeoutError} after `waitMs`; the signal's reason when it fired.
 */
export async function waitForLock(path: string, waitMs: number, signal?: AbortSignal): Promise<HeldLock> {
  const until = performance.now() + waitMs;
  for (;;) {
    const lock = await tryLock(path);
    if (lock) return lock;
    if (performance.now() >= until) throw new LockTimeoutError(path, waitMs);
    signal?.throwIfAborted();
    await sleep(RETRY_MS);
  }
}

/** A hard link appears whole or not at all: nobody reads a lock that is half written. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead holder's lock. Two may try at once: the one whose rename takes a living lock puts it back. */
async function removeStale(path: string): Promise<boolean> {
  const holder = await readFile(path, 'utf8').catch(() => null);
  if (holder === null) return true;
  if (await isSameProcess(parseIdentity(holder))) return false;
  const aside = `${path}.stale.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  const taken = await readFile(aside, 'utf8').catch(() => holder);
  if (taken !== holder) await linked(aside, path);
  await rm(aside, { force: true });
  return taken === holder;
}
