import { Injectable } from '@nestjs/common';
import { StripeMeter } from '../payments/stripe-meter';
import { BillingWork } from '../subscriptions/billing-work';
import { OverageReportStore, type OverageSubscription, type PendingReport } from './overage-report.store';

const HOUR_MS = 3_600_000;
/** Stripe remembers an identifier for 24 hours at least; an older report is looked for before it is told again. */
const REMEMBERED_MS = 23 * HOUR_MS;
/** The meter takes nothing older than 35 days; a later one counts in a later period. */
const OLDEST_MS = 34 * 24 * HOUR_MS;
const MINUTE_MS = 60_000;

/** Tells Stripe what was used beyond the included credits: written down, told, noted, so that each credit is told exactly once. */
@Injectable()
export class OverageReports {
  constructor(
    private readonly reports: OverageReportStore,
    private readonly meter: StripeMeter,
    private readonly work: BillingWork,
  ) {}

  get isConfigured(): boolean {
    return this.meter.isConfigured;
  }

  due(): Promise<OverageSubscription[]> {
    return this.reports.due(this.work.reader);
  }

  /** Returns how many credits were told; 0: there was not a whole one. */
  async report(of: OverageSubscription): Promise<number> {
    const report = await this.work.inTurn(of.organizationId, (tx) => this.reports.begin(tx, of));
    if (!report?.stripeCustomerId) return 0;
    const now = await this.work.now();
    const { identifier, credits, stripeCustomerId: customerId } = report;
    const at = new Date(Math.max(report.usedAt.getTime(), now.getTime() - OLDEST_MS));
    const isOld = now.getTime() - report.createdAt.getTime() > REMEMBERED_MS;
    if (!isOld || !(await this.isTold(report, customerId, at))) await this.meter.tell({ identifier, customerId, credits, at });
    await this.work.inTurn(of.organizationId, (tx) => this.reports.finish(tx, report));
    return credits;
  }

  /** Whether the meter has as much of that minute as was to be told of it. */
  private async isTold({ subscriptionId }: PendingReport, customerId: string, at: Date): Promise<boolean> {
    const from = new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS);
    const wanted = await this.reports.reported(this.work.reader, subscriptionId, from, new Date(from.getTime() + MINUTE_MS));
    return (await this.meter.told(customerId, from, from)) >= wanted;
  }
}
