import { MICROCREDITS_PER_CREDIT, newId } from '@app/common';
import { sqlChange, sqlRow, sqlRows, SubscriptionUsageStore, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** A report to Stripe's meter that was written down. */
export interface PendingReport {
  readonly id: string;
  readonly subscriptionId: string;
  readonly identifier: string;
  readonly credits: number;
  readonly usedAt: Date;
  readonly createdAt: Date;
  readonly stripeCustomerId: string | null;
}

/** A subscription with overage that Stripe does not know of. */
export interface OverageSubscription {
  readonly organizationId: string;
  readonly subscriptionId: string;
}

const MOST_DAYS = 1_000;

/**
 * Reports of overage. The intent is a row before Stripe hears of it: its identifier, its number of credits and its time never change, so that a repeat is
 * the same report. Whole credits; what is left of one waits for the next.
 */
@Injectable()
export class OverageReportStore {
  constructor(private readonly usage: SubscriptionUsageStore) {}

  async due(manager: Tx): Promise<OverageSubscription[]> {
    const days = await this.usage.unreported(manager, 1n, MOST_DAYS);
    return [...new Map(days.map(({ organizationId, subscriptionId }) => [subscriptionId, { organizationId, subscriptionId }])).values()];
  }

  /** The report that waits, or the next one; null: there is not a whole credit to report. After the organization's lock. */
  async begin(tx: Tx, { organizationId, subscriptionId }: OverageSubscription): Promise<PendingReport | null> {
    const waiting = await this.pending(tx, subscriptionId);
    if (waiting) return waiting;
    const sums = await sqlRow<{ openMicro: bigint; reportedMicro: bigint }>(
      tx,
      'SELECT coalesce(sum(overage_micro - overage_reported_micro), 0)::bigint AS open_micro, coalesce(sum(overage_reported_micro), 0)::bigint AS reported_micro FROM subscription_usage WHERE subscription_id = $1',
      [subscriptionId],
      ['openMicro', 'reportedMicro'],
    );
    const credits = (sums?.openMicro ?? 0n) / MICROCREDITS_PER_CREDIT;
    if (!sums || credits === 0n) return null;
    await sqlChange(
      tx,
      `INSERT INTO overage_reports (id, organization_id, subscription_id, identifier, credits, used_at)
       SELECT $1, $2, $3, $4, $5, coalesce((SELECT max(t.created_at) FROM credit_grants g JOIN credit_transactions t ON t.grant_id = g.id AND t.type = 'overage'
                                             WHERE g.subscription_id = $3 AND g.source = 'overage'), now())`,
      [newId(), organizationId, subscriptionId, `ov-${subscriptionId}-${sums.reportedMicro / MICROCREDITS_PER_CREDIT}`, credits],
    );
    return this.pending(tx, subscriptionId);
  }

  /** Stripe has it: noted on the days that it was of, the oldest first. False: that was noted before. */
  async finish(tx: Tx, { id, subscriptionId, credits }: PendingReport): Promise<boolean> {
    if ((await sqlChange(tx, `UPDATE overage_reports SET status = 'sent', sent_at = now() WHERE id = $1 AND status = 'pending'`, [id])) === 0) return false;
    const days = await sqlRows<{ date: string; overageMicro: bigint; overageReportedMicro: bigint }>(
      tx,
      `SELECT date::text, overage_micro, overage_reported_micro FROM subscription_usage WHERE subscription_id = $1 AND overage_micro > overage_reported_micro ORDER BY date FOR NO KEY UPDATE`,
      [subscriptionId],
      ['overageMicro', 'overageReportedMicro'],
    );
    let left = BigInt(credits) * MICROCREDITS_PER_CREDIT;
    for (const { date, overageMicro, overageReportedMicro } of days) {
      const open = overageMicro - overageReportedMicro;
      const part = open < left ? open : left;
      if (part > 0n) await this.usage.markReported(tx, { subscriptionId, date }, overageReportedMicro + part);
      left -= part;
    }
    if (left > 0n) throw new Error(`subscription ${subscriptionId} reported ${left} microcredits more than it used`);
    return true;
  }

  /** What was reported of usage within a time; of one that waits too. */
  async reported(manager: Tx, subscriptionId: string, from: Date, to: Date): Promise<number> {
    const row = await sqlRow<{ credits: number }>(manager, 'SELECT coalesce(sum(credits), 0)::integer AS credits FROM overage_reports WHERE subscription_id = $1 AND used_at >= $2 AND used_at < $3', [subscriptionId, from, to]);
    return row?.credits ?? 0;
  }

  private pending(tx: Tx, subscriptionId: string): Promise<PendingReport | null> {
    return sqlRow<PendingReport>(
      tx,
      `SELECT r.id, r.subscription_id, r.identifier, r.credits, r.used_at, r.created_at, s.stripe_customer_id FROM overage_reports r JOIN subscriptions s ON s.id = r.subscription_id
        WHERE r.subscription_id = $1 AND r.status = 'pending'`,
      [subscriptionId],
    );
  }
}
