import { Clock } from '@app/common';
import { CreditFold, UnitOfWork, UsageFold } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from '../maintenance/sweeper';

/** Rows of one transaction: a few dozen milliseconds. */
const BATCH = 2_000;
const MOST_ORGANIZATIONS = 500;
/** What one round may take; the next goes on. */
const ROUND_MS = 1_000;

/** Adds new calls and credit transactions to the daily sums. Reports are exact without it; it keeps what they have to read small. */
@Injectable()
export class AnalyticsSweeper extends Sweeper {
  readonly name = 'analytics';
  readonly everyMs = 10_000;

  constructor(
    private readonly work: UnitOfWork,
    private readonly usage: UsageFold,
    private readonly credits: CreditFold,
    private readonly clock: Clock,
  ) {
    super();
  }

  async run(): Promise<number> {
    const until = this.clock.monotonicMs() + ROUND_MS;
    return (await this.foldUsage(until)) + (await this.foldCredits(until));
  }

  private async foldUsage(until: number): Promise<number> {
    let rows = 0;
    for (;;) {
      const folded = await this.work.run((tx) => this.usage.fold(tx, BATCH));
      rows += folded.rows;
      if (folded.calls === null || folded.calls < BATCH || this.clock.monotonicMs() >= until) return rows;
    }
  }

  /** At least one organization a round, also when there were calls enough for it. */
  private async foldCredits(until: number): Promise<number> {
    let folded = 0;
    for (const id of await this.credits.behind(this.work.reader, MOST_ORGANIZATIONS)) {
      if ((await this.work.run((tx) => this.credits.fold(tx, id, BATCH))) === null) return folded;
      folded += 1;
      if (this.clock.monotonicMs() >= until) return folded;
    }
    return folded;
  }
}
