import { Clock } from '@app/common';
import { deleteOverdueLogs, overdueLogs, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

/** Lines per statement. */
const BATCH = 2_000;
/** Tasks that are looked at together. */
const TASKS = 200;
/** All tasks have their turn so often, at the most: a plan keeps logs for days. */
const CYCLE_MS = 6 * 3_600_000;
/** What one round may take; the next goes on where it was. */
const ROUND_MS = 1_000;

/** Deletes log lines that are older than their organization's plan keeps them. What is older than any plan keeps goes with its whole month. */
@Injectable()
export class LogRetentionSweeper extends Sweeper {
  readonly name = 'log-retention';
  readonly everyMs = 10_000;
  /** The task that the next round begins behind; undefined: no cycle is under way. */
  private after: string | null | undefined;
  private cycleBegan = -Infinity;

  constructor(
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {
    super();
  }

  async run(): Promise<number> {
    const began = this.clock.monotonicMs();
    if (this.after === undefined) {
      if (began - this.cycleBegan < CYCLE_MS) return 0;
      this.cycleBegan = began;
      this.after = null;
    }
    let deleted = 0;
    while (this.after !== undefined && this.clock.monotonicMs() - began < ROUND_MS) deleted += await this.step(this.after, began + ROUND_MS);
    return deleted;
  }

  private async step(after: string | null, until: number): Promise<number> {
    const { overdue, next } = await overdueLogs(this.work.reader, after, TASKS);
    let deleted = 0;
    for (let batch = overdue.length === 0 ? 0 : BATCH; batch === BATCH; deleted += batch) {
      // The same tasks come again in the next round.
      if (deleted > 0 && this.clock.monotonicMs() >= until) return deleted;
      batch = await this.work.run((tx) => deleteOverdueLogs(tx, overdue, BATCH));
    }
    this.after = next ?? undefined;
    return deleted;
  }
}
