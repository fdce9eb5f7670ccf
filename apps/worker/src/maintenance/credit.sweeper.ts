import { CreditLedger, FreePlan } from '@app/billing';
import { Logger } from '@app/common';
import { SWEEP_BATCH, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper, sweepEach } from './sweeper';

/** Credits that time moves: holds that outlived their call, lots past their time, periods of the free plan. */
@Injectable()
export class CreditSweeper extends Sweeper {
  readonly name = 'credits';
  /** An orphaned hold is freed within a minute. */
  readonly everyMs = 30_000;
  private readonly logger: Logger;

  constructor(
    private readonly work: UnitOfWork,
    private readonly ledger: CreditLedger,
    private readonly freePlan: FreePlan,
    logger: Logger,
  ) {
    super();
    this.logger = logger.named('maintenance');
  }

  async run(): Promise<number> {
    const holds = await this.work.run((tx) => this.ledger.leftOverHolds(tx, SWEEP_BATCH));
    const released = await sweepEach(holds, this.logger, (hold) => this.work.run((tx) => this.ledger.releaseLeftOver(tx, hold)));
    const lots = await this.work.run((tx) => this.ledger.expiredLots(tx, SWEEP_BATCH));
    const expired = await sweepEach(lots, this.logger, async (lot) => (await this.work.run((tx) => this.ledger.expireLot(tx, lot))) > 0n);
    return released + expired + (await this.renewFreePlans());
  }

  private async renewFreePlans(): Promise<number> {
    let renewed = 0;
    while (renewed < SWEEP_BATCH && (await this.work.run((tx) => this.freePlan.renewOne(tx)))) renewed++;
    return renewed;
  }
}
