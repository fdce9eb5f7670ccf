import { setTimeout as pause } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';

/** Who waits for a lock holds up everybody behind. Three of these are shorter than PostgreSQL's search for deadlocks (1 s), so that it is always we who give way. */
const LOCK_TIMEOUT = '250ms';
const TRIES = 60;
const PAUSE_MS = 1_000;
/** The lock was not to be had in time; two waited for each other. */
const IN_THE_WAY: readonly unknown[] = ['55P03', '40P01'];

/** Whether a statement failed only because somebody else was using the table. */
export function isLockTrouble(error: unknown): boolean {
  return IN_THE_WAY.includes((error as { code?: unknown } | null)?.code);
}

/**
 * Runs the work in a transaction that waits for no lock longer than a moment, again and again until it gets them all: those who write meanwhile wait no
 * longer than that either. For migrations with `transaction = false`; the work must be the same when it is run again. Inside a transaction it joins that.
 */
export async function withShortLocks(runner: QueryRunner, work: () => Promise<void>): Promise<void> {
  if (runner.isTransactionActive) return work();
  for (let tries = 1; ; tries++) {
    await runner.startTransaction();
    try {
      await runner.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await work();
      return await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction();
      if (tries === TRIES || !isLockTrouble(error)) throw error;
      await pause(PAUSE_MS);
    }
  }
}
