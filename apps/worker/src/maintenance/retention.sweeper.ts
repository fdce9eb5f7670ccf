import { Clock } from '@app/common';
import {
  BlobStore, deleteEndedSessions, deleteExpiredIdempotencyKeys, deleteOldAccessTokens, deleteOldChecks, deleteOldDeliveries, deleteOldInvitations, UnitOfWork, type Tx,
} from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

/** Rows per statement, so that no statement runs long and none holds its locks for more than a moment. */
const BATCH = 1_000;
/** Everything has its turn so often, at the most. */
const CYCLE_MS = 3_600_000;
/** What one round may take; the next goes on where it was. */
const ROUND_MS = 1_000;

type Removal = (limit: number) => Promise<number>;

/** Removes what has had its time. */
@Injectable()
export class RetentionSweeper extends Sweeper {
  readonly name = 'retention';
  readonly everyMs = 10_000;
  private waiting: Removal[] = [];
  private cycleBegan = -Infinity;

  constructor(
    private readonly work: UnitOfWork,
    private readonly blobs: BlobStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  async run(): Promise<number> {
    const began = this.clock.monotonicMs();
    if (this.waiting.length === 0) {
      if (began - this.cycleBegan < CYCLE_MS) return 0;
      this.cycleBegan = began;
      this.waiting = this.removals();
    }
    let removed = 0;
    for (let next = this.waiting[0]; next !== undefined; next = this.clock.monotonicMs() - began < ROUND_MS ? this.waiting[0] : undefined) {
      // Taken off first: one that fails has its next turn with the others, and they have theirs now.
      this.waiting.shift();
      const batch = await next(BATCH);
      removed += batch;
      if (batch === BATCH) this.waiting.unshift(next);
    }
    return removed;
  }

  private removals(): Removal[] {
    const inOneTransaction = [
      deleteExpiredIdempotencyKeys, (tx: Tx, limit: number) => this.blobs.deleteExpired(tx, limit), deleteOldDeliveries, deleteOldChecks, deleteEndedSessions, deleteOldInvitations, deleteOldAccessTokens,
    ].map((remove): Removal => (limit) => this.work.run((tx) => remove(tx, limit)));
    return [...inOneTransaction, (limit) => this.blobs.removeUnnamed(this.work, limit)];
  }
}
