import type { Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { PaidCredits } from '../credits/paid-credits';
import { ReversedCredits } from '../credits/reversed-credits';
import { paymentsOfInvoice, type StripeInvoice } from '../payments/stripe-objects';
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

  async clear(tx: Tx, row: InvoiceRow, invoice: StripeInvoice): Promise<void> {
    for (const { chargeId } of paymentsOfInvoice(invoice)) {
      if (chargeId !== null) await this.paid.clear(tx, { organizationId: row.organizationId, chargeId, payment: { invoiceId: row.id } });
    }
  }
}
