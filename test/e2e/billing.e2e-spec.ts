import { Client } from 'pg';
import { ApiClient } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';

interface Bought {
  readonly url: string;
  readonly purchaseId?: string;
}

/** Lives of a customer that are told in another order each; the long run takes thousands: STRIPE_STORM_SEEDS=2000. */
const LIVES = Number(process.env['STRIPE_STORM_SEEDS'] ?? '2');
const MOST_COPIES = 20;
const DAY = 86_400;

/** Money through both processes: the API opens Stripe's page, somebody pays on it, Stripe's webhooks come, twice and in any order, and the worker books them. */
describe('Stripe', () => {
  let house: RunningQuickstart;
  let ada: ApiClient;
  let database: Client;

  beforeAll(async () => {
    house = await RunningQuickstart.start(['--stripe', '--worker', '2']);
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
    database = new Client({ connectionString: house.state.databaseUrl });
    await database.connect();
    await peer('webhooks', { url: `${house.state.apiUrl}/api/v1/webhooks/stripe`, copies: 2, shuffle: 4 });
  }, 180_000);

  afterAll(async () => {
    await database?.end();
    await house?.stop();
  }, 60_000);

  async function peer<Body>(path: string, body?: object): Promise<Body> {
    const answer = await fetch(`${String(house.state.peers.stripe)}/__peer/${path}`, { method: body ? 'POST' : 'GET', headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Body;
  }

  /** The button of the page; the browser is sent back to us. */
  async function pay(url: string): Promise<void> {
    expect(await (await fetch(url)).text()).toContain('Pay');
    const paid = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'card=good', redirect: 'manual' });
    expect([paid.status, paid.headers.get('location')]).toEqual([303, expect.stringContaining(`${house.state.apiUrl}/paid?session=cs_test_`)]);
    await peer('webhooks/flush', {});
  }

  const urls = (): object => ({ successUrl: `${house.state.apiUrl}/paid?session={CHECKOUT_SESSION_ID}`, cancelUrl: `${house.state.apiUrl}/not` });
  const available = async (): Promise<unknown> => (await ada.get('/users/credits')).body.available;

  async function until(what: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 60_000; !(await what()); await new Promise((resolve) => setTimeout(resolve, 200))) if (Date.now() > end) throw new Error('it did not happen within a minute');
  }

  it('sells a package and a plan on its page; the credits come once, with the webhooks', async () => {
    const before = Number(await available());
    const packs = (await ada.get('/credits/packages')).body.data as { id: string; name: string }[];
    const bought = (await ada.post('/credits/purchase', { packageId: packs.find(({ name }) => name === 'starter')!.id, ...urls() })).body as unknown as Bought;
    expect(await available()).toBe(before);
    await pay(bought.url);
    await until(async () => Number(await available()) === before + 100);

    const checkout = await ada.post('/billing/checkout', { plan: 'pro', ...urls() });
    expect(checkout.status).toBe(201);
    await pay((checkout.body as unknown as Bought).url);
    await until(async () => (await ada.get('/billing/subscription')).body.plan === 'pro' && Number(await available()) === before + 1_100);
    expect((await ada.get('/billing/subscription')).body).toMatchObject({ plan: 'pro', status: 'active', cancelAtPeriodEnd: false });
    expect((await ada.get('/credits/purchases')).body).toMatchObject({ data: [{ id: bought.purchaseId, status: 'completed', credits: 100 }] });
    const invoices = (await ada.get('/billing/invoices?status=paid')).body.data as { amountPaid: { amount: number } }[];
    expect(invoices.map(({ amountPaid }) => amountPaid.amount).sort()).toEqual([2_000, 500]);

    // Every delivery, the second ones too, was taken and worked off, and nothing moved twice.
    await until(async () => (await database.query(`SELECT 1 FROM webhook_deliveries WHERE source = 'stripe' AND status NOT IN ('processed', 'ignored') LIMIT 1`)).rowCount === 0);
    expect(Number(await available())).toBe(before + 1_100);
    const { rows } = await database.query<{ waits: string }>(`SELECT coalesce(sum(amount_micro), 0)::text AS waits FROM credit_entries WHERE account = 'purchases_clearing'`);
    expect(rows).toEqual([{ waits: '0' }]);
    const { rows: events } = await database.query<{ stored: number }>(`SELECT count(*)::int AS stored FROM webhook_deliveries WHERE source = 'stripe'`);
    expect(events[0]!.stored).toBe((await peer<{ data: unknown[] }>('events')).data.length);
    expect((await peer<{ data: string[] }>('violations')).data).toEqual([]);
  }, 180_000);

  /** Everything that was posted is stored, and worked off by one of the two workers. */
  async function settled(): Promise<void> {
    await peer('webhooks/flush', {});
    const { data } = await peer<{ data: unknown[] }>('events');
    await until(async () => {
      const { rows } = await database.query<{ stored: number; waiting: number }>(`SELECT count(*)::int AS stored, count(*) FILTER (WHERE status NOT IN ('processed', 'ignored'))::int AS waiting FROM webhook_deliveries WHERE source = 'stripe'`);
      return rows[0]!.stored === data.length && rows[0]!.waiting === 0;
    });
  }

  /** A package, a plan, a refund, a dispute, a month that is paid late, and the end: what is left of it in our rows, without ids and times, and tries to collect: months differ in length. */
  async function live(n: number): Promise<unknown> {
    const { body } = await new ApiClient(house.state.apiUrl).post('/auth/register', { email: `storm-${n}-${Date.now()}@example.com`, password: 'a passphrase of a storm' });
    const person = new ApiClient(house.state.apiUrl, String(body.accessToken));
    const organizationId = (body.organization as { id: string }).id;
    const packs = (await person.get('/credits/packages')).body.data as { id: string; name: string }[];
    await pay(((await person.post('/credits/purchase', { packageId: packs.find(({ name }) => name === 'developer')!.id, ...urls() })).body as unknown as Bought).url);
    await pay(((await person.post('/billing/checkout', { plan: 'pro', ...urls() })).body as unknown as Bought).url);
    await settled();
    const { customers, sessions } = await peer<{ customers: { id: string; metadata: Record<string, string> }[]; sessions: { client_reference_id: string; mode: string; payment_intent: string }[] }>('state');
    const customer = customers.find(({ metadata }) => metadata.organization_id === organizationId)!.id;
    const payment = sessions.find((one) => one.client_reference_id === organizationId && one.mode === 'payment')!.payment_intent;
    await peer('refunds', { payment, amount: 500 });
    const { id } = await peer<{ id: string }>('disputes', { payment, amount: 400 });
    await peer('cards', { customer, declines: true });
    await peer('clock', { seconds: 32 * DAY });
    await peer('cards', { customer, declines: false });
    await peer('clock', { seconds: 4 * DAY });
    await peer('disputes/change', { id, status: n % 2 === 0 ? 'won' : 'lost' });
    await settled();
    expect((await person.post('/billing/subscription/cancel', {})).status).toBe(200);
    await peer('clock', { seconds: 32 * DAY });
    await settled();
    const { rows } = await database.query(
      `SELECT (SELECT json_agg(json_build_array(p.name, s.status, s.stripe_status) ORDER BY s.created_at) FROM subscriptions s JOIN subscription_plans p ON p.id = s.plan_id WHERE s.organization_id = $1) AS subscriptions,
              (SELECT json_agg(json_build_array(status, billing_reason, total_minor, amount_paid_minor) ORDER BY billing_reason, total_minor) FROM subscription_invoices WHERE organization_id = $1) AS invoices,
              (SELECT json_agg(json_build_array(status, amount_refunded_minor, credits_revoked_micro)) FROM credit_purchases WHERE organization_id = $1) AS purchases,
              (SELECT json_agg(json_build_array(source, kind, category, amount_micro) ORDER BY source, kind, amount_micro) FROM credit_grants WHERE organization_id = $1 AND source IN ('subscription', 'purchase')) AS lots,
              (SELECT coalesce(sum(amount_micro), 0)::text FROM credit_entries WHERE organization_id = $1 AND account = 'purchases_clearing') AS clearing`,
      [organizationId],
    );
    return rows[0];
  }

  it(`leaves the same behind of ${LIVES} lives, each event told up to ${MOST_COPIES} times, at once and in any order, to two worker processes`, async () => {
    const target = `${house.state.apiUrl}/api/v1/webhooks/stripe`;
    await settled();
    for (const outcome of [0, 1]) {
      await peer('webhooks', { url: target });
      const once = await live(outcome);
      expect(once).toMatchObject({ clearing: '0', invoices: expect.arrayContaining([['paid', 'subscription_cycle', 2_000, 2_000]]) as unknown });
      await peer('webhooks', { url: target, mostCopies: MOST_COPIES, shuffle: 10_000 });
      for (let n = outcome; n < LIVES; n += 2) expect({ n, left: await live(n) }).toEqual({ n, left: once });
    }
    expect((await peer<{ data: string[] }>('violations')).data).toEqual([]);
  }, 240_000 + LIVES * 60_000);
});
