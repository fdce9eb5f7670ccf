import { startStripePeer, type StripePeer } from '../../../../test/support/stripe-peer';
import { Contract, type OpenApi } from '../../../../test/support/contract';
import { TestApi, type SignedIn } from '../testing/test-api';

const HOUR = 3_600_000;
const SUCCESS = 'https://app.example.com/done?session={CHECKOUT_SESSION_ID}';
const CANCEL = 'http://127.0.0.1:3000/billing';
const URLS = { successUrl: SUCCESS, cancelUrl: CANCEL };
const OLD_SECRET = `whsec_${'before0000000000000000000000'}`;

let api: TestApi;
let stripe: StripePeer;
let contract: Contract;
beforeAll(async () => {
  stripe = await startStripePeer();
  api = await TestApi.start({ STRIPE_API_URL: stripe.url, STRIPE_SECRET_KEY: stripe.secretKey, STRIPE_WEBHOOK_SECRET: `${stripe.webhookSecret}, ${OLD_SECRET}`, CORS_ORIGINS: 'https://app.example.com' });
  contract = new Contract((await api.send('get', '/openapi.json')).body as OpenApi);
}, 60_000);
afterAll(async () => {
  await api.close();
  await stripe.stop();
});
afterEach(() => expect(stripe.violations()).toEqual([]));

const sql = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => api.database.dataSource.query<Row[]>(text, values);
const post = (as: SignedIn, path: string, body: object, key?: string) => {
  const call = api.send('post', `/api/v1${path}`, as);
  return (key === undefined ? call : call.set('Idempotency-Key', key)).send(body);
};
const get = (as: SignedIn, path: string) => api.send('get', `/api/v1${path}`, as);
const packageId = async () => (await sql<{ id: string }>(`SELECT id FROM credit_packages WHERE name = 'developer'`))[0]!.id;
const audited = async (person: SignedIn) => (await sql<{ action: string }>('SELECT action FROM audit_logs WHERE organization_id = $1', [person.organizationId])).map(({ action }) => action);

const put = (as: SignedIn, path: string, body: object) => api.send('put', `/api/v1${path}`, as).send(body);

/** Pays for a plan, and writes what the webhook would: this file is about the API alone. */
async function subscriber(plan = 'pro'): Promise<SignedIn & { subscriptionId: string }> {
  const person = await api.signUp();
  const checkout = await post(person, '/billing/checkout', { plan, ...URLS });
  expect(checkout.status).toBe(201);
  const { sessionId } = checkout.body as { sessionId: string };
  stripe.press(sessionId);
  const subscriptionId = stripe.state.sessions.get(sessionId)!.subscription as string;
  const { items, customer } = stripe.state.subscriptions.get(subscriptionId)!;
  const { id: itemId, current_period_start: start, current_period_end: end } = items.data[0]!;
  await sql(`UPDATE subscriptions SET status = 'canceled', ended_at = now() WHERE organization_id = $1`, [person.organizationId]);
  await sql(
    `INSERT INTO subscriptions (id, organization_id, plan_id, stripe_subscription_id, stripe_subscription_item_id, stripe_customer_id, status, current_period_start, current_period_end)
     SELECT gen_random_uuid(), $1, id, $2, $3, $4, 'active', to_timestamp($5), to_timestamp($6) FROM subscription_plans WHERE name = $7`,
    [person.organizationId, subscriptionId, itemId, customer, start, end, plan],
  );
  return { ...person, subscriptionId };
}

describe('a checkout of a plan', () => {
  it('leads to a page of Stripe\'s, the same one for the same key', async () => {
    const person = await api.signUp();
    const [one, again] = [await post(person, '/billing/checkout', { plan: 'pro', ...URLS }, 'plan-1'), await post(person, '/billing/checkout', { plan: 'pro', ...URLS }, 'plan-1')];
    expect([one.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(one.text);
    const { url, sessionId } = one.body as { url: string; sessionId: string };
    expect(await (await fetch(url)).text()).toContain('20.00 USD');
    const paid = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'card=good', redirect: 'manual' });
    expect([paid.status, paid.headers.get('location')]).toEqual([303, `https://app.example.com/done?session=${sessionId}`]);
    expect(stripe.state.sessions.get(sessionId)).toMatchObject({ status: 'complete', client_reference_id: person.organizationId, metadata: { plan: 'pro' } });
    expect(await audited(person)).toEqual(expect.arrayContaining(['organization.became_customer', 'subscription.checkout_opened']));
    expect((await get(person, '/billing/subscription')).body).toMatchObject({ plan: 'free', status: 'active' });
    expect(await sql(`SELECT available_micro::int AS available FROM credit_accounts WHERE organization_id = $1`, [person.organizationId])).toEqual([{ available: 100_000_000 }]);
  });

  it('makes one customer of an organization, and one price of a plan, however many come at once', async () => {
    const person = await api.signUp();
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(person, '/billing/checkout', { plan: 'enterprise', ...URLS })));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
    expect([...stripe.state.customers.values()].filter(({ metadata }) => metadata['organization_id'] === person.organizationId)).toHaveLength(1);
    expect([...stripe.state.prices.values()].filter(({ unit_amount }) => unit_amount === 10_000)).toHaveLength(1);
  });

  it('sends nobody elsewhere', async () => {
    const person = await api.signUp();
    for (const url of ['https://evil.example/x', 'https://app.example.com.evil.example/', 'http://app.example.com/x', 'https://app.example.com@evil.example/', 'https://user:pw@app.example.com/', 'javascript:alert(1)', '//evil.example', 'https://app.example.com:8443/']) {
      for (const body of [{ plan: 'pro', successUrl: url, cancelUrl: CANCEL }, { plan: 'pro', successUrl: SUCCESS, cancelUrl: url }]) expect((await post(person, '/billing/checkout', body)).status).toBe(422);
      expect((await post(person, '/billing/portal', { returnUrl: url })).status).toBe(422);
    }
    for (const plan of ['free', 'gold']) expect((await post(person, '/billing/checkout', { plan, ...URLS })).body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/plan' }] });
  });

  it('is for those who have none', async () => {
    const person = await subscriber();
    expect((await post(person, '/billing/checkout', { plan: 'enterprise', ...URLS })).body).toMatchObject({ status: 409, code: 'subscription_exists' });
  });
});

describe('a subscription', () => {
  it('shows what a change costs, changes now to what is bigger and later to what is smaller, and goes back', async () => {
    const person = await subscriber('pro');
    const preview = await post(person, '/billing/subscription/change', { plan: 'enterprise', preview: true });
    expect(preview.body).toMatchObject({ subscription: null, preview: { amountDue: { currency: 'usd' }, lines: [{ isProration: true }, { isProration: true }] } });
    const changed = await post(person, '/billing/subscription/change', { plan: 'enterprise' });
    expect(changed.body).toMatchObject({ subscription: { plan: 'enterprise', status: 'active', pendingPlan: null }, preview: null });
    expect((await post(person, '/billing/subscription/change', { plan: 'pro', when: 'now' })).body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/when' }] });
    expect((await post(person, '/billing/subscription/change', { plan: 'pro' })).body).toMatchObject({ subscription: { plan: 'enterprise', pendingPlan: 'pro' } });
    expect((await post(person, '/billing/subscription/resume', {})).body).toMatchObject({ plan: 'enterprise', pendingPlan: null });
    expect((await post(person, '/billing/subscription/cancel', {})).body).toMatchObject({ plan: 'enterprise', status: 'active', cancelAtPeriodEnd: true });
    expect((await post(person, '/billing/subscription/resume', {})).body).toMatchObject({ cancelAtPeriodEnd: false });
    expect((await post(person, '/billing/subscription/cancel', { at: 'now' })).body).toMatchObject({ plan: 'free', status: 'active' });
    expect(stripe.state.subscriptions.get(person.subscriptionId)?.status).toBe('canceled');
    expect(await audited(person)).toEqual(expect.arrayContaining(['subscription.change_requested', 'subscription.updated']));
    expect(await sql(`SELECT count(*)::int AS grants FROM credit_grants WHERE organization_id = $1 AND source <> 'signup'`, [person.organizationId])).toEqual([{ grants: 0 }]);
  });

  it('allows credits beyond it, up to a limit, through every change', async () => {
    const plans = (await get(await api.signUp(), '/billing/plans')).body as { data: object[] };
    expect(plans.data).toMatchObject([
      { name: 'free', overagePrice: null, queueWeight: 1, logRetentionDays: 30, creditsRollOver: false, features: [] },
      { name: 'pro', overagePrice: { amount: 3, currency: 'usd' }, queueWeight: 2, logRetentionDays: 90 },
      { name: 'enterprise', overagePrice: { amount: 2, currency: 'usd' }, queueWeight: 4, logRetentionDays: null },
    ]);
    const person = await subscriber('pro');
    const items = () => stripe.state.subscriptions.get(person.subscriptionId)!.items.data.map(({ price }) => [price.unit_amount, price.recurring?.usage_type]);
    expect((await get(person, '/billing/subscription')).body).toMatchObject({ usage: { overageCredits: null } });
    for (let again = 0; again < 2; again += 1) expect((await put(person, '/billing/subscription/overage', { maxCredits: 250.5 })).body).toMatchObject({ plan: 'pro', usage: { overageCredits: { used: 0, limit: 250.5 } } });
    expect(items()).toEqual([[2_000, 'licensed'], [3, 'metered']]);
    expect((await post(person, '/billing/subscription/change', { plan: 'enterprise' })).body).toMatchObject({ subscription: { plan: 'enterprise', usage: { overageCredits: { limit: 250.5 } } } });
    expect(items()).toEqual([[10_000, 'licensed'], [2, 'metered']]);
    expect((await post(person, '/billing/subscription/change', { plan: 'pro' })).body).toMatchObject({ subscription: { pendingPlan: 'pro' } });
    stripe.advance(32 * 24 * 3_600);
    expect(items()).toEqual([[2_000, 'licensed'], [3, 'metered']]);
    expect((await put(person, '/billing/subscription/overage', { maxCredits: null })).body).toMatchObject({ usage: { overageCredits: null } });
    for (const maxCredits of [0, -1, '5', 0.0000001, undefined]) expect((await put(person, '/billing/subscription/overage', { maxCredits })).body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/maxCredits' }] });
    expect((await put(await api.signUp(), '/billing/subscription/overage', { maxCredits: 5 })).body).toMatchObject({ code: 'payment_required' });
    expect((await post(person, '/billing/subscription/cancel', { at: 'now' })).status).toBe(200);
    expect(stripe.requests().some(({ method, params }) => method === 'DELETE' && (params as { invoice_now?: string }).invoice_now === 'true')).toBe(true);
    expect(await audited(person)).toEqual(expect.arrayContaining(['subscription.overage_limited']));
  });

  it('stays when the card is refused, and the next try is a new one', async () => {
    const person = await subscriber('pro');
    const customer = stripe.state.subscriptions.get(person.subscriptionId)!.customer as string;
    stripe.declineCards(customer, true);
    expect((await post(person, '/billing/subscription/change', { plan: 'enterprise' })).body).toMatchObject({ status: 402, code: 'payment_required', hostedInvoiceUrl: expect.stringContaining('/i/in_') as string });
    expect((await get(person, '/billing/subscription')).body).toMatchObject({ plan: 'pro' });
    stripe.declineCards(customer, false);
    stripe.state.subscriptions.get(person.subscriptionId)!.pending_update = null;
    expect((await post(person, '/billing/subscription/change', { plan: 'enterprise' })).body).toMatchObject({ subscription: { plan: 'enterprise' } });
  });

  it('is changed once when an answer of Stripe\'s is lost, and not at all when Stripe is down', async () => {
    const person = await subscriber('pro');
    const customer = stripe.state.subscriptions.get(person.subscriptionId)!.customer as string;
    stripe.fault({ method: 'POST', path: `/v1/subscriptions/${person.subscriptionId}`, cut: 'after' });
    expect((await post(person, '/billing/subscription/change', { plan: 'enterprise' })).body).toMatchObject({ subscription: { plan: 'enterprise' } });
    expect([...stripe.state.invoices.values()].filter((one) => one.customer === customer && one.billing_reason === 'subscription_update')).toHaveLength(1);
    stripe.fault({ path: '/v1/subscriptions', times: 9, status: 500 });
    expect((await post(person, '/billing/subscription/cancel', {})).body).toMatchObject({ status: 502, code: 'stripe_error' });
    stripe.clearFaults();
  });

  it('cannot be changed where there is none', async () => {
    const person = await api.signUp();
    for (const [path, body] of [['change', { plan: 'pro' }], ['cancel', {}], ['resume', {}]] as const) expect((await post(person, `/billing/subscription/${path}`, body)).body).toMatchObject({ status: 402, code: 'payment_required', reason: 'no_subscription' });
  });
});

describe('a package', () => {
  it('is bought on a page of Stripe\'s, and listed; a repeat buys nothing more', async () => {
    const person = await api.signUp();
    const body = { packageId: await packageId(), ...URLS };
    const answers = [await post(person, '/credits/purchase', body, 'pack-1'), await post(person, '/credits/purchase', body, 'pack-1')];
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[1]!.text).toBe(answers[0]!.text);
    await post(person, '/credits/purchase', body);
    const list = (await get(person, '/credits/purchases?limit=1')).body as { data: { id: string; status: string; credits: number }[]; nextCursor: string };
    expect(list).toMatchObject({ data: [{ status: 'pending', credits: 500, amount: { amount: 2_000, currency: 'usd' } }] });
    const second = (await get(person, `/credits/purchases?limit=1&cursor=${list.nextCursor}`)).body as { data: { id: string }[]; nextCursor: null };
    expect(second.data.map(({ id }) => id)).toEqual([(answers[0]!.body as { purchaseId: string }).purchaseId]);
    expect(second.nextCursor).toBeNull();
    expect(await audited(person)).toContain('credits.checkout_opened');
    expect((await post(person, '/credits/purchase', { ...body, packageId: '0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a' })).body).toMatchObject({ errors: [{ pointer: '/packageId' }] });
  });
});

describe('the portal and invoices', () => {
  it('open a page, and show what Stripe billed to one\'s own organization', async () => {
    const [person, stranger] = [await subscriber(), await api.signUp()];
    expect((await post(person, '/billing/portal', { returnUrl: CANCEL, flow: 'subscription_cancel' })).body).toEqual({ url: expect.stringContaining('/p/session/') as string });
    expect((await post(stranger, '/billing/portal', { returnUrl: CANCEL })).status).toBe(201);
    await sql(
      `INSERT INTO subscription_invoices (id, organization_id, stripe_invoice_id, number, status, currency, total_minor, amount_due_minor, amount_paid_minor) VALUES (gen_random_uuid(), $1, 'in_a', 'A-1', 'paid', 'usd', 2000, 2000, 2000), (gen_random_uuid(), $1, 'in_b', 'A-2', 'draft', 'usd', 1, 1, 0)`,
      [person.organizationId],
    );
    const { data } = (await get(person, '/billing/invoices')).body as { data: { id: string; number: string }[] };
    expect(data).toMatchObject([{ number: 'A-1', total: { amount: 2_000, currency: 'usd' } }]);
    expect((await get(person, '/billing/invoices?status=draft')).body).toMatchObject({ data: [{ number: 'A-2' }] });
    expect((await get(person, `/billing/invoices/${data[0]!.id}`)).status).toBe(200);
    expect((await get(stranger, `/billing/invoices/${data[0]!.id}`)).status).toBe(404);
  });
});

describe('webhooks', () => {
  const event = () => stripe.events().at(-1)!;
  const send = ({ headers, body }: { headers: Record<string, string>; body: string }) => fetch(`${api.url}/api/v1/webhooks/stripe`, { method: 'POST', headers, body }).then(({ status }) => status);
  const stored = (id: string) => sql<{ status: string; subject: string; type: string }>(`SELECT status, subject_id AS subject, event_type AS type FROM webhook_deliveries WHERE source = 'stripe' AND delivery_id = $1`, [id]);

  it('are stored once, signed with the secret of now or the one before', async () => {
    const one = event();
    expect(await Promise.all(Array.from({ length: 8 }, () => send(stripe.signed(one))))).toEqual(Array.from({ length: 8 }, () => 200));
    expect(await stored(one.id)).toEqual([{ status: 'received', subject: (one.data.object as { id: string }).id, type: one.type }]);
    const other = stripe.events().at(-2)!;
    expect(await send(stripe.signed(other, { secret: OLD_SECRET, at: Date.now() - 290_000 }))).toBe(200);
    expect(await stored(other.id)).toHaveLength(1);
  });

  it('are refused when they are changed, old, from the future, or signed by others', async () => {
    const one = stripe.events().at(-3)!;
    const good = stripe.signed(one);
    for (const bad of [{ ...good, body: good.body.replace('"livemode": false', '"livemode": true ') }, stripe.signed(one, { at: Date.now() - 310_000 }), stripe.signed(one, { at: Date.now() + HOUR }), stripe.signed(one, { secret: `whsec_${'x'.repeat(24)}` }), { ...good, headers: { 'content-type': 'application/json' } }, { ...good, headers: { ...good.headers, 'stripe-signature': 'garbage' } }]) {
      expect(await send(bad)).toBe(401);
    }
    expect(await send(stripe.signed({ ...one, id: '../x' }))).toBe(400);
    expect(await send(stripe.signed({ ...one, data: { object: { pad: 'x'.repeat(1_100_000) } } } as unknown as typeof one))).toBe(413);
    expect(await stored(one.id)).toEqual([]);
  });
});

describe('without keys', () => {
  it('nothing can be bought, and everything can still be looked at', async () => {
    const bare = await TestApi.start();
    try {
      const person = await bare.signUp();
      const ask = (method: 'get' | 'post', path: string, body?: object) => bare.send(method, `/api/v1${path}`, person).send(body).then(({ status, body: { code } }: { status: number; body: { code?: string } }) => [status, code]);
      const urls = { successUrl: CANCEL, cancelUrl: CANCEL };
      const [pack] = await bare.database.dataSource.query<{ id: string }[]>('SELECT id FROM credit_packages LIMIT 1');
      for (const [path, body] of [['/billing/checkout', { plan: 'pro', ...urls }], ['/credits/purchase', { packageId: pack!.id, ...urls }], ['/billing/portal', { returnUrl: CANCEL }]] as const) expect(await ask('post', path, body)).toEqual([503, 'integration_not_configured']);
      expect(await ask('post', '/webhooks/stripe', {})).toEqual([503, 'integration_not_configured']);
      for (const path of ['/billing/subscription', '/billing/invoices', '/credits/purchases']) expect((await ask('get', path))[0]).toBe(200);
    } finally {
      await bare.close();
    }
  });
});

it('documents every route', () => {
  const paths = contract.endpoints.map(({ method, path }) => `${method} ${path}`);
  for (const route of ['GET /api/v1/billing/subscription', 'POST /api/v1/billing/checkout', 'POST /api/v1/billing/subscription/change', 'POST /api/v1/billing/subscription/cancel', 'POST /api/v1/billing/subscription/resume', 'POST /api/v1/billing/portal', 'GET /api/v1/billing/invoices', 'GET /api/v1/billing/invoices/{id}', 'POST /api/v1/credits/purchase', 'GET /api/v1/credits/purchases', 'POST /api/v1/webhooks/stripe']) {
    expect(paths).toContain(route);
  }
});
