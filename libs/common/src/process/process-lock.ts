import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock held by this process. The kernel releases it when the process ends, however it ends. */
export interface HeldLock {
  release(): Promise<void>;
}

/** The lock was not free in time. */
export class LockTimeoutError extends Error {
  constructor(name: string, waitMs: number) {
    super(`the lock "${name}" was not free within ${waitMs} ms`);
    this.name = 'LockTimeoutError';
  }
}

const RETRY_MS = 50;

/**
 * Takes the lock of that name on this machine if it is free; null when this or another process holds it. It is an abstract unix
 * socket: binding it is atomic, and unlike a lock file it cannot be left behind by a killed process.
 */
export function tryLock(name: string): Promise<HeldLock | null> {
  const server = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen({ path: `\0async-coder-${createHash('sha256').update(name).digest('hex')}` }, () => {
      server.unref();
      resolve({ release: () => closed(server) });
    });
  });
}

/**
 * Waits for the lock, between tasks of this process as well as between processes.
 * @throws {LockTimeoutError} after `waitMs`; the signal's reason when it fired.
 */
export async function waitForLock(name: string, waitMs: number, signal?: AbortSignal): Promise<HeldLock> {
  const until = performance.now() + waitMs;
  for (;;) {
    signal?.throwIfAborted();
    const lock = await tryLock(name);
    if (lock) return lock;
    if (performance.now() >= until) throw new LockTimeoutError(name, waitMs);
    await sleep(RETRY_MS);
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
