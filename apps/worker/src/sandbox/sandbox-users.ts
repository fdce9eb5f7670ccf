import { tryLock, type HeldLock } from '@app/common';
import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SandboxIdentity } from './sandbox-spec';

/** A uid of its own for one sandbox: the process limit counts per uid, and files of other sandboxes are not readable. */
export interface SandboxUser {
  /** Null when we are an ordinary user: the sandbox then runs as us. */
  readonly identity: SandboxIdentity | null;
  release(): Promise<void>;
}

const FIRST_UID = 2_000_000;
const RANGE = 60_000;
const TRIES = 200;

/** Hands out uids that no other worker of this machine uses. */
@Injectable()
export class SandboxUsers {
  async acquire(): Promise<SandboxUser> {
    if (process.getuid?.() !== 0) return { identity: null, release: () => Promise.resolve() };
    const first = await firstUid();
    const start = randomInt(RANGE);
    for (let i = 0; i < TRIES; i++) {
      const uid = first + ((start + i) % RANGE);
      const lock: HeldLock | null = await tryLock(`sandbox-user-${uid}`);
      if (lock) return { identity: { uid, gid: uid }, release: () => lock.release() };
    }
    throw new Error('no free uid for a sandbox');
  }
}

/** In a container with few uids the range lies at their end. */
async function firstUid(): Promise<number> {
  const map = await readFile('/proc/self/uid_map', 'utf8').catch(() => '');
  const ends = map
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((fields) => fields.length === 3)
    .map(([inside = 0, , count = 0]) => inside + count);
  const end = Math.max(0, ...ends);
  if (end === 0 || end >= FIRST_UID + RANGE) return FIRST_UID;
  return Math.max(1_000, end - RANGE - 1);
}
