import { sqlRows, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { idOf, itemOfLine, type StripeCharge, type StripeDispute, type StripeInvoice, type StripeRefund, type StripeSubscription } from '../payments/stripe-objects';
import { StripeRecords } from '../payments/stripe-records';
import { StripeSubscriptions } from '../payments/stripe-subscriptions';

/** Something at Stripe that our rows do not explain, or the other way round. */
export interface PaymentFinding {
  readonly rule: string;
  readonly kind: 'subscription' | 'invoice' | 'charge' | 'refund' | 'dispute' | 'clearing' | 'overage';
  /** Stripe's id, or of clearing the organization's. */
  readonly subject: string;
  readonly detail: string;
}

/** At most so many objects of each kind are looked at. */
const MOST = 10_000;
const UNTIL_CLEARED = '1 hour';

type Known = ReadonlyMap<string, string>;

/** Compares Stripe's books of the last days with ours. Reads only; everything it returns wants a look, or to be read again. */
@Injectable()
export class StripeReconciliation {
  constructor(
    private readonly stripe: StripeRecords,
    private readonly subscriptions: StripeSubscriptions,
    private readonly work: UnitOfWork,
  ) {}

  get isConfigured(): boolean {
    return this.stripe.isConfigured;
  }

  async findings(since: Date): Promise<PaymentFinding[]> {
    const customers = await this.known('SELECT stripe_customer_id AS id, id::text AS value FROM organizations WHERE stripe_customer_id IS NOT NULL', []);
    const isOurs = (of: { customer?: unknown }): boolean => customers.has(idOf(of.customer as string | { id: string } | null) ?? '');
    const [subscriptions, invoices, charges, refunds, disputes] = [
      await this.subscriptions.created(since, MOST), await this.stripe.paidInvoices(since, MOST), await this.stripe.charges(since, MOST), await this.stripe.refunds(since, MOST), await this.stripe.disputes(since, MOST),
    ];
    const ours = charges.filter((one) => isOurs(one) && one.paid);
    return [
      ...(await this.ofSubscriptions(subscriptions.filter(isOurs))), ...(await this.ofInvoices(invoices.filter(isOurs))), ...(await this.ofOverage(invoices.filter(isOurs))), ...(await this.ofCharges(ours)),
      ...(await this.ofReversals(refunds, disputes, charges.filter(isOurs))), ...(await this.ofClearing()),
    ];
  }

  private async ofSubscriptions(all: readonly StripeSubscription[]): Promise<PaymentFinding[]> {
    const rows = await this.known('SELECT stripe_subscription_id AS id, stripe_status AS value FROM subscriptions WHERE stripe_subscription_id = ANY($1)', [all.map(({ id }) => id)]);
    return all.filter(({ id, status }) => rows.get(id) !== status).map(({ id, status }) => ({ rule: 'subscriptions are as Stripe has them', kind: 'subscription', subject: id, detail: `Stripe says ${status}, we say ${rows.get(id) ?? 'nothing'}` }));
  }

  private async ofInvoices(all: readonly StripeInvoice[]): Promise<PaymentFinding[]> {
    const rows = await this.known(`SELECT stripe_invoice_id AS id, status || ' ' || amount_paid_minor AS value FROM subscription_invoices WHERE stripe_invoice_id = ANY($1)`, [all.map(({ id }) => id)]);
    return all.filter(({ id, amount_paid }) => rows.get(id) !== `paid ${amount_paid}`).map(({ id, amount_paid }) => ({ rule: 'paid invoices are known', kind: 'invoice', subject: id, detail: `Stripe says paid ${amount_paid}, we say ${rows.get(id) ?? 'nothing'}` }));
  }

  /** Credits that an invoice charged beyond the plan were told to the meter in its period, and no others. */
  private async ofOverage(all: readonly StripeInvoice[]): Promise<PaymentFinding[]> {
    const found: PaymentFinding[] = [];
    for (const { id, lines } of all) {
      for (const line of lines.data) {
        const item = itemOfLine(line);
        const { start, end } = line.period;
        const rows = await this.known(
          `SELECT s.id::text AS id, coalesce(sum(r.credits), 0)::text AS value FROM subscriptions s
             LEFT JOIN overage_reports r ON r.subscription_id = s.id AND r.status = 'sent' AND r.used_at >= to_timestamp($2) AND r.used_at < to_timestamp($3)
            WHERE s.stripe_overage_item_id = $1 GROUP BY s.id`,
          [item, start, end],
        );
        const [told] = rows.values();
        if (told !== undefined && told !== String(line.quantity)) found.push({ rule: 'invoices charge the overage that was told', kind: 'overage', subject: id, detail: `Stripe charged ${String(line.quantity)} credits, we told ${told}` });
      }
    }
    return found;
  }

  /** Each charge paid for a purchase or an invoice of ours, and its credits are cleared by it, or brought nothing to clear. */
  private async ofCharges(all: readonly StripeCharge[]): Promise<PaymentFinding[]> {
    const cleared = await this.known(`SELECT substr(idempotency_key, 10) AS id, '' AS value FROM credit_transactions WHERE type = 'clearing' AND idempotency_key = ANY($1)`, [all.map(({ id }) => `clearing:${id}`)]);
    const explained = await this.known(
      `SELECT stripe_payment_intent_id AS id, 'invoice' AS value FROM subscription_invoices i WHERE stripe_payment_intent_id = ANY($1) AND subscription_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM credit_grants g WHERE g.invoice_id = i.id AND g.category = 'paid')`,
      [all.flatMap(({ payment_intent }) => idOf(payment_intent) ?? [])],
    );
    const unknown = all.filter((one) => !cleared.has(one.id) && !explained.has(idOf(one.payment_intent) ?? ''));
    return unknown.map(({ id, amount, currency }) => ({ rule: 'charges are what credits were paid with', kind: 'charge', subject: id, detail: `${amount} ${currency} paid for nothing that we know of` }));
  }

  private async ofReversals(refunds: readonly StripeRefund[], disputes: readonly StripeDispute[], charges: readonly StripeCharge[]): Promise<PaymentFinding[]> {
    const booked = await this.known(
      `SELECT e.key AS id, e.value AS value FROM (SELECT metadata FROM credit_purchases UNION ALL SELECT metadata FROM subscription_invoices) m,
              LATERAL (SELECT * FROM jsonb_each_text(coalesce(m.metadata->'refunds', '{}')) UNION ALL SELECT * FROM jsonb_each_text(coalesce(m.metadata->'disputes', '{}'))) e WHERE e.key = ANY($1)`,
      [[...refunds, ...disputes].map(({ id }) => id)],
    );
    const ours = new Set(charges.map(({ id }) => id));
    const isOurs = ({ charge }: { charge: unknown }): boolean => ours.has(idOf(charge as string | { id: string } | null) ?? '');
    const lost = refunds.filter((one) => isOurs(one) && one.status === 'succeeded' && booked.get(one.id) !== String(one.amount)).map(({ id, amount }): PaymentFinding => ({ rule: 'refunds took their credits back', kind: 'refund', subject: id, detail: `${amount} refunded, we say ${booked.get(id) ?? 'nothing'}` }));
    const open = disputes.filter((one) => isOurs(one) && stateOf(one) !== null && booked.get(one.id) !== stateOf(one)).map(({ id, status }): PaymentFinding => ({ rule: 'disputes stand as Stripe has them', kind: 'dispute', subject: id, detail: `Stripe says ${status}, we say ${booked.get(id) ?? 'nothing'}` }));
    return [...lost, ...open];
  }

  private async ofClearing(): Promise<PaymentFinding[]> {
    const rows = await sqlRows<{ subject: string; waits: string }>(
      this.work.reader,
      `SELECT g.organization_id::text AS subject, sum(g.amount_micro)::text AS waits FROM credit_grants g
        WHERE g.category = 'paid' AND g.source IN ('purchase', 'subscription') AND g.created_at < now() - interval '${UNTIL_CLEARED}'
          AND NOT EXISTS (SELECT 1 FROM credit_transactions t WHERE t.grant_id = g.id AND t.type = 'clearing') GROUP BY 1`,
    );
    return rows.map(({ subject, waits }) => ({ rule: 'paid credits were cleared by a charge', kind: 'clearing', subject, detail: `${waits} microcredits wait for their charge` }));
  }

  private async known(sql: string, parameters: unknown[]): Promise<Known> {
    const rows = await sqlRows<{ id: string; value: string }>(this.work.reader, sql, parameters);
    return new Map(rows.map(({ id, value }) => [id, value]));
  }
}

function stateOf({ status }: StripeDispute): string | null {
  if (status === 'needs_response' || status === 'under_review') return 'open';
  return status === 'won' || status === 'lost' ? status : null;
}
