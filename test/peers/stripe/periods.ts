import type Stripe from 'stripe';

export type Interval = 'month' | 'year';

/** The k-th turn of a cycle that began at `anchor`: the same day of the month, or the month's last. */
export function turnOf(anchor: number, interval: Interval, k: number): number {
  const start = new Date(anchor * 1_000);
  const months = interval === 'year' ? 12 * k : k;
  const lastDay = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months + 1, 0)).getUTCDate();
  const turned = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, Math.min(start.getUTCDate(), lastDay), start.getUTCHours(), start.getUTCMinutes(), start.getUTCSeconds());
  return Math.floor(turned / 1_000);
}

/** The next turn after a time. */
export function nextTurn(anchor: number, interval: Interval, after: number): number {
  let k = 1;
  while (turnOf(anchor, interval, k) <= after) k += 1;
  return turnOf(anchor, interval, k);
}

export function intervalOf(price: Stripe.Price): Interval {
  return price.recurring?.interval === 'year' ? 'year' : 'month';
}

/** What charges by a meter, beside the plan. */
export function meteredItemOf(subscription: Stripe.Subscription): Stripe.SubscriptionItem | undefined {
  return subscription.items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
}

/** The item of a subscription that sells its plan. */
export function itemOf(subscription: Stripe.Subscription): Stripe.SubscriptionItem {
  const item = subscription.items.data.find(({ price }) => price.recurring?.usage_type !== 'metered');
  if (!item) throw new Error(`${subscription.id} has no item`);
  return item;
}
