import { BlobStore, deleteEndedSessions, deleteExpiredIdempotencyKeys, deleteOldChecks, deleteOldDeliveries, TaskSweeps, UnitOfWork, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

/** Rows per statement, so that no statement runs long. */
const BATCH = 1_000;

/** Removes what has had its time. */
@Injectable()
export class RetentionSweeper extends Sweeper {
  readonly name = 'retention';
  readonly everyMs = 3_600_000;

  constructor(
    private readonly work: UnitOfWork,
    private readonly sweeps: TaskSweeps,
    private readonly blobs: BlobStore,
  ) {
    super();
  }

  async run(): Promise<number> {
    const keys = await this.all((tx) => deleteExpiredIdempotencyKeys(tx, BATCH));
    const blobs = await this.all((tx) => this.blobs.deleteExpired(tx, BATCH));
    const objects = await this.blobs.removeUnnamed(this.work, BATCH);
    const deliveries = await this.all((tx) => deleteOldDeliveries(tx, BATCH));
    const checks = await this.all((tx) => deleteOldChecks(tx, BATCH));
    const sessions = await this.all((tx) => deleteEndedSessions(tx, BATCH));
    return keys + blobs + objects + deliveries + checks + sessions;
  }

  private async all(remove: (tx: Tx) => Promise<number>): Promise<number> {
    let removed = 0;
    for (;;) {
      const batch = await this.work.run(remove);
      removed += batch;
      if (batch < BATCH) return removed;
    }
  }
}
