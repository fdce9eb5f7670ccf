import type Stripe from 'stripe';
import { planOf } from './catalog';

export interface NewSubscription {
  readonly id: string;
  readonly itemId: string;
  readonly created: number;
  readonly customer: string;
  readonly price: Stripe.Price;
  readonly periodEnd: number;
  readonly trialEnd: number | null;
  readonly metadata: Record<string, string>;
}

export function subscription({ id, itemId, created, customer, price, periodEnd, trialEnd, metadata }: NewSubscription): Stripe.Subscription {
  return {
    id, object: 'subscription', application: null, application_fee_percent: null, automatic_tax: { disabled_reason: null, enabled: false, liability: null }, billing_cycle_anchor: trialEnd ?? created,
    billing_cycle_anchor_config: null, billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' }, billing_schedules: [], billing_thresholds: null, cancel_at: null,
    cancel_at_period_end: false, canceled_at: null, cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null }, collection_method: 'charge_automatically', created,
    currency: price.currency, customer, customer_account: null, days_until_due: null, default_payment_method: 'pm_peer', default_source: null, default_tax_rates: [], description: null, discounts: [],
    ended_at: null, invoice_settings: { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: { type: 'self' } },
    items: list([item({ id: itemId, subscription: id, price, created, start: created, end: periodEnd })], `/v1/subscription_items?subscription=${id}`), latest_invoice: null, livemode: false, managed_payments: null, metadata,
    next_pending_invoice_item_invoice: null, on_behalf_of: null, pause_collection: null, payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null, pending_setup_intent: null, pending_update: null, schedule: null, start_date: created, status: trialEnd === null ? 'active' : 'trialing', test_clock: null,
    transfer_data: null, trial_end: trialEnd, trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } }, trial_start: trialEnd === null ? null : created,
  } satisfies Stripe.Subscription;
}

export function item({ id, subscription, price, created, start, end }: { id: string; subscription: string; price: Stripe.Price; created: number; start: number; end: number }): Stripe.SubscriptionItem {
  return {
    id, object: 'subscription_item', billing_thresholds: null, created, current_period_end: end, current_period_start: start, current_trial: null, discounts: [], metadata: {}, plan: planOf(price), price,
    ...(price.recurring?.usage_type === 'metered' ? {} : { quantity: 1 }), subscription, tax_rates: [],
  } satisfies Stripe.SubscriptionItem;
}

export function list<Item>(data: Item[], url: string, hasMore = false): Stripe.ApiList<Item> {
  return { object: 'list', data, has_more: hasMore, url };
}

export interface NewPhase {
  readonly start: number;
  readonly end: number;
  readonly price: string;
  /** Charged by a meter, beside the plan. */
  readonly metered?: string | null;
  readonly currency: string;
  readonly trialEnd: number | null;
}

export function schedule({ id, created, of, phases }: { id: string; created: number; of: Stripe.Subscription; phases: readonly NewPhase[] }): Stripe.SubscriptionSchedule {
  const [first] = phases;
  return {
    id, object: 'subscription_schedule', application: null, billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' }, canceled_at: null, completed_at: null, created,
    current_phase: first ? { start_date: first.start, end_date: first.end } : null, customer: of.customer as string, customer_account: null,
    default_settings: {
      application_fee_percent: null, billing_cycle_anchor: 'automatic', billing_thresholds: null, collection_method: 'charge_automatically', default_payment_method: null, description: null,
      invoice_settings: { account_tax_ids: null, custom_fields: null, days_until_due: null, description: null, footer: null, issuer: { type: 'self' } }, on_behalf_of: null, transfer_data: null,
    },
    end_behavior: 'release', livemode: false, metadata: {}, pause_schedules: [], phases: phases.map(phase), released_at: null, released_subscription: null, status: 'active', subscription: of.id, test_clock: null,
  } satisfies Stripe.SubscriptionSchedule;
}

export function phase({ start, end, price, metered = null, currency, trialEnd }: NewPhase): Stripe.SubscriptionSchedule.Phase {
  return {
    add_invoice_items: [], application_fee_percent: null, billing_cycle_anchor: null, billing_thresholds: null, collection_method: null, currency, default_payment_method: null, description: null, discounts: [],
    end_date: end, invoice_settings: null, items: [{ billing_thresholds: null, discounts: [], metadata: {}, plan: price, price, quantity: 1 }, ...(metered === null ? [] : [{ billing_thresholds: null, discounts: [], metadata: {}, plan: metered, price: metered }])], metadata: {}, on_behalf_of: null, proration_behavior: 'none',
    start_date: start, transfer_data: null, trial_end: trialEnd,
  } satisfies Stripe.SubscriptionSchedule.Phase;
}
