import type Stripe from 'stripe';
import { decimal } from './catalog';
import { list } from './subscriptions';

export interface NewLine {
  readonly id: string;
  readonly amount: number;
  readonly description: string;
  readonly start: number;
  readonly end: number;
  readonly price: Stripe.Price;
  /** 1 when left out. */
  readonly quantity?: number;
  /** null: of a one-off purchase. */
  readonly subscription: { readonly id: string; readonly itemId: string; readonly proration: boolean } | null;
}

export function line({ id, amount, description, start, end, price, quantity = 1, subscription }: NewLine, invoice: string): Stripe.InvoiceLineItem {
  const details = subscription && { invoice_item: null, proration: subscription.proration, proration_details: { credited_items: null }, subscription: subscription.id, subscription_item: subscription.itemId };
  return {
    id, object: 'line_item', amount, currency: price.currency, description, discount_amounts: [], discountable: true, discounts: [], invoice, livemode: false, metadata: {},
    parent: details ? { invoice_item_details: null, subscription_item_details: details, type: 'subscription_item_details' } : null, period: { start, end }, pretax_credit_amounts: [],
    pricing: { price_details: { price: price.id, product: price.product as string }, type: 'price_details', unit_amount_decimal: decimal(amount / quantity) }, quantity,
    quantity_decimal: decimal(quantity), subscription: subscription?.id ?? null, subtotal: amount, taxes: [],
  } satisfies Stripe.InvoiceLineItem;
}

export interface NewInvoice {
  readonly id: string;
  readonly created: number;
  readonly number: string;
  readonly customer: Stripe.Customer;
  readonly currency: string;
  readonly reason: Stripe.Invoice.BillingReason;
  readonly subscription: Stripe.Subscription | null;
  readonly lines: readonly NewLine[];
  readonly url: string;
}

/** Finalized, not paid yet. What the customer's balance holds is used first. */
export function invoice({ id, created, number, customer, currency, reason, subscription, lines, url }: NewInvoice): Stripe.Invoice {
  const total = lines.reduce((sum, one) => sum + one.amount, 0);
  const due = Math.max(0, total + customer.balance);
  const parent = subscription && { quote_details: null, subscription_details: { metadata: subscription.metadata, subscription: subscription.id }, type: 'subscription_details' as const };
  return {
    id, object: 'invoice', account_country: 'US', account_name: 'Async Coder', account_tax_ids: null, amount_due: due, amount_overpaid: 0, amount_paid: 0, amount_remaining: due, amount_shipping: 0, application: null,
    attempt_count: 0, attempted: false, auto_advance: true, automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null }, automatically_finalizes_at: null,
    billing_reason: reason, collection_method: 'charge_automatically', created, currency, custom_fields: null, customer: customer.id, customer_account: null, customer_address: null,
    customer_email: customer.email, customer_name: customer.name ?? null, customer_phone: null, customer_shipping: null, customer_tax_exempt: 'none', default_payment_method: null, default_source: null,
    default_tax_rates: [], description: null, discounts: [], due_date: null, effective_at: created, ending_balance: null, footer: null, from_invoice: null, hosted_invoice_url: `${url}/i/${id}`,
    invoice_pdf: `${url}/i/${id}/pdf`, issuer: { type: 'self' }, last_finalization_error: null, latest_revision: null, lines: list(lines.map((one) => line(one, id)), `/v1/invoices/${id}/lines`), livemode: false,
    metadata: {}, next_payment_attempt: null, number, on_behalf_of: null, parent, payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    payments: list<Stripe.InvoicePayment>([], `/v1/invoice_payments?invoice=${id}`), period_end: created, period_start: created, post_payment_credit_notes_amount: 0, pre_payment_credit_notes_amount: 0,
    receipt_number: null, rendering: null, shipping_cost: null, shipping_details: null, starting_balance: customer.balance, statement_descriptor: null, status: 'open',
    status_transitions: { finalized_at: created, marked_uncollectible_at: null, paid_at: null, voided_at: null }, subtotal: total, subtotal_excluding_tax: total, test_clock: null, total, total_discount_amounts: [],
    total_excluding_tax: total, total_pretax_credit_amounts: [], total_taxes: [], webhooks_delivered_at: null,
  } satisfies Stripe.Invoice;
}

export function invoicePayment({ id, created, paid }: { id: string; created: number; paid: boolean }, of: Stripe.Invoice, intent: string): Stripe.InvoicePayment {
  return {
    id, object: 'invoice_payment', amount_paid: paid ? of.amount_due : null, amount_requested: of.amount_due, created, currency: of.currency, invoice: of.id, is_default: true, livemode: false,
    payment: { payment_intent: intent, type: 'payment_intent' }, status: paid ? 'paid' : 'open', status_transitions: { canceled_at: null, paid_at: paid ? created : null },
  } satisfies Stripe.InvoicePayment;
}
