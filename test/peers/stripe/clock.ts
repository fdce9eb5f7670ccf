// What time brings: trials that end, periods, tries to collect, checkouts that expire.
import type Stripe from 'stripe';
import { chargeLastUsage } from './metering';
import { itemOf } from './periods';
import type { StripeState } from './stripe-state';
import { end, renew, retry } from './subscribing';

const NOTICE = 3 * 86_400;

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** Moves the clock on by so many seconds; everything that is due on the way happens at its time, in order. */
export function advance(state: StripeState, seconds: number): void {
  const until = state.now() + seconds;
  const told = new Set<string>();
  for (let due = next(state, until, told); due; due = next(state, until, told)) {
    state.setClock(due.at);
    due.run();
  }
  state.setClock(until);
}

function next(state: StripeState, until: number, told: Set<string>): Due | undefined {
  const dues = [...[...state.subscriptions.values()].flatMap((one) => ofSubscription(state, one, told)), ...[...state.sessions.values()].flatMap((one) => ofSession(state, one))];
  return dues.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
}

function ofSubscription(state: StripeState, one: Stripe.Subscription, told: Set<string>): Due[] {
  if (one.status === 'canceled' || one.status === 'incomplete_expired') return [];
  const periodEnd = itemOf(one).current_period_end;
  const ends = one.cancel_at ?? (one.cancel_at_period_end ? periodEnd : null);
  return [{ at: ends ?? periodEnd, run: () => (ends === null ? renew(state, one) : finish(state, one)) }, ...ofTrial(state, one, told), ...ofPayment(state, one)];
}

/** What was used and not charged yet is charged at last. */
function finish(state: StripeState, one: Stripe.Subscription): void {
  chargeLastUsage(state, one);
  end(state, one, 'cancellation_requested');
}

function ofTrial(state: StripeState, one: Stripe.Subscription, told: Set<string>): Due[] {
  if (one.status !== 'trialing' || one.trial_end === null || told.has(one.id) || one.trial_end - NOTICE < state.now()) return [];
  return [{ at: one.trial_end - NOTICE, run: () => { told.add(one.id); state.emit('customer.subscription.trial_will_end', one); } }];
}

function ofPayment(state: StripeState, one: Stripe.Subscription): Due[] {
  const dues: Due[] = [];
  const unpaid = state.invoices.get(one.latest_invoice as string);
  if (unpaid?.status === 'open' && unpaid.next_payment_attempt !== null) dues.push({ at: unpaid.next_payment_attempt, run: () => retry(state, one, unpaid) });
  if (one.pending_update) dues.push({ at: one.pending_update.expires_at, run: () => { one.pending_update = null; state.emit('customer.subscription.pending_update_expired', one); } });
  return dues;
}

function ofSession(state: StripeState, one: Stripe.Checkout.Session): Due[] {
  if (one.status !== 'open') return [];
  return [{ at: one.expires_at, run: () => { Object.assign(one, { status: 'expired', url: null }); state.emit('checkout.session.expired', one); } }];
}
