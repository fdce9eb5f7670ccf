import { Client } from 'pg';
import { ApiClient } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';

interface Bought {
  readonly url: string;
  readonly purchaseId?: string;
}

/** Money through both processes: the API opens Stripe's page, somebody pays on it, Stripe's webhooks come, twice and in any order, and the worker books them. */
describe('Stripe', () => {
  let house: RunningQuickstart;
  let ada: ApiClient;
  let database: Client;

  beforeAll(async () => {
    house = await RunningQuickstart.start(['--stripe']);
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
});
