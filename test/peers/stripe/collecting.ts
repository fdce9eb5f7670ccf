// Invoices and how they are paid.
import type Stripe from 'stripe';
import { invoice, invoicePayment, type NewLine } from './shapes/invoices';
import { charge, paymentIntent } from './shapes/payments';
import type { StripeState } from './stripe-state';

/** Stripe tries again so many days after each failed try; after the last one the subscription is unpaid. */
export const RETRY_DAYS = [3, 5, 7];
const DAY = 86_400;

export interface InvoiceWish {
  readonly customer: string;
  readonly reason: Stripe.Invoice.BillingReason;
  readonly subscription: Stripe.Subscription | null;
  readonly lines: readonly Omit<NewLine, 'id'>[];
  readonly metadata?: Record<string, string>;
}

export function openInvoice(state: StripeState, { customer, reason, subscription, lines }: InvoiceWish): Stripe.Invoice {
  const payer = state.customers.get(customer);
  if (!payer) throw new Error(`no customer ${customer}`);
  const number = `${payer.invoice_prefix}-${String(payer.next_invoice_sequence ?? 1).padStart(4, '0')}`;
  payer.next_invoice_sequence = (payer.next_invoice_sequence ?? 1) + 1;
  const made = invoice({
    id: state.id('in'), created: state.now(), number, customer: payer, currency: lines[0]?.price.currency ?? 'usd', reason, subscription, lines: lines.map((one) => ({ ...one, id: state.id('il') })), url: state.url,
  });
  payer.balance = made.total < 0 ? payer.balance + made.total : Math.min(0, payer.balance + made.total);
  made.ending_balance = payer.balance;
  state.invoices.set(made.id, made);
  if (subscription) subscription.latest_invoice = made.id;
  state.emit('invoice.created', made);
  state.emit('invoice.finalized', made);
  return made;
}

/** Tries to collect an open invoice; false: the card was refused. */
export function collect(state: StripeState, of: Stripe.Invoice, metadata: Record<string, string> = {}): boolean {
  const now = state.now();
  of.attempted = true;
  if (of.amount_due === 0) {
    settle(state, of);
    return true;
  }
  of.attempt_count += 1;
  const intent = intentOf(state, of, metadata);
  if (state.declining.has(of.customer as string)) {
    intent.status = 'requires_payment_method';
    intent.last_payment_error = { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' };
    const days = RETRY_DAYS[of.attempt_count - 1];
    of.next_payment_attempt = days === undefined ? null : now + days * DAY;
    state.emit('invoice.updated', of);
    state.emit('invoice.payment_failed', of);
    return false;
  }
  succeed(state, intent);
  const [payment] = of.payments?.data ?? [];
  if (payment) Object.assign(payment, invoicePayment({ id: payment.id, created: now, paid: true }, of, intent.id));
  settle(state, of);
  if (payment) state.emit('invoice_payment.paid', payment);
  return true;
}

/** A payment that is not an invoice's: of a checkout. */
export function pay(state: StripeState, wish: { amount: number; currency: string; customer: string | null; metadata: Record<string, string> }): Stripe.PaymentIntent {
  const intent = paymentIntent({ id: state.id('pi'), created: state.now(), ...wish });
  state.intents.set(intent.id, intent);
  succeed(state, intent);
  return intent;
}

function intentOf(state: StripeState, of: Stripe.Invoice, metadata: Record<string, string>): Stripe.PaymentIntent {
  const [payment] = of.payments?.data ?? [];
  const known = payment && state.intents.get(payment.payment.payment_intent as string);
  if (known) return known;
  const intent = paymentIntent({ id: state.id('pi'), created: state.now(), amount: of.amount_due, currency: of.currency, customer: of.customer as string, metadata });
  state.intents.set(intent.id, intent);
  const made = invoicePayment({ id: state.id('inpay'), created: state.now(), paid: false }, of, intent.id);
  state.invoicePayments.set(made.id, made);
  of.payments?.data.push(made);
  return intent;
}

function succeed(state: StripeState, intent: Stripe.PaymentIntent): void {
  const made = charge({ id: state.id('ch'), created: state.now(), amount: intent.amount, currency: intent.currency, customer: intent.customer as string | null, metadata: intent.metadata }, intent.id);
  state.charges.set(made.id, made);
  Object.assign(intent, { status: 'succeeded', amount_received: intent.amount, latest_charge: made.id, payment_method: 'pm_peer', last_payment_error: null });
  state.emit('charge.succeeded', made);
  state.emit('payment_intent.succeeded', intent);
}

function settle(state: StripeState, of: Stripe.Invoice): void {
  Object.assign(of, { status: 'paid', amount_paid: of.amount_due, amount_remaining: 0, next_payment_attempt: null });
  of.status_transitions.paid_at = state.now();
  state.emit('invoice.updated', of);
  state.emit('invoice.paid', of);
}
