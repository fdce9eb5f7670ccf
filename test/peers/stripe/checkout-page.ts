// The hosted page: a person, or a test, presses its button.
import type Stripe from 'stripe';
import { collect, openInvoice, pay } from './collecting';
import type { StripeState } from './stripe-state';
import { subscribe } from './subscribing';

/** The page of a checkout; null: there is none. */
export function checkoutPage(state: StripeState, id: string): string | null {
  const session = state.sessions.get(id);
  if (!session) return null;
  const amount = `${((session.amount_total ?? 0) / 100).toFixed(2)} ${(session.currency ?? '').toUpperCase()}`;
  const form = session.status === 'open' ? '<form method="post"><button name="card" value="good">Pay</button> <button name="card" value="declined">Pay with a card that is refused</button></form>' : `<p>This checkout is ${session.status}.</p>`;
  return `<!doctype html><meta charset="utf-8"><title>Checkout</title><h1>${amount}</h1>${form}`;
}

/** The button: where the browser goes next, or null when there is nothing to pay. */
export function press(state: StripeState, id: string, card: 'good' | 'declined'): string | null {
  const session = state.sessions.get(id);
  if (session?.status !== 'open') return null;
  if (card === 'declined') return `${state.url}/c/pay/${id}`;
  if (session.mode === 'subscription') startSubscription(state, session);
  else buyOnce(state, session);
  return (session.success_url ?? '').replace('{CHECKOUT_SESSION_ID}', session.id);
}

/** A way to pay that takes days: the checkout is complete, and its payment comes, or does not, later. */
export function pressAndWait(state: StripeState, id: string): void {
  const session = state.sessions.get(id);
  if (session?.status !== 'open') return;
  Object.assign(session, { status: 'complete', url: null });
  state.emit('checkout.session.completed', session);
}

/** How such a payment ended. */
export function arrive(state: StripeState, id: string, outcome: 'paid' | 'failed'): void {
  const session = state.sessions.get(id);
  if (!session) return;
  const intent = pay(state, { amount: session.amount_total ?? 0, currency: session.currency ?? 'usd', customer: session.customer as string | null, metadata: state.wishes.get(id)?.metadata ?? {} });
  session.payment_intent = intent.id;
  if (outcome === 'paid') session.payment_status = 'paid';
  else {
    state.charges.delete(intent.latest_charge as string);
    Object.assign(intent, { status: 'requires_payment_method', latest_charge: null, amount_received: 0, last_payment_error: { type: 'card_error', code: 'payment_method_customer_decline' } });
  }
  state.emit(outcome === 'paid' ? 'checkout.session.async_payment_succeeded' : 'checkout.session.async_payment_failed', session);
}

function startSubscription(state: StripeState, session: Stripe.Checkout.Session): void {
  const wish = state.wishes.get(session.id);
  const price = state.prices.get(wish?.price ?? '');
  if (!wish || !price) throw new Error(`${session.id} sells nothing`);
  // Stripe tells of the checkout first.
  const later: (() => void)[] = [];
  const onEvent = state.onEvent;
  state.onEvent = (event) => later.push(() => onEvent(event));
  const made = subscribe(state, { customer: session.customer as string, price, trialDays: wish.trialDays, metadata: wish.metadata });
  state.onEvent = onEvent;
  Object.assign(session, { status: 'complete', payment_status: wish.trialDays > 0 ? 'no_payment_required' : 'paid', subscription: made.id, invoice: made.latest_invoice, url: null });
  state.emit('checkout.session.completed', session);
  for (const tell of later) tell();
}

function buyOnce(state: StripeState, session: Stripe.Checkout.Session): void {
  const wish = state.wishes.get(session.id);
  const price = state.prices.get(wish?.price ?? '');
  if (!wish || !price) throw new Error(`${session.id} sells nothing`);
  const amount = session.amount_total ?? 0;
  if (session.invoice_creation?.enabled === true && typeof session.customer === 'string') {
    const line = { amount, description: 'Credits', start: state.now(), end: state.now(), price, subscription: null };
    const invoice = openInvoice(state, { customer: session.customer, reason: 'manual', subscription: null, lines: [line] });
    collect(state, invoice, wish.metadata);
    Object.assign(session, { invoice: invoice.id, payment_intent: paymentOf(invoice) });
  } else {
    session.payment_intent = pay(state, { amount, currency: price.currency, customer: session.customer as string | null, metadata: wish.metadata }).id;
  }
  Object.assign(session, { status: 'complete', payment_status: 'paid', url: null });
  state.emit('checkout.session.completed', session);
}

function paymentOf(invoice: Stripe.Invoice): string | null {
  const payment = invoice.payments?.data[0]?.payment.payment_intent;
  return typeof payment === 'string' ? payment : null;
}
