// Prices and customers as Stripe's SDK describes them: the compiler checks each against its type.
import type Stripe from 'stripe';

/** Amounts with fractions travel as text. */
export function decimal(amount: number): Stripe.Price['unit_amount_decimal'] {
  return String(amount) as unknown as Stripe.Price['unit_amount_decimal'];
}

export interface NewPrice {
  readonly id: string;
  readonly created: number;
  readonly amount: number;
  readonly currency: string;
  readonly product: string;
  readonly interval: 'month' | 'year' | null;
  /** Charged by what a meter says. */
  readonly meter?: string | null;
  readonly metadata: Record<string, string>;
}

export function price({ id, created, amount, currency, product, interval, meter = null, metadata }: NewPrice): Stripe.Price {
  return {
    id, object: 'price', active: true, billing_scheme: 'per_unit', created, currency, custom_unit_amount: null, livemode: false, lookup_key: null, metadata, nickname: null, product,
    recurring: interval === null ? null : { interval, interval_count: 1, meter, trial_period_days: null, usage_type: meter === null ? 'licensed' : 'metered' }, tax_behavior: 'unspecified', tiers_mode: null,
    transform_quantity: null, type: interval === null ? 'one_time' : 'recurring', unit_amount: amount, unit_amount_decimal: decimal(amount),
  } satisfies Stripe.Price;
}

/** The older face of a recurring price, which subscription items still carry. */
export function planOf(price: Stripe.Price): Stripe.Plan {
  return {
    id: price.id, object: 'plan', active: price.active, amount: price.unit_amount, amount_decimal: price.unit_amount_decimal, billing_scheme: 'per_unit', created: price.created, currency: price.currency,
    interval: price.recurring?.interval ?? 'month', interval_count: 1, livemode: false, metadata: price.metadata, meter: price.recurring?.meter ?? null, nickname: null, product: price.product as string, tiers_mode: null,
    transform_usage: null, trial_period_days: null, usage_type: price.recurring?.usage_type ?? 'licensed',
  } satisfies Stripe.Plan;
}

export function customer({ id, created, name, email, metadata }: { id: string; created: number; name: string | null; email: string | null; metadata: Record<string, string> }): Stripe.Customer {
  return {
    id, object: 'customer', address: null, balance: 0, created, currency: null, default_source: null, delinquent: false, description: null, discount: null, email, invoice_prefix: id.slice(-8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null }, livemode: false, metadata, name, next_invoice_sequence: 1, phone: null,
    preferred_locales: [], shipping: null, tax_exempt: 'none', test_clock: null,
  } satisfies Stripe.Customer;
}

export function portalSession({ id, created, customer, returnUrl, url, flow }: { id: string; created: number; customer: string; returnUrl: string | null; url: string; flow: Stripe.BillingPortal.Session['flow'] }): Stripe.BillingPortal.Session {
  return { id, object: 'billing_portal.session', configuration: 'bpc_peer', created, customer, customer_account: null, flow, livemode: false, locale: null, on_behalf_of: null, return_url: returnUrl, url } satisfies Stripe.BillingPortal.Session;
}
