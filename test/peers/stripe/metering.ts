// Billing meters: usage that is told, summed, and charged when a period ends.
import type Stripe from 'stripe';
import { invalid, missing } from './api-error';
import { shown } from './answers';
import type { Call } from './call';
import { collect, openInvoice } from './collecting';
import { itemOf, meteredItemOf } from './periods';
import type { NewLine } from './shapes/invoices';
import { item, list } from './shapes/subscriptions';
import type { StripeState } from './stripe-state';

const DAY = 86_400;
const MINUTE = 60;
const OLDEST_DAYS = 35;
const AHEAD = 300;

type Line = Omit<NewLine, 'id'>;

export function createMeter({ state, params }: Call): unknown {
  const { display_name, event_name, default_aggregation, customer_mapping, value_settings } = params as unknown as Stripe.Billing.MeterCreateParams;
  if (activeMeter(state, event_name)) throw invalid(`There is already an active meter with event_name ${event_name}.`, 'event_name');
  const made = {
    id: state.id('mtr'), object: 'billing.meter', created: state.now(), customer_mapping: customer_mapping ?? { event_payload_key: 'stripe_customer_id', type: 'by_id' }, default_aggregation, display_name, event_name,
    event_time_window: null, livemode: false, status: 'active', status_transitions: { deactivated_at: null }, updated: state.now(), value_settings: value_settings ?? { event_payload_key: 'value' },
  } satisfies Stripe.Billing.Meter;
  state.meters.set(made.id, made);
  return shown(state, made);
}

function checkPayload(state: StripeState, eventName: string, payload: Record<string, string>): void {
  const meter = activeMeter(state, eventName);
  if (!meter) throw invalid(`No active meter found for event name ${eventName}.`, 'event_name');
  const { [meter.customer_mapping.event_payload_key]: customer = '', [meter.value_settings.event_payload_key]: value = '' } = payload;
  if (!state.customers.has(customer)) throw missing('customer', customer);
  if (!/^\d+$/.test(value)) throw invalid(`The value must be a whole number: ${value}`, `payload[${meter.value_settings.event_payload_key}]`);
}

/** Taken at once, checked for what Stripe checks at once; an identifier is taken once. */
export function createMeterEvent({ state, params }: Call): unknown {
  const { event_name, payload, identifier, timestamp } = params as unknown as Stripe.Billing.MeterEventCreateParams;
  const now = state.now();
  checkPayload(state, event_name, payload);
  if (timestamp !== undefined && (timestamp > now + AHEAD || timestamp < now - OLDEST_DAYS * DAY)) throw invalid('The timestamp must be within the past 35 calendar days and not more than 5 minutes ahead.', 'timestamp');
  const known = state.meterEvents.find((other) => other.identifier === identifier && other.created > now - DAY);
  if (known) throw invalid(`An event already exists with identifier ${String(identifier)}.`, 'identifier');
  const made = { object: 'billing.meter_event', created: now, event_name, identifier: identifier ?? state.id('mev'), livemode: false, payload, timestamp: timestamp ?? now } satisfies Stripe.Billing.MeterEvent;
  state.meterEvents.push(made);
  return made;
}

export function listSummaries({ state, id, params }: Call): unknown {
  const { customer, start_time, end_time } = params as unknown as Stripe.Billing.MeterListEventSummariesParams;
  if (!state.meters.has(id)) throw missing('meter', id);
  if (start_time % MINUTE !== 0 || end_time % MINUTE !== 0) throw invalid('start_time and end_time must be aligned with minute boundaries.', 'start_time');
  const aggregated_value = toldOf(state, customer, start_time, end_time);
  const summary = { id: `mtrusg_peer_${start_time}`, object: 'billing.meter_event_summary', aggregated_value, end_time, livemode: false, meter: id, start_time } satisfies Stripe.Billing.MeterEventSummary;
  return list(aggregated_value > 0 ? [summary] : [], `/v1/billing/meters/${id}/event_summaries`);
}

/** A metered item beside the plan's, or another price of it. */
export function sellByMeter(state: StripeState, of: Stripe.Subscription, wish: { id?: string }, price: Stripe.Price): void {
  const { current_period_start: start, current_period_end: end } = itemOf(of);
  const present = meteredItemOf(of);
  if (present && wish.id !== present.id) throw invalid('The subscription has an item of this meter.', 'items');
  const made = item({ id: present?.id ?? state.id('si'), subscription: of.id, price, created: state.now(), start, end });
  of.items.data = [itemOf(of), made];
  state.emit('customer.subscription.updated', of);
}

/** What was told of the period that ends; nothing: no line. */
export function usageLines(state: StripeState, of: Stripe.Subscription): Line[] {
  const metered = meteredItemOf(of);
  if (!metered) return [];
  const { current_period_start: start } = itemOf(of);
  const end = Math.min(itemOf(of).current_period_end, Math.max(state.now(), start));
  const quantity = toldOf(state, of.customer as string, start, Math.max(end, start + 1));
  if (quantity === 0) return [];
  const { price } = metered;
  return [{ amount: quantity * (price.unit_amount ?? 0), description: `${quantity} credits`, quantity, start, end, price, subscription: { id: of.id, itemId: metered.id, proration: false } }];
}

/** The last invoice of a subscription that ends: what was used, and not charged yet. */
export function chargeLastUsage(state: StripeState, of: Stripe.Subscription): void {
  const lines = usageLines(state, of);
  if (lines.length > 0) collect(state, openInvoice(state, { customer: of.customer as string, reason: 'subscription_cycle', subscription: of, lines }));
}

function activeMeter(state: StripeState, eventName: string): Stripe.Billing.Meter | undefined {
  return [...state.meters.values()].find(({ event_name, status }) => event_name === eventName && status === 'active');
}

function toldOf(state: StripeState, customer: string, from: number, to: number): number {
  const theirs = state.meterEvents.filter(({ payload, timestamp }) => payload['stripe_customer_id'] === customer && timestamp >= from && timestamp < to);
  return theirs.reduce((sum, { payload }) => sum + Number(payload['value']), 0);
}
