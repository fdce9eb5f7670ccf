import { OverageReports } from '@app/billing';
import { Logger } from '@app/common';
import { Injectable } from '@nestjs/common';
import { Sweeper, sweepEach } from '../maintenance/sweeper';

const MINUTE_MS = 60_000;

/** Tells Stripe's meter what was used beyond the included credits: soon, as a period's invoice only has what was told before it was made. */
@Injectable()
export class OverageSweeper extends Sweeper {
  readonly name = 'overage';
  readonly everyMs = 5 * MINUTE_MS;
  private readonly logger: Logger;

  constructor(
    private readonly reports: OverageReports,
    logger: Logger,
  ) {
    super();
    this.logger = logger.named('billing');
  }

  async run(): Promise<number> {
    if (!this.reports.isConfigured) return 0;
    return sweepEach(await this.reports.due(), this.logger, async (subscription) => (await this.reports.report(subscription)) > 0);
  }
}
