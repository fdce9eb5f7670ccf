import { sqlRow, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { MICROCREDITS_PER_CREDIT } from '@app/common';
import { settleOverage } from '../credits/advance';
import { PaidCredits } from '../credits/paid-credits';
import { ReversedCredits } from '../credits/reversed-credits';
import { itemOfLine, paymentsOfInvoice, type StripeInvoice } from '../payments/stripe-objects';
import type { InvoiceRow } from './invoice.store';
import type { InvoiceCredits } from './plan-credits';

/** What a paid invoice does in the ledger. */
@Injectable()
export class PlanCreditMoves {
  constructor(
    private readonly paid: PaidCredits,
    private readonly reversed: ReversedCredits,
  ) {}

  async give(tx: Tx, of: { row: InvoiceRow; subscriptionId: string; paidMinor: number }, brought: InvoiceCredits): Promise<void> {
    const { row, subscriptionId, paidMinor } = of;
    const { kind, amountMicro, periodStart, expiresAt } = brought;
    const { organizationId, id: invoiceId } = row;
    const credits = { organizationId, subscriptionId, invoiceId, periodStart, expiresAt, amountMicro, paid: paidMinor > 0 };
    if (kind === 'period') await this.paid.planPeriod(tx, { ...credits, description: 'Credits of the plan' });
    else if (kind === 'trial') await this.paid.trial(tx, { ...credits, description: 'Credits of the trial' });
    else if (kind === 'upgrade') await this.paid.upgrade(tx, { ...credits, description: 'Credits of a bigger plan for the rest of the period' });
    else await this.reversed.takeAdjustment(tx, { organizationId, key: `downgrade:${row.stripeInvoiceId}`, amountMicro, description: 'Money of a smaller plan came back for the rest of the period' });
  }

  /** The overage that a paid invoice charged is owed no more. Returns its credits. */
  async payOverage(tx: Tx, of: { row: InvoiceRow; subscriptionId: string }, invoice: StripeInvoice): Promise<number> {
    const { row, subscriptionId } = of;
    const item = await sqlRow<{ id: string | null }>(tx, 'SELECT stripe_overage_item_id AS id FROM subscriptions WHERE id = $1', [subscriptionId]);
    const credits = invoice.lines.data.filter((line) => item?.id && itemOfLine(line) === item.id).reduce((sum, { quantity }) => sum + (quantity ?? 0), 0);
    if (credits > 0) await settleOverage(tx, { organizationId: row.organizationId, subscriptionId, invoiceId: row.id, amountMicro: BigInt(credits) * MICROCREDITS_PER_CREDIT });
    return credits;
  }

  async clear(tx: Tx, row: InvoiceRow, invoice: StripeInvoice): Promise<void> {
    for (const { chargeId } of paymentsOfInvoice(invoice)) {
      if (chargeId !== null) await this.paid.clear(tx, { organizationId: row.organizationId, chargeId, payment: { invoiceId: row.id } });
    }
  }
}
