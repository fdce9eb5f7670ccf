import Stripe from 'stripe';
import { startStripePeer, type StripePeer } from '../../../../test/support/stripe-peer';

const DAY = 86_400;

let peer: StripePeer;
beforeAll(async () => {
  peer = await startStripePeer();
});
afterAll(() => peer.stop());

const client = (key = peer.secretKey): Stripe => {
  const { hostname, port } = new URL(peer.url);
  return new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0, apiVersion: '2026-10-28.endive' });
};
/** Texts where types want numbers, and the like: what a careless client sends. */
const raw = async (path: string, form: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${peer.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${peer.secretKey}`, 'stripe-version': '2026-10-28.endive', 'content-type': 'application/x-www-form-urlencoded', ...headers }, body: form });
  return { status: answer.status, replayed: answer.headers.get('idempotent-replayed'), requestId: answer.headers.get('request-id'), body: (await answer.json()) as { id: string; error: { type: string; code: string; param: string } } };
};

it('listens on this machine only', () => expect(new URL(peer.url).hostname).toBe('127.0.0.1'));

it('refuses keys, calls, parameters and ids that Stripe refuses, in Stripe\'s words', async () => {
  await expect(client('sk_test_wrong').customers.create({})).rejects.toMatchObject({ type: 'StripeAuthenticationError', statusCode: 401 });
  await expect(client().customers.retrieve('cus_none')).rejects.toMatchObject({ code: 'resource_missing', statusCode: 404 });
  for (const [path, form, error] of [
    ['/v1/customers', 'nickname=Ada', { type: 'invalid_request_error', code: 'parameter_unknown', param: 'nickname' }],
    ['/v1/customers', 'address[planet]=Mars', { code: 'parameter_unknown', param: 'address[planet]' }],
    ['/v1/prices', 'unit_amount=5', { code: 'parameter_missing', param: 'currency' }],
    ['/v1/prices', 'currency=usd&unit_amount=many&product_data[name]=x', { param: 'unit_amount' }],
    ['/v1/checkout/sessions', 'mode=subscriptions', { param: 'mode' }],
  ] as const) expect(await raw(path, form)).toMatchObject({ status: 400, body: { error }, requestId: expect.stringMatching(/^req_/) as string });
  expect(peer.violations().length).toBeGreaterThan(3);
});

it('answers a repeated key with its first answer, and refuses the key for anything else', async () => {
  const first = await raw('/v1/customers', 'name=Ada', { 'idempotency-key': 'one' });
  const again = await raw('/v1/customers', 'name=Ada', { 'idempotency-key': 'one' });
  expect([again.body.id, again.replayed, first.replayed]).toEqual([first.body.id, 'true', null]);
  expect(await raw('/v1/customers', 'name=Bob', { 'idempotency-key': 'one' })).toMatchObject({ status: 400, body: { error: { type: 'idempotency_error' } } });
});

it('pages its lists, shows in full what is asked for, and moves its clock through trial, periods and tries to collect', async () => {
  const stripe = client();
  const customer = await stripe.customers.create({ name: 'Ada' });
  const price = await stripe.prices.create({ currency: 'usd', unit_amount: 2_000, recurring: { interval: 'month' }, product_data: { name: 'Pro' } });
  const session = await stripe.checkout.sessions.create({ mode: 'subscription', customer: customer.id, line_items: [{ price: price.id, quantity: 1 }], subscription_data: { trial_period_days: 7 }, success_url: 'https://a.example/{CHECKOUT_SESSION_ID}' });
  expect(peer.press(session.id)).toBe(`https://a.example/${session.id}`);
  const { subscription: id } = await stripe.checkout.sessions.retrieve(session.id);
  expect(await stripe.subscriptions.retrieve(id as string)).toMatchObject({ status: 'trialing', latest_invoice: expect.stringMatching(/^in_/) as string });
  peer.declineCards(customer.id, true);
  peer.advance(8 * DAY);
  expect(await stripe.subscriptions.retrieve(id as string, { expand: ['latest_invoice'] })).toMatchObject({ status: 'past_due', latest_invoice: { status: 'open', attempt_count: 1 } });
  peer.declineCards(customer.id, false);
  peer.advance(3 * DAY);
  const paid = await stripe.subscriptions.retrieve(id as string, { expand: ['latest_invoice'] });
  const invoice = await stripe.invoices.retrieve((paid.latest_invoice as Stripe.Invoice).id, { expand: ['payments.data.payment.payment_intent'] });
  expect([paid.status, invoice.status, invoice.amount_paid, (invoice.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent).status]).toEqual(['active', 'paid', 2_000, 'succeeded']);
  expect((await stripe.invoices.retrieve(invoice.id)).payments).toBeUndefined();
  peer.advance(200 * DAY);
  const all = await stripe.invoices.list({ customer: customer.id, limit: 2 }).autoPagingToArray({ limit: 100 });
  expect(new Set(all.map(({ id: one }) => one)).size).toBe(8);
  const order = peer.events().filter(({ data }) => (data.object as { customer?: string }).customer === customer.id).map(({ type }) => type);
  expect(order.filter((type) => ['checkout.session.completed', 'customer.subscription.created', 'invoice.paid'].includes(type)).slice(0, 3).sort()).toEqual(['checkout.session.completed', 'customer.subscription.created', 'invoice.paid']);
});

it('signs its webhooks as the SDK checks them', () => {
  const [event] = peer.events();
  const { headers, body } = peer.signed(event!);
  expect(Stripe.webhooks.constructEvent(body, headers['stripe-signature']!, peer.webhookSecret).id).toBe(event!.id);
  expect(() => Stripe.webhooks.constructEvent(`${body} `, headers['stripe-signature']!, peer.webhookSecret)).toThrow();
});
