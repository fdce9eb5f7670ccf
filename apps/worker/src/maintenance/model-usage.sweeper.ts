import { Clock } from '@app/common';
import { ModelUsageStore, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

/** All models have their turn so often, at the most. */
const CYCLE_MS = 300_000;
/** What one round may take: the sweeps behind it bring back the tasks of dead workers. */
const ROUND_MS = 500;

/** Sums up what models did, day by day: routing looks at it, and so do those who ask what a model cost them. */
@Injectable()
export class ModelUsageSweeper extends Sweeper {
  readonly name = 'model-usage';
  readonly everyMs = 10_000;
  private waiting: string[] = [];
  private cycleBegan = -Infinity;

  constructor(
    private readonly work: UnitOfWork,
    private readonly usage: ModelUsageStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  async run(): Promise<number> {
    const began = this.clock.monotonicMs();
    if (this.waiting.length === 0) {
      if (began - this.cycleBegan < CYCLE_MS) return 0;
      this.cycleBegan = began;
      this.waiting = await this.usage.models(this.work.reader);
    }
    let rows = 0;
    for (let next = this.waiting.shift(); next !== undefined; next = this.clock.monotonicMs() - began < ROUND_MS ? this.waiting.shift() : undefined) {
      const id = next;
      rows += await this.work.run((tx) => this.usage.rollUp(tx, id));
    }
    return rows;
  }
}
