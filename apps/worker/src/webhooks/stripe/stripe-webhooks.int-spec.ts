import { aTenant, aWebhookEndpoint, type Tenant } from '@app/domain/testing';
import { StripeSubscriptions } from '@app/billing';
import { StripeHouse } from './testing/stripe-house';

const DAY = 86_400;
const CREDIT = 1_000_000n;

let house: StripeHouse;
beforeAll(async () => {
  house = await StripeHouse.open();
}, 60_000);
afterAll(async () => {
  const faults = [...house.peer.violations()];
  await house.close();
  expect(faults).toEqual([]);
});

const ref = async (tenant: Tenant) => {
  const live = (await house.live(tenant))!;
  return { subscriptionId: live.stripeSubscriptionId!, itemId: live.stripeSubscriptionItemId!, rowVersion: live.rowVersion };
};
const priceOf = async (plan: string) => (await house.sql<{ id: string }>('SELECT stripe_price_id AS id FROM subscription_plans WHERE name = $1', [plan]))[0]!.id;

describe('a package', () => {
  it('brings its credits once it is paid, and its charge clears them', async () => {
    const buyer = await house.customer();
    const { purchaseId, sessionId } = await house.order(buyer, 'developer');
    expect(await house.credits(buyer)).toEqual({ available: 0n, debt: 0n });
    const from = house.peer.events().length;
    house.peer.press(sessionId);
    for (let again = 0; again < 2; again += 1) await house.tell(from);
    expect(await house.credits(buyer)).toEqual({ available: 500n * CREDIT, debt: 0n });
    expect(await house.clearing(buyer)).toBe(0n);
    expect(await house.sql(`SELECT status, stripe_payment_intent_id AS payment FROM credit_purchases WHERE id = $1`, [purchaseId])).toEqual([{ status: 'completed', payment: house.paymentOf(sessionId) }]);
    expect(await house.sql(`SELECT status, amount_paid_minor::int AS paid FROM subscription_invoices WHERE organization_id = $1`, [buyer.organization.id])).toEqual([{ status: 'paid', paid: 2_000 }]);
  });

  it('that is paid days later brings them then, or fails then', async () => {
    for (const outcome of ['paid', 'failed'] as const) {
      const buyer = await house.customer();
      const { purchaseId, sessionId } = await house.order(buyer, 'starter');
      const from = house.peer.events().length;
      house.peer.pressAndWait(sessionId);
      const next = await house.tell(from);
      expect((await house.credits(buyer)).available).toBe(0n);
      house.peer.arrive(sessionId, outcome);
      await house.tell(next);
      expect((await house.credits(buyer)).available).toBe(outcome === 'paid' ? 100n * CREDIT : 0n);
      expect(await house.sql(`SELECT status FROM credit_purchases WHERE id = $1`, [purchaseId])).toEqual([{ status: outcome === 'paid' ? 'completed' : 'failed' }]);
    }
  });

  it('that nobody pays for expires', async () => {
    const buyer = await house.customer();
    const { purchaseId, sessionId } = await house.order(buyer, 'starter');
    const from = house.peer.events().length;
    house.peer.advance(DAY + 1);
    await house.tell(from);
    expect(await house.sql(`SELECT status FROM credit_purchases WHERE id = $1`, [purchaseId])).toEqual([{ status: 'expired' }]);
    expect(house.peer.press(sessionId)).toBeNull();
  });
});

describe('a subscription', () => {
  it('takes the place of the free plan, and gives it back when it ends', async () => {
    const buyer = await house.customer();
    let told = house.peer.events().length;
    await house.subscribe(buyer, 'pro');
    told = await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ plan: 'pro', status: 'active', cancelAtPeriodEnd: false });
    expect(await house.credits(buyer)).toEqual({ available: 1_000n * CREDIT, debt: 0n });
    await house.get(StripeSubscriptions).cancelAtPeriodEnd(await ref(buyer));
    told = await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ plan: 'pro', status: 'active', cancelAtPeriodEnd: true });
    house.peer.advance(32 * DAY);
    await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ plan: 'free', status: 'active', stripeSubscriptionId: null });
    expect(await house.sql(`SELECT count(*)::int AS lots FROM credit_grants WHERE organization_id = $1 AND source = 'subscription'`, [buyer.organization.id])).toEqual([{ lots: 1 }]);
    expect(await house.clearing(buyer)).toBe(0n);
  });

  it('that changes to a bigger plan brings the difference for the rest of the period', async () => {
    const buyer = await house.customer();
    await house.subscribe(await house.customer(), 'enterprise');
    const subscriptionId = await house.subscribe(buyer, 'pro');
    let told = await house.tell();
    const { items } = house.peer.state.subscriptions.get(subscriptionId)!;
    const { current_period_start: start, current_period_end: end } = items.data[0]!;
    house.peer.advance(Math.floor((end - start) / 2));
    const preview = await house.get(StripeSubscriptions).preview(await ref(buyer), await priceOf('enterprise'));
    expect(preview).toMatchObject({ amountDueMinor: 4_000, lines: [{ amountMinor: -1_000, isProration: true }, { amountMinor: 5_000, isProration: true }] });
    await house.get(StripeSubscriptions).changeNow(await ref(buyer), { priceId: await priceOf('enterprise') });
    told = await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ plan: 'enterprise' });
    expect(await house.credits(buyer)).toEqual({ available: (1_000n + 5_000n - 500n) * CREDIT, debt: 0n });
    house.peer.advance(20 * DAY);
    await house.tell(told);
    expect(await house.credits(buyer)).toEqual({ available: (5_500n + 10_000n) * CREDIT, debt: 0n });
    expect(await house.clearing(buyer)).toBe(0n);
  });

  it('that changes to a smaller plan does so when the period ends', async () => {
    const buyer = await house.customer();
    await house.subscribe(await house.customer(), 'pro');
    await house.subscribe(buyer, 'enterprise');
    let told = await house.tell();
    await house.get(StripeSubscriptions).changeAtPeriodEnd(await ref(buyer), { priceId: await priceOf('pro') });
    told = await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ plan: 'enterprise', pendingPlan: 'pro' });
    house.peer.advance(32 * DAY);
    await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ plan: 'pro', pendingPlan: null });
    expect(await house.credits(buyer)).toEqual({ available: 11_000n * CREDIT, debt: 0n });
  });

  it('that is tried first brings credits for the trial, and its plan\'s when it is paid', async () => {
    const buyer = await house.customer();
    let told = house.peer.events().length;
    await house.subscribe(buyer, 'pro', 14);
    told = await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ plan: 'pro', status: 'trialing' });
    house.peer.advance(15 * DAY);
    const types = house.peer.events().slice(told).filter(({ data }) => (data.object as { customer?: string }).customer === buyer.customerId).map(({ type }) => type);
    expect(types).toContain('customer.subscription.trial_will_end');
    await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ status: 'active' });
    expect(await house.sql(`SELECT kind, category FROM credit_grants WHERE organization_id = $1 AND source = 'subscription' ORDER BY effective_at`, [buyer.organization.id])).toEqual([{ kind: 'trial', category: 'promotional' }, { kind: 'period', category: 'paid' }]);
    expect(await house.clearing(buyer)).toBe(0n);
  });

  it('that cannot be paid is past due, then unpaid, and whole again when it is', async () => {
    const buyer = await house.customer();
    let told = house.peer.events().length;
    await house.subscribe(buyer, 'pro');
    told = await house.tell(told);
    house.peer.declineCards(buyer.customerId, true);
    house.peer.advance(32 * DAY);
    told = await house.tell(told);
    const late = (await house.live(buyer))!;
    expect(late).toMatchObject({ status: 'past_due' });
    expect(late.pastDueSince!.getTime()).toBe(late.currentPeriodStart.getTime());
    expect(await house.credits(buyer)).toEqual({ available: 1_000n * CREDIT, debt: 0n });
    house.peer.declineCards(buyer.customerId, false);
    house.peer.advance(6 * DAY);
    await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ status: 'active', pastDueSince: null });
    expect(await house.credits(buyer)).toEqual({ available: 2_000n * CREDIT, debt: 0n });
  });

  it('tells the organization\'s own endpoints of every change, of the end of a trial, and of each payment that failed, once', async () => {
    const buyer = await house.customer();
    const { id: endpointId } = await aWebhookEndpoint(house.database.dataSource, { organizationId: buyer.organization.id, events: ['subscription.updated', 'subscription.trial_ending', 'invoice.payment_failed'] });
    let told = house.peer.events().length;
    const tell = async (): Promise<void> => {
      for (let again = 0; again < 2; again += 1) await house.tell(told);
      told = house.peer.events().length;
    };
    const sent = () => house.sql<{ type: string; data: object }>(`SELECT event_type AS type, body::jsonb -> 'data' AS data FROM webhook_endpoint_deliveries WHERE endpoint_id = $1 ORDER BY created_at, id`, [endpointId]);
    await house.subscribe(buyer, 'pro', 14);
    await tell();
    expect(await sent()).toMatchObject([{ type: 'subscription.updated', data: { plan: 'pro', status: 'trialing', previousStatus: null } }]);
    house.peer.declineCards(buyer.customerId, true);
    house.peer.advance(12 * DAY);
    await tell();
    expect((await sent()).slice(1)).toMatchObject([{ type: 'subscription.trial_ending', data: { plan: 'pro', status: 'trialing' } }]);
    house.peer.advance(3 * DAY);
    await tell();
    const failed = (await sent()).slice(2);
    expect(failed.filter(({ type }) => type === 'invoice.payment_failed')).toMatchObject([{ data: { amountDue: { amount: 2_000, currency: 'usd' }, attemptCount: 1, hostedInvoiceUrl: expect.stringContaining('http') as string } }]);
    expect(failed.filter(({ type }) => type === 'subscription.updated').at(-1)).toMatchObject({ data: { status: 'past_due' } });
    const before = (await sent()).length;
    house.peer.advance(3 * DAY);
    await tell();
    expect((await sent()).slice(before)).toMatchObject([{ type: 'invoice.payment_failed', data: { attemptCount: 2 } }]);
    house.peer.declineCards(buyer.customerId, false);
    house.peer.advance(6 * DAY);
    await tell();
    expect((await sent()).at(-1)).toMatchObject({ type: 'subscription.updated', data: { status: 'active', previousStatus: 'past_due' } });
  });

  it('whose bigger plan the card does not pay stays as it is', async () => {
    const buyer = await house.customer();
    await house.subscribe(buyer, 'pro');
    let told = await house.tell();
    house.peer.declineCards(buyer.customerId, true);
    house.peer.advance(3 * DAY);
    await expect(house.get(StripeSubscriptions).changeNow(await ref(buyer), { priceId: await priceOf('enterprise') })).rejects.toMatchObject({ code: 'payment_required' });
    told = await house.tell(told);
    house.peer.advance(2 * DAY);
    await house.tell(told);
    expect(await house.live(buyer)).toMatchObject({ plan: 'pro', status: 'active' });
    expect(await house.credits(buyer)).toEqual({ available: 1_000n * CREDIT, debt: 0n });
  });
});

describe('what is none of ours', () => {
  it('is ignored, and so is what is no event', async () => {
    const stranger = await aTenant(house.database.dataSource);
    const [event] = house.peer.events();
    const about = (id: string, type: string) => house.apply({ ...event!, type, data: { object: { id } } } as typeof event & object);
    for (const [id, type] of [['sub_x', 'customer.subscription.updated'], ['in_x', 'invoice.paid'], ['cs_x', 'checkout.session.completed'], ['re_x', 'refund.created'], ['dp_x', 'charge.dispute.created'], ['ch_x', 'charge.refunded'], ['cus_x', 'customer.updated'], ['pi_x', 'product.updated']]) {
      expect(await about(id!, type!)).toMatchObject({ status: 'ignored' });
    }
    expect((await house.live(stranger))?.plan).toBe('free');
    expect(await house.unexplained()).toEqual([]);
  });
});
