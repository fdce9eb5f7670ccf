// Subscriptions and schedules as they are asked to be.
import type Stripe from 'stripe';
import { invalid, missing } from './api-error';
import { shown } from './answers';
import { sellByMeter } from './metering';
import { itemOf, meteredItemOf } from './periods';
import type { Call } from './call';
import { invoice } from './shapes/invoices';
import { phase, schedule } from './shapes/subscriptions';
import type { StripeState } from './stripe-state';
import { change, changeLines } from './subscribing';

/** What a change that waits for its payment may not say at the same time. */
const NOT_WITH_PENDING = ['cancel_at_period_end', 'cancel_at', 'metadata', 'description', 'default_payment_method', 'pause_collection'];

export function updateSubscription({ state, params }: Call, one: Stripe.Subscription): unknown {
  const { items, cancel_at_period_end, payment_behavior, metadata, expand } = params as unknown as Stripe.SubscriptionUpdateParams & { metadata?: Record<string, string> };
  if (one.status === 'canceled') throw invalid('A canceled subscription can only update its cancellation_details and metadata.');
  if (payment_behavior === 'pending_if_incomplete') for (const name of NOT_WITH_PENDING) if (name in params) throw invalid(`\`${name}\` is not supported when \`payment_behavior\` is \`pending_if_incomplete\`.`, name);
  if (one.schedule !== null && cancel_at_period_end !== undefined) throw invalid(`The subscription is managed by the subscription schedule \`${one.schedule as string}\`, and updating any cancelation behavior directly is not allowed.`);
  Object.assign(one.metadata, metadata ?? {});
  if (cancel_at_period_end !== undefined && cancel_at_period_end !== one.cancel_at_period_end) setCancel(state, one, cancel_at_period_end);
  if (items !== undefined) changeItems(state, one, items, payment_behavior === 'pending_if_incomplete');
  return shown(state, one, expand);
}

function changeItems(state: StripeState, one: Stripe.Subscription, items: readonly { id?: string; price?: string }[], waits: boolean): void {
  const priceOf = ({ price }: { price?: string }): Stripe.Price | undefined => state.prices.get(price ?? '');
  const isMetered = (wish: { price?: string }): boolean => priceOf(wish)?.recurring?.usage_type === 'metered';
  for (const wish of items.filter(isMetered)) sellByMeter(state, one, wish, priceOf(wish)!);
  const licensed = items.filter((wish) => !isMetered(wish));
  if (licensed.length > 0) change(state, one, wantedPrice(state, one, licensed), waits);
}

function setCancel(state: StripeState, one: Stripe.Subscription, cancels: boolean): void {
  Object.assign(one, { cancel_at_period_end: cancels, cancel_at: cancels ? itemOf(one).current_period_end : null, canceled_at: cancels ? state.now() : null });
  state.emit('customer.subscription.updated', one);
}

export function preview({ state, params }: Call): unknown {
  const { subscription: id, subscription_details } = params as unknown as Stripe.InvoiceCreatePreviewParams;
  const one = state.subscriptions.get(id ?? '');
  if (!one) throw missing('subscription', id ?? '');
  const payer = state.customers.get(one.customer as string);
  if (!payer) throw missing('customer', one.customer as string);
  const lines = changeLines(state, one, wantedPrice(state, one, subscription_details?.items ?? []));
  const upcoming = invoice({ id: 'upcoming_in_peer', created: state.now(), number: '', customer: payer, currency: one.currency, reason: 'upcoming', subscription: one, lines: lines.map((line, index) => ({ ...line, id: `il_tmp_${index}` })), url: state.url });
  return shown(state, { ...upcoming, number: null, status: 'draft', status_transitions: { ...upcoming.status_transitions, finalized_at: null } });
}

export function createSchedule({ state, params }: Call): unknown {
  const { from_subscription: id } = params as unknown as Stripe.SubscriptionScheduleCreateParams;
  const one = state.subscriptions.get(id ?? '');
  if (!one) throw missing('subscription', id ?? '');
  if (one.schedule !== null) throw invalid('You cannot migrate a subscription that is already attached to a schedule.', 'from_subscription');
  const { current_period_start: start, current_period_end: end, price } = itemOf(one);
  const made = schedule({ id: state.id('sub_sched'), created: state.now(), of: one, phases: [{ start, end, price: price.id, metered: meteredItemOf(one)?.price.id ?? null, currency: price.currency, trialEnd: one.trial_end }] });
  state.schedules.set(made.id, made);
  one.schedule = made.id;
  state.emit('subscription_schedule.created', made);
  state.emit('customer.subscription.updated', one);
  return shown(state, made);
}

export function updateSchedule({ state, params }: Call, of: Stripe.SubscriptionSchedule): unknown {
  const { phases = [] } = params as unknown as Stripe.SubscriptionScheduleUpdateParams;
  const [first] = phases;
  if (of.status !== 'active') throw invalid(`You cannot update a subscription schedule that is currently in the \`${of.status}\` status.`);
  if (first?.start_date !== of.current_phase?.start_date) throw invalid('You can not modify the start date of the current phase.', 'phases[0][start_date]');
  let start = of.phases[0]?.start_date ?? 0;
  of.phases = phases.map((wish) => {
    const price = state.prices.get(wish.items[0]?.price ?? '');
    if (!price) throw missing('price', wish.items[0]?.price ?? '');
    const end = typeof wish.end_date === 'number' ? wish.end_date : start + 30 * 86_400;
    const made = phase({ start, end, price: price.id, metered: meteredPriceIn(state, wish.items), currency: price.currency, trialEnd: typeof wish.trial_end === 'number' ? wish.trial_end : null });
    start = end;
    return made;
  });
  state.emit('subscription_schedule.updated', of);
  return shown(state, of);
}

/** A metered price of a phase, which has no quantity. */
function meteredPriceIn(state: StripeState, items: Stripe.SubscriptionScheduleUpdateParams.Phase['items']): string | null {
  const metered = items.find(({ price }) => state.prices.get(price ?? '')?.recurring?.usage_type === 'metered');
  if (metered?.quantity !== undefined) throw invalid('You cannot set the quantity for a metered plan.', 'items');
  return metered?.price ?? null;
}

/** The subscription that a schedule is of. */
export function changeOf(state: StripeState, of: Stripe.SubscriptionSchedule): Stripe.Subscription {
  const one = state.subscriptions.get(of.subscription as string);
  if (!one) throw missing('subscription', of.subscription as string);
  return one;
}

function wantedPrice(state: StripeState, one: Stripe.Subscription, items: readonly { id?: string; price?: string }[]): Stripe.Price {
  const [wish] = items;
  if (wish?.id !== itemOf(one).id) throw missing('subscription', wish?.id ?? '(a new item beside the old one)');
  const price = state.prices.get(wish.price ?? '');
  if (!price) throw missing('price', wish.price ?? '');
  return price;
}
