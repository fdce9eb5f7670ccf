// Subscriptions: begun, renewed, changed, ended.
import type Stripe from 'stripe';
import { collect, openInvoice } from './collecting';
import { usageLines } from './metering';
import { intervalOf, itemOf, meteredItemOf, nextTurn } from './periods';
import type { NewLine } from './shapes/invoices';
import { item, subscription } from './shapes/subscriptions';
import type { StripeState } from './stripe-state';

const DAY = 86_400;
type Line = Omit<NewLine, 'id'>;

export interface SubscriptionWish {
  readonly customer: string;
  readonly price: Stripe.Price;
  readonly trialDays: number;
  readonly metadata: Record<string, string>;
}

/** `announce`: what is told between the beginning and its first invoice's payment. */
export function subscribe(state: StripeState, { customer, price, trialDays, metadata }: SubscriptionWish): Stripe.Subscription {
  const now = state.now();
  const trialEnd = trialDays > 0 ? now + trialDays * DAY : null;
  const periodEnd = trialEnd ?? nextTurn(now, intervalOf(price), now);
  const made = subscription({ id: state.id('sub'), itemId: state.id('si'), created: now, customer, price, periodEnd, trialEnd, metadata });
  state.subscriptions.set(made.id, made);
  const first = openInvoice(state, { customer, reason: 'subscription_create', subscription: made, lines: [periodLine(made)] });
  state.emit('customer.subscription.created', made);
  collect(state, first);
  return made;
}

/** The next period begins; the phase of a schedule that begins with it too. */
export function renew(state: StripeState, of: Stripe.Subscription): void {
  const current = itemOf(of);
  const start = current.current_period_end;
  const used = usageLines(state, of);
  if (of.status === 'trialing') of.status = 'active';
  takePhase(state, of, start);
  const price = itemOf(of).price;
  for (const one of of.items.data) Object.assign(one, { current_period_start: start, current_period_end: nextTurn(of.billing_cycle_anchor, intervalOf(price), start) });
  const invoice = openInvoice(state, { customer: of.customer as string, reason: 'subscription_cycle', subscription: of, lines: [...used, periodLine(of)] });
  state.emit('customer.subscription.updated', of);
  if (!collect(state, invoice)) setStatus(state, of, 'past_due');
}

/** Another try for an invoice that was not paid. */
export function retry(state: StripeState, of: Stripe.Subscription, invoice: Stripe.Invoice): void {
  if (collect(state, invoice)) setStatus(state, of, 'active');
  else if (invoice.next_payment_attempt === null) setStatus(state, of, 'unpaid');
}

/** Charges what the rest of the period costs more; a card that is refused leaves everything as it was, with the change waiting. */
export function change(state: StripeState, of: Stripe.Subscription, price: Stripe.Price, waits: boolean): void {
  const before = itemOf(of).price;
  if (before.id === price.id) return;
  const lines = changeLines(state, of, price);
  const due = lines.reduce((sum, line) => sum + line.amount, 0);
  if (waits && due > 0 && state.declining.has(of.customer as string)) {
    const invoice = openInvoice(state, { customer: of.customer as string, reason: 'subscription_update', subscription: of, lines });
    of.pending_update = {
      billing_cycle_anchor: null, cancel_at_period_end: null, discount: null, discounts: null, expires_at: state.now() + DAY, metadata: null, subscription_items: [{ ...itemOf(of), price }], trial_end: null, trial_from_plan: null,
    };
    collect(state, invoice);
    invoice.next_payment_attempt = null;
    return;
  }
  setPrice(of, price);
  const restarts = intervalOf(before) !== intervalOf(price) && of.status !== 'trialing';
  if (restarts) {
    of.billing_cycle_anchor = state.now();
    for (const one of of.items.data) Object.assign(one, { current_period_start: state.now(), current_period_end: nextTurn(state.now(), intervalOf(price), state.now()) });
  }
  state.emit('customer.subscription.updated', of);
  if (lines.length > 0) collect(state, openInvoice(state, { customer: of.customer as string, reason: 'subscription_update', subscription: of, lines }));
}

/** What is given back for the rest of the old plan, and what the rest of the new one costs. */
export function changeLines(state: StripeState, of: Stripe.Subscription, price: Stripe.Price): Line[] {
  const { current_period_start: start, current_period_end: end, price: before, id: itemId } = itemOf(of);
  if (of.status === 'trialing' || before.id === price.id) return [];
  const now = state.now();
  const rest = (amount: number): number => Math.round((amount * (end - now)) / (end - start));
  const part = { start: now, end, subscription: { id: of.id, itemId, proration: true } };
  const back: Line = { ...part, amount: -rest(before.unit_amount ?? 0), description: 'Unused time', price: before };
  if (intervalOf(before) !== intervalOf(price)) return [back, { ...part, amount: price.unit_amount ?? 0, description: 'New period', price, end: nextTurn(now, intervalOf(price), now), subscription: { id: of.id, itemId, proration: false } }];
  return [back, { ...part, amount: rest(price.unit_amount ?? 0), description: 'Remaining time', price }];
}

export function end(state: StripeState, of: Stripe.Subscription, reason: 'cancellation_requested' | 'payment_failed'): void {
  const now = state.now();
  Object.assign(of, { status: 'canceled', canceled_at: of.canceled_at ?? now, ended_at: now, cancellation_details: { ...of.cancellation_details, reason } });
  state.emit('customer.subscription.deleted', of);
}

export function setStatus(state: StripeState, of: Stripe.Subscription, status: Stripe.Subscription.Status): void {
  if (of.status === status) return;
  of.status = status;
  state.emit('customer.subscription.updated', of);
}

function setPrice(of: Stripe.Subscription, price: Stripe.Price): void {
  const current = itemOf(of);
  of.items.data = of.items.data.map((one) => (one.id !== current.id ? one : item({ id: current.id, subscription: of.id, price, created: current.created, start: current.current_period_start, end: current.current_period_end })));
}

function takePhase(state: StripeState, of: Stripe.Subscription, at: number): void {
  const schedule = state.schedules.get(of.schedule as string);
  const phase = schedule?.phases.find(({ start_date }) => start_date <= at && schedule.current_phase !== null && start_date >= schedule.current_phase.end_date);
  const price = phase && state.prices.get(phase.items[0]?.price as string);
  if (!schedule || !phase || !price) return;
  setPrice(of, price);
  takeMeteredPhase(state, of, phase);
  // The last phase: what follows is the subscription's own.
  Object.assign(schedule, { status: 'released', current_phase: null, released_at: at, released_subscription: of.id, subscription: null });
  of.schedule = null;
  state.emit('subscription_schedule.released', schedule);
}

/** A phase without a metered item takes it away. */
function takeMeteredPhase(state: StripeState, of: Stripe.Subscription, phase: Stripe.SubscriptionSchedule.Phase): void {
  const price = state.prices.get((phase.items[1]?.price as string | undefined) ?? '');
  const metered = meteredItemOf(of);
  of.items.data = [itemOf(of)];
  if (price) of.items.data.push(item({ id: metered?.id ?? state.id('si'), subscription: of.id, price, created: state.now(), start: itemOf(of).current_period_start, end: itemOf(of).current_period_end }));
}

function periodLine(of: Stripe.Subscription): Line {
  const { id: itemId, current_period_start: start, current_period_end: finish, price } = itemOf(of);
  const isTrial = of.status === 'trialing';
  return { amount: isTrial ? 0 : (price.unit_amount ?? 0), description: isTrial ? 'Trial period' : '1 × plan', start, end: finish, price, subscription: { id: of.id, itemId, proration: false } };
}
