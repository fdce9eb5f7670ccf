import { emitOrganizationNews, type SubscriptionInvoice, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { idOf, paymentsOfInvoice, priceOfLine, type StripeInvoice, subscriptionOfInvoice, timeOf } from '../payments/stripe-objects';
import { StripeRecords } from '../payments/stripe-records';
import { BillingWork } from './billing-work';
import { type InvoiceRow, InvoiceStore, type MirroredInvoice } from './invoice.store';
import type { PlanRow } from './plan-catalog.store';
import { PlanCreditMoves } from './plan-credit-moves';
import { creditsOfInvoice } from './plan-credits';
import { PriceDesk } from './price-desk';
import { SubscriptionMirror } from './subscription-mirror';

const STATUSES: readonly SubscriptionInvoice['status'][] = ['draft', 'open', 'paid', 'uncollectible', 'void'];

/**
 * Keeps our row of an invoice as Stripe has it. An invoice that is paid brings the credits of its period or change, once, whichever event, in
 * whichever order, lets us see that it is paid; the charge that paid it then clears them.
 */
@Injectable()
export class InvoiceMirror {
  constructor(
    private readonly stripe: StripeRecords,
    private readonly invoices: InvoiceStore,
    private readonly subscriptions: SubscriptionMirror,
    private readonly prices: PriceDesk,
    private readonly credits: PlanCreditMoves,
    private readonly work: BillingWork,
  ) {}

  /** Reads an invoice again and writes what it says and brings. Null: it is none of ours. */
  async sync(stripeInvoiceId: string): Promise<string | null> {
    const asOf = await this.work.now();
    const invoice = await this.stripe.invoice(stripeInvoiceId);
    if (!invoice) return null;
    const subscriptionId = subscriptionOfInvoice(invoice);
    const ours = subscriptionId === null ? null : await this.subscriptions.ensure(subscriptionId);
    if (subscriptionId !== null && ours === null) return null;
    const brought = invoice.status === 'paid' ? creditsOfInvoice(invoice, await this.plansOf(invoice)) : null;
    return this.work.ofOwner({ subscriptionId, customerId: idOf(invoice.customer) }, async (tx, organizationId) => {
      const row = await this.invoices.write(tx, mirrored(invoice, { organizationId, subscriptionId: ours }), asOf);
      if (brought && ours !== null) await this.credits.give(tx, { row, subscriptionId: ours, paidMinor: invoice.amount_paid }, brought);
      if (invoice.status === 'paid') await this.credits.clear(tx, row, invoice);
      if (invoice.status === 'paid' && ours !== null) await this.credits.payOverage(tx, { row, subscriptionId: ours }, invoice);
      await this.tellOfFailure(tx, row);
      return row.id;
    });
  }

  private async plansOf(invoice: StripeInvoice): Promise<(priceId: string) => PlanRow | null> {
    const priceIds = [...new Set(invoice.lines.data.map(priceOfLine))].filter((id) => id !== null);
    const plans = new Map<string, PlanRow | null>();
    for (const id of priceIds) plans.set(id, await this.prices.planOfPrice(id));
    return (priceId) => plans.get(priceId) ?? null;
  }

  /** Once per try of Stripe's to collect the money. */
  private async tellOfFailure(tx: Tx, row: InvoiceRow): Promise<void> {
    const told = Number(row.metadata['failureTold'] ?? 0);
    if (row.status !== 'open' || row.attemptCount <= told) return;
    await this.invoices.note(tx, row.id, { failureTold: row.attemptCount });
    await emitOrganizationNews(tx, row.organizationId, 'invoice.payment_failed', {
      invoiceId: row.id, number: row.number, amountDue: { amount: Number(row.amountDueMinor), currency: row.currency }, attemptCount: row.attemptCount, nextPaymentAttemptAt: row.nextPaymentAttemptAt,
      hostedInvoiceUrl: row.hostedInvoiceUrl,
    });
  }
}

function mirrored(invoice: StripeInvoice, ours: { organizationId: string; subscriptionId: string | null }): MirroredInvoice {
  const { status_transitions: at } = invoice;
  const taxes = (invoice.total_taxes ?? []).reduce((sum, tax) => sum + tax.amount, 0);
  return {
    ...ours, stripeInvoiceId: invoice.id, stripePaymentIntentId: paymentsOfInvoice(invoice)[0]?.paymentIntentId ?? null, number: invoice.number,
    status: STATUSES.find((known) => known === invoice.status) ?? 'unknown', billingReason: invoice.billing_reason, currency: invoice.currency,
    subtotalMinor: BigInt(invoice.subtotal), taxMinor: BigInt(taxes), totalMinor: BigInt(invoice.total), amountDueMinor: BigInt(invoice.amount_due), amountPaidMinor: BigInt(invoice.amount_paid),
    amountRemainingMinor: BigInt(invoice.amount_remaining), attemptCount: invoice.attempt_count, nextPaymentAttemptAt: timeOf(invoice.next_payment_attempt),
    periodStart: timeOf(invoice.lines.data[0]?.period.start ?? invoice.period_start), periodEnd: timeOf(invoice.lines.data[0]?.period.end ?? invoice.period_end), dueDate: timeOf(invoice.due_date),
    finalizedAt: timeOf(at.finalized_at), paidAt: timeOf(at.paid_at), voidedAt: timeOf(at.voided_at), hostedInvoiceUrl: invoice.hosted_invoice_url ?? null, invoicePdf: invoice.invoice_pdf ?? null,
    createdAt: new Date(invoice.created * 1_000),
  };
}
