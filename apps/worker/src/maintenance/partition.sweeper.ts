import { AppConfig, Clock, Logger } from '@app/common';
import { isLockTrouble, PartitionStore, UnitOfWork, type DividedTable, type Tx } from '@app/domain';
import { metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

const TABLES: readonly DividedTable[] = ['task_logs', 'task_events'];
const TRIES = 5;
const PAUSE_MS = 2_000;

/** Makes the partitions of the coming months before they are needed, and drops those past their time. */
@Injectable()
export class PartitionSweeper extends Sweeper {
  readonly name = 'partitions';
  readonly everyMs = 3_600_000;
  private readonly logger: Logger;

  constructor(
    private readonly work: UnitOfWork,
    private readonly partitions: PartitionStore,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    super();
    this.logger = logger.named('maintenance');
  }

  async run(): Promise<number> {
    let changed = 0;
    for (const table of TABLES) {
      changed += await this.whenFree((tx) => this.partitions.ensure(tx, table));
      changed += await this.dropOld(table);
      const rows = await this.partitions.strays(this.work.reader, table);
      metrics.strayRows.set({ table }, rows);
      // Writing goes on, but the partition of their month can no longer be made: somebody must move them.
      if (rows > 0) this.logger.error('Rows lie in the default partition', { table, rows });
    }
    return changed;
  }

  private async dropOld(table: DividedTable): Promise<number> {
    const months = table === 'task_logs' ? this.config.worker.TASK_LOG_RETENTION_MONTHS : this.config.worker.TASK_EVENT_RETENTION_MONTHS;
    if (months === 0) return 0;
    let dropped = 0;
    for (;;) {
      const some = await this.whenFree((tx) => this.partitions.drop(tx, table, months));
      dropped += some;
      if (some === 0) return dropped;
    }
  }

  /** What cannot be had for the moment is tried again, and then left to the next round: there are months of time. */
  private async whenFree(change: (tx: Tx) => Promise<number>): Promise<number> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.work.run(change);
      } catch (error) {
        if (tries === TRIES || !isLockTrouble(error)) throw error;
        await this.clock.sleep(PAUSE_MS);
      }
    }
  }
}
