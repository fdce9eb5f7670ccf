// Stripe's objects as the rest of the product sees them, and where in them things are since the API of 2025.
import type Stripe from 'stripe';

export type StripeSubscription = Stripe.Subscription;
export type StripeInvoice = Stripe.Invoice;
export type StripeInvoiceLine = Stripe.InvoiceLineItem;
export type StripeCheckoutSession = Stripe.Checkout.Session;
export type StripeRefund = Stripe.Refund;
export type StripeDispute = Stripe.Dispute;
export type StripeCharge = Stripe.Charge;
export type StripePaymentIntent = Stripe.PaymentIntent;
export type StripeCustomer = Stripe.Customer | Stripe.DeletedCustomer;
export type StripeEvent = Stripe.Event;
export type StripePrice = Stripe.Price;

/** The id of something that may have been expanded. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null;
  return typeof reference === 'string' ? reference : reference.id;
}

/** The object itself where it was expanded. */
export function expanded<Shape extends { readonly id: string }>(reference: string | Shape | null | undefined): Shape | null {
  return typeof reference === 'object' ? reference : null;
}

export function timeOf(seconds: number | null | undefined): Date | null {
  return typeof seconds === 'number' ? new Date(seconds * 1_000) : null;
}

/** The subscription that an invoice is of; null: a one-off invoice. */
export function subscriptionOfInvoice(invoice: StripeInvoice): string | null {
  return invoice.parent?.type === 'subscription_details' ? idOf(invoice.parent.subscription_details?.subscription) : null;
}

/** What paid an invoice: each payment that went through, with its charge where it was expanded. */
export function paymentsOfInvoice(invoice: StripeInvoice): { paymentIntentId: string; chargeId: string | null }[] {
  const paid = (invoice.payments?.data ?? []).filter((one) => one.status === 'paid' && one.payment.type === 'payment_intent');
  return paid.flatMap(({ payment }) => {
    const paymentIntentId = idOf(payment.payment_intent);
    return paymentIntentId === null ? [] : [{ paymentIntentId, chargeId: idOf(expanded(payment.payment_intent)?.latest_charge) }];
  });
}

/** What sells the plan, and beside it, where overage is sold, what the meter charges by. */
export function itemsOf({ items }: StripeSubscription): { plan: Stripe.SubscriptionItem | undefined; overage: Stripe.SubscriptionItem | undefined } {
  const isMetered = ({ price }: Stripe.SubscriptionItem): boolean => price.recurring?.usage_type === 'metered';
  return { plan: items.data.find((item) => !isMetered(item)), overage: items.data.find(isMetered) };
}

/** The subscription's item that a line is of. */
export function itemOfLine(line: StripeInvoiceLine): string | null {
  return line.parent?.subscription_item_details?.subscription_item ?? null;
}

/** The price of a line. */
export function priceOfLine(line: StripeInvoiceLine): string | null {
  return idOf(line.pricing?.price_details?.price);
}

/** Whether a line is the rest of a period, charged or given back after a change. */
export function isProration(line: StripeInvoiceLine): boolean {
  return line.parent?.subscription_item_details?.proration ?? line.parent?.invoice_item_details?.proration ?? false;
}

/** The price that a schedule brings after the running phase; null: none, or the same one. */
export function scheduledPrice(subscription: StripeSubscription): string | null {
  const schedule = expanded(subscription.schedule);
  const end = schedule?.status === 'active' ? schedule.current_phase?.end_date : undefined;
  const next = schedule?.phases.find(({ start_date }) => end !== undefined && start_date >= end);
  const price = idOf(next?.items[0]?.price);
  return price === idOf(itemsOf(subscription).plan?.price) ? null : price;
}
