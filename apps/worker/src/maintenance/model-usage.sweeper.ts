import { ModelUsageStore, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

/** Sums up what models did, day by day: routing looks at it, and so do those who ask what a model cost them. */
@Injectable()
export class ModelUsageSweeper extends Sweeper {
  readonly name = 'model-usage';
  readonly everyMs = 300_000;

  constructor(
    private readonly work: UnitOfWork,
    private readonly usage: ModelUsageStore,
  ) {
    super();
  }

  run(): Promise<number> {
    return this.work.run((tx) => this.usage.rollUp(tx));
  }
}
