// The part of Stripe's API that the product calls, with Stripe's refusals.
import type Stripe from 'stripe';
import { invalid, missing } from './api-error';
import { type ListParams, page, shown } from './answers';
import { changeOf, createSchedule, preview, updateSchedule, updateSubscription } from './changes';
import { createMeter, createMeterEvent, chargeLastUsage, listSummaries } from './metering';
import { customer, portalSession, price } from './shapes/catalog';
import type { Call } from './call';
import { checkoutSession } from './shapes/checkout';
import type { StripeState } from './stripe-state';
import { end } from './subscribing';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: RegExp;
  readonly schema: string;
  readonly run: (call: Call) => unknown;
}

type Kind = 'checkout.session' | 'customer' | 'subscription' | 'subscription_schedule' | 'invoice' | 'invoice_payment' | 'payment_intent' | 'charge' | 'refund' | 'dispute' | 'price' | 'meter';

function found<Item>(map: ReadonlyMap<string, Item>, kind: Kind, id: string): Item {
  const item = map.get(id);
  if (item === undefined) throw missing(kind, id);
  return item;
}

type Shown = { id: string; object: string; created: number };

function read<Item extends Shown>(kind: Kind, mapOf: (state: StripeState) => ReadonlyMap<string, Item>): Route['run'] {
  return ({ state, id, params }) => shown(state, found(mapOf(state), kind, id), params['expand'] as string[] | undefined);
}

/** A list whose filters are fields of its objects, by the same name. */
function listed<Item extends Shown>(url: string, mapOf: (state: StripeState) => ReadonlyMap<string, Item>, filters: readonly (keyof Item & string)[], fits: (item: Item, params: Record<string, unknown>) => boolean = () => true): Route['run'] {
  return ({ state, params }) => {
    const items = [...mapOf(state).values()].filter((item) => filters.every((name) => params[name] === undefined || item[name] === params[name]) && fits(item, params));
    return page(state, items, params as ListParams, url);
  };
}

const POST = 'POST' as const;
const GET = 'GET' as const;

export const ROUTES: readonly Route[] = [
  { method: POST, path: /^\/v1\/customers$/, schema: 'CustomerCreate', run: createCustomer },
  { method: GET, path: /^\/v1\/customers\/([^/]+)$/, schema: 'CustomerRetrieve', run: read('customer', (state) => state.customers) },
  { method: POST, path: /^\/v1\/prices$/, schema: 'PriceCreate', run: createPrice },
  { method: GET, path: /^\/v1\/prices\/([^/]+)$/, schema: 'CustomerRetrieve', run: read('price', (state) => state.prices) },
  { method: POST, path: /^\/v1\/checkout\/sessions$/, schema: 'CheckoutSessionCreate', run: createSession },
  { method: GET, path: /^\/v1\/checkout\/sessions\/([^/]+)$/, schema: 'CheckoutSessionRetrieve', run: read('checkout.session', (state) => state.sessions) },
  { method: GET, path: /^\/v1\/checkout\/sessions$/, schema: 'CheckoutSessionList', run: listed('/v1/checkout/sessions', (state: StripeState) => state.sessions, ['payment_intent', 'customer', 'subscription', 'status']) },
  { method: POST, path: /^\/v1\/billing_portal\/sessions$/, schema: 'PortalSessionCreate', run: createPortal },
  { method: GET, path: /^\/v1\/subscriptions\/([^/]+)$/, schema: 'SubscriptionRetrieve', run: read('subscription', (state) => state.subscriptions) },
  { method: POST, path: /^\/v1\/subscriptions\/([^/]+)$/, schema: 'SubscriptionUpdate', run: (call) => updateSubscription(call, found(call.state.subscriptions, 'subscription', call.id)) },
  { method: 'DELETE', path: /^\/v1\/subscriptions\/([^/]+)$/, schema: 'SubscriptionCancel', run: cancelSubscription },
  { method: GET, path: /^\/v1\/subscriptions$/, schema: 'SubscriptionList', run: listed('/v1/subscriptions', (state: StripeState) => state.subscriptions, ['customer'], hasStatus) },
  { method: POST, path: /^\/v1\/subscription_schedules$/, schema: 'SubscriptionScheduleCreate', run: createSchedule },
  { method: GET, path: /^\/v1\/subscription_schedules\/([^/]+)$/, schema: 'SubscriptionScheduleRetrieve', run: read('subscription_schedule', (state) => state.schedules) },
  { method: POST, path: /^\/v1\/subscription_schedules\/([^/]+)$/, schema: 'SubscriptionScheduleUpdate', run: (call) => updateSchedule(call, found(call.state.schedules, 'subscription_schedule', call.id)) },
  { method: POST, path: /^\/v1\/subscription_schedules\/([^/]+)\/release$/, schema: 'SubscriptionScheduleRelease', run: releaseSchedule },
  { method: POST, path: /^\/v1\/invoices\/create_preview$/, schema: 'InvoiceCreatePreview', run: preview },
  { method: GET, path: /^\/v1\/invoices\/([^/]+)$/, schema: 'InvoiceRetrieve', run: read('invoice', (state) => state.invoices) },
  { method: GET, path: /^\/v1\/invoices$/, schema: 'InvoiceList', run: listed('/v1/invoices', (state: StripeState) => state.invoices, ['status', 'customer']) },
  { method: GET, path: /^\/v1\/invoice_payments$/, schema: 'InvoicePaymentList', run: listed('/v1/invoice_payments', (state: StripeState) => state.invoicePayments, ['invoice', 'status'], paysWith) },
  { method: GET, path: /^\/v1\/invoice_payments\/([^/]+)$/, schema: 'InvoiceRetrieve', run: read('invoice_payment', (state) => state.invoicePayments) },
  { method: GET, path: /^\/v1\/payment_intents\/([^/]+)$/, schema: 'PaymentIntentRetrieve', run: read('payment_intent', (state) => state.intents) },
  { method: GET, path: /^\/v1\/charges\/([^/]+)$/, schema: 'ChargeRetrieve', run: read('charge', (state) => state.charges) },
  { method: GET, path: /^\/v1\/charges$/, schema: 'ChargeList', run: listed('/v1/charges', (state: StripeState) => state.charges, ['customer', 'payment_intent']) },
  { method: GET, path: /^\/v1\/refunds\/([^/]+)$/, schema: 'RefundRetrieve', run: read('refund', (state) => state.refunds) },
  { method: GET, path: /^\/v1\/refunds$/, schema: 'RefundList', run: listed('/v1/refunds', (state: StripeState) => state.refunds, ['charge', 'payment_intent']) },
  { method: GET, path: /^\/v1\/disputes\/([^/]+)$/, schema: 'DisputeRetrieve', run: read('dispute', (state) => state.disputes) },
  { method: GET, path: /^\/v1\/disputes$/, schema: 'DisputeList', run: listed('/v1/disputes', (state: StripeState) => state.disputes, ['charge', 'payment_intent']) },
  { method: GET, path: /^\/v1\/events$/, schema: 'EventList', run: listed('/v1/events', (state: StripeState) => state.events, ['type'], (event, { types }) => types === undefined || (types as string[]).includes(event.type)) },
  { method: GET, path: /^\/v1\/billing\/meters$/, schema: 'MeterList', run: listed('/v1/billing/meters', (state: StripeState) => state.meters, ['status']) },
  { method: POST, path: /^\/v1\/billing\/meters$/, schema: 'MeterCreate', run: createMeter },
  { method: GET, path: /^\/v1\/billing\/meters\/([^/]+)\/event_summaries$/, schema: 'MeterEventSummaryList', run: listSummaries },
  { method: POST, path: /^\/v1\/billing\/meter_events$/, schema: 'MeterEventCreate', run: createMeterEvent },
];

function createCustomer({ state, params }: Call): unknown {
  const { name = null, email = null, metadata = {} } = params as { name?: string; email?: string; metadata?: Record<string, string> };
  const made = customer({ id: state.id('cus'), created: state.now(), name, email, metadata });
  state.customers.set(made.id, made);
  state.emit('customer.created', made);
  return made;
}

function createPrice({ state, params }: Call): unknown {
  const { currency, unit_amount, recurring, product, metadata = {} } = params as unknown as { currency: string; unit_amount?: number; recurring?: { interval: 'month' | 'year'; usage_type?: 'licensed' | 'metered'; meter?: string }; product?: string; metadata?: Record<string, string> };
  if (unit_amount === undefined || !Number.isInteger(unit_amount)) throw invalid('Invalid integer', 'unit_amount', 'parameter_invalid_integer');
  if (product === undefined && params['product_data'] === undefined) throw invalid('You must pass either product or product_data', 'product', 'parameter_missing');
  const made = price({ id: state.id('price'), created: state.now(), amount: unit_amount, currency, product: product ?? state.id('prod'), interval: recurring?.interval ?? null, meter: meterOf(state, recurring), metadata });
  state.prices.set(made.id, made);
  state.emit('price.created', made);
  return made;
}

/** What a metered price counts by. */
function meterOf(state: StripeState, recurring: { usage_type?: string; meter?: string } | undefined): string | null {
  return recurring?.usage_type === 'metered' ? found(state.meters, 'meter', recurring.meter ?? '').id : null;
}

/** A page to pay on. */
function createSession({ state, params }: Call): unknown {
  const wish = params as unknown as SessionWish;
  const sold = found(state.prices, 'price', wish.line_items?.[0]?.price ?? '');
  if (wish.customer !== undefined) found(state.customers, 'customer', wish.customer);
  refuseSession(wish, sold);
  const id = state.id('cs_test');
  state.sessions.set(id, sessionOf(state, id, wish, sold));
  state.wishes.set(id, { price: sold.id, trialDays: wish.subscription_data?.trial_period_days ?? 0, metadata: (wish.subscription_data ?? wish.payment_intent_data)?.metadata ?? {} });
  return state.sessions.get(id);
}

interface SessionWish {
  readonly mode?: string;
  readonly customer?: string;
  readonly line_items?: readonly { price?: string; quantity?: number }[];
  readonly success_url?: string;
  readonly cancel_url?: string;
  readonly client_reference_id?: string;
  readonly metadata?: Record<string, string>;
  readonly subscription_data?: { trial_period_days?: number; metadata?: Record<string, string> };
  readonly payment_intent_data?: { metadata?: Record<string, string> };
  readonly invoice_creation?: { enabled: boolean };
}

/** What fits not together. */
function refuseSession({ mode, success_url, payment_intent_data, subscription_data }: SessionWish, sold: Stripe.Price): void {
  if (success_url === undefined) throw invalid('Missing required param: success_url.', 'success_url', 'parameter_missing');
  if (mode !== 'payment' && mode !== 'subscription') throw invalid(`Invalid mode: ${String(mode)}`, 'mode');
  if (mode === 'subscription' && sold.recurring === null) throw invalid('You must provide at least one recurring price in `subscription` mode when using prices.', 'mode');
  if (mode === 'payment' && sold.recurring !== null) throw invalid('You specified `payment` mode but passed a recurring price.', 'mode');
  if (mode === 'subscription' && payment_intent_data !== undefined) throw invalid('You can not pass `payment_intent_data` in `subscription` mode.', 'payment_intent_data');
  if (mode === 'payment' && subscription_data !== undefined) throw invalid('You can not pass `subscription_data` in `payment` mode.', 'subscription_data');
}

function sessionOf(state: StripeState, id: string, wish: SessionWish, sold: Stripe.Price): Stripe.Checkout.Session {
  const { customer: payer = null, cancel_url = null, client_reference_id = null, metadata = {}, success_url = '' } = wish;
  return checkoutSession({
    id, created: state.now(), mode: sold.recurring === null ? 'payment' : 'subscription', amount: (sold.unit_amount ?? 0) * (wish.line_items?.[0]?.quantity ?? 1), currency: sold.currency, customer: payer,
    clientReferenceId: client_reference_id, metadata, successUrl: success_url, cancelUrl: cancel_url, url: `${state.url}/c/pay/${id}`, createsInvoice: wish.invoice_creation?.enabled === true,
  });
}

function createPortal({ state, params }: Call): unknown {
  const { customer: payer, return_url = null, flow_data } = params as unknown as Stripe.BillingPortal.SessionCreateParams;
  found(state.customers, 'customer', payer ?? '');
  if (flow_data?.type === 'subscription_cancel') found(state.subscriptions, 'subscription', flow_data.subscription_cancel?.subscription ?? '');
  const id = state.id('bps');
  return portalSession({ id, created: state.now(), customer: payer ?? '', returnUrl: return_url, url: `${state.url}/p/session/${id}`, flow: null });
}

function cancelSubscription({ state, id, params }: Call): unknown {
  const one = found(state.subscriptions, 'subscription', id);
  if (one.status === 'canceled') throw missing('subscription', id);
  if (params['invoice_now'] === true) chargeLastUsage(state, one);
  end(state, one, 'cancellation_requested');
  return shown(state, one, params['expand'] as string[] | undefined);
}

function releaseSchedule({ state, id }: Call): unknown {
  const schedule = found(state.schedules, 'subscription_schedule', id);
  if (schedule.status !== 'active' && schedule.status !== 'not_started') throw invalid(`You cannot release a subscription schedule that is currently in the \`${schedule.status}\` status.`);
  const one = changeOf(state, schedule);
  Object.assign(schedule, { status: 'released', current_phase: null, released_at: state.now(), released_subscription: one.id, subscription: null });
  one.schedule = null;
  state.emit('subscription_schedule.released', schedule);
  state.emit('customer.subscription.updated', one);
  return shown(state, schedule);
}

function hasStatus(one: Stripe.Subscription, { status }: Record<string, unknown>): boolean {
  return status === 'all' || (status === undefined ? one.status !== 'canceled' : one.status === status);
}

function paysWith(one: Stripe.InvoicePayment, { payment }: Record<string, unknown>): boolean {
  const wanted = (payment as { payment_intent?: string } | undefined)?.payment_intent;
  return wanted === undefined || one.payment.payment_intent === wanted;
}
