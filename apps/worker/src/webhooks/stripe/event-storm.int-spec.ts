import { StripeSubscriptions } from '@app/billing';
import type { Tenant } from '@app/domain/testing';
import { draw, shuffled, StripeHouse } from './testing/stripe-house';

const DAY = 86_400;
/** Orders that are tried; the long run takes thousands: STRIPE_STORM_SEEDS=2000. */
const SEEDS = Number(process.env['STRIPE_STORM_SEEDS'] ?? '25');
const MOST_COPIES = 20;

let house: StripeHouse;
beforeAll(async () => {
  house = await StripeHouse.open({ processes: 2 });
}, 60_000);
afterAll(() => house.close());

type Event = ReturnType<StripeHouse['peer']['events']>[number];
type Customer = Awaited<ReturnType<StripeHouse['customer']>>;

/** Everything that happened to one customer, and the subscription life that it is. */
async function life(): Promise<{ buyer: Customer; events: readonly Event[] }> {
  const buyer = await house.customer();
  const from = house.peer.events().length;
  const { sessionId } = await house.order(buyer, 'starter');
  house.peer.press(sessionId);
  const subscriptionId = await house.subscribe(buyer, 'pro');
  house.peer.refund({ payment: house.paymentOf(sessionId), amount: 100 });
  const { id: disputeId } = house.peer.dispute({ payment: house.paymentOf(sessionId), amount: 200 });
  house.peer.declineCards(buyer.customerId, true);
  house.peer.advance(32 * DAY);
  house.peer.declineCards(buyer.customerId, false);
  house.peer.advance(4 * DAY);
  house.peer.changeDispute(disputeId, 'won');
  const item = house.peer.state.subscriptions.get(subscriptionId)!.items.data[0]!;
  await house.get(StripeSubscriptions).cancelAtPeriodEnd({ subscriptionId, itemId: item.id, rowVersion: 1 });
  house.peer.advance(32 * DAY);
  return { buyer, events: house.peer.events().slice(from) };
}

/** As if none of it had been told. */
async function forget(buyer: Tenant): Promise<void> {
  const id = buyer.organization.id;
  await house.database.dataSource.transaction(async (tx) => {
    await tx.query(`SET LOCAL session_replication_role = replica`);
    await tx.query('DELETE FROM credit_entries WHERE organization_id = $1', [id]);
    await tx.query('DELETE FROM credit_transactions WHERE organization_id = $1', [id]);
    await tx.query('DELETE FROM credit_grants WHERE organization_id = $1', [id]);
    await tx.query('UPDATE credit_accounts SET available_micro = 0, held_micro = 0, debt_micro = 0, lifetime_granted_micro = 0, lifetime_used_micro = 0, last_seq = 0 WHERE organization_id = $1', [id]);
    await tx.query('DELETE FROM subscription_invoices WHERE organization_id = $1', [id]);
    await tx.query(`DELETE FROM subscriptions WHERE organization_id = $1 AND (stripe_subscription_id IS NOT NULL OR status = 'active')`, [id]);
    await tx.query(`UPDATE subscriptions SET status = 'active', ended_at = NULL, canceled_at = NULL WHERE id = (SELECT id FROM subscriptions WHERE organization_id = $1 ORDER BY created_at LIMIT 1)`, [id]);
    await tx.query(`UPDATE credit_purchases SET status = 'pending', completed_at = NULL, stripe_payment_intent_id = NULL, amount_refunded_minor = 0, credits_revoked_micro = 0, metadata = '{}' WHERE organization_id = $1`, [id]);
  });
}

it(`leave the same behind in ${SEEDS} orders, up to ${MOST_COPIES} times each, at once, from two processes, as once in their order`, async () => {
  const { buyer, events } = await life();
  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(14);
  for (const event of events) await house.apply(event);
  const once = await house.written(buyer);
  expect(await house.clearing(buyer)).toBe(0n);
  expect(await house.unexplained()).toEqual([]);
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    await forget(buyer);
    const most = seed === 1 ? MOST_COPIES : 1 + draw(`copies:${seed}`, 3);
    const storm = shuffled(events.flatMap((event, index) => Array.from({ length: 1 + draw(`${seed}:${index}`, most) }, () => event)), `storm:${seed}`);
    const waves = 4;
    for (let at = 0; at < storm.length; at += waves) await Promise.all(storm.slice(at, at + waves).map((event, process) => house.apply(event, process)));
    expect({ seed, written: await house.written(buyer) }).toEqual({ seed, written: once });
    expect(await house.unexplained()).toEqual([]);
  }
  expect(house.peer.violations()).toEqual([]);
}, 1_000 * 60 * (2 + SEEDS / 5));

it('grant each period once over three years of clock, and what a written table says', async () => {
  const buyer = await house.customer();
  let told = house.peer.events().length;
  const next = async (): Promise<void> => {
    const events = house.peer.events().slice(told);
    told = house.peer.events().length;
    for (const event of shuffled([...events, ...events], `years:${told}`)) await house.apply(event, draw(event.id, 2));
  };
  const subscriptionId = await house.subscribe(buyer, 'pro', 14);
  await next();
  const price = async (plan: string) => (await house.sql<{ id: string }>('SELECT stripe_price_id AS id FROM subscription_plans WHERE name = $1', [plan]))[0]!.id;
  await house.subscribe(await house.customer(), 'enterprise');
  await next();
  const stripe = house.get(StripeSubscriptions);
  const ref = async () => ({ subscriptionId, itemId: house.peer.state.subscriptions.get(subscriptionId)!.items.data[0]!.id, rowVersion: (await house.live(buyer))!.rowVersion });
  /** The card is refused for so many days, in which a period begins. */
  const lateBy = async (days: number): Promise<void> => {
    house.peer.declineCards(buyer.customerId, true);
    house.peer.advance(days * DAY);
    await next();
    expect(await house.live(buyer)).toMatchObject({ status: 'past_due' });
    house.peer.declineCards(buyer.customerId, false);
  };
  /** What happens in the middle of which month after the trial. */
  const plan: Readonly<Record<number, () => Promise<unknown>>> = {
    6: async () => stripe.changeNow(await ref(), { priceId: await price('enterprise') }),
    12: async () => stripe.changeAtPeriodEnd(await ref(), { priceId: await price('pro') }),
    18: () => lateBy(20),
    24: async () => {
      await stripe.cancelAtPeriodEnd(await ref());
      house.peer.advance(3 * DAY);
      await next();
      await stripe.resume(await ref());
    },
  };
  house.peer.advance(15 * DAY);
  await next();
  const begun = house.peer.state.subscriptions.get(subscriptionId)!.billing_cycle_anchor;
  for (let month = 1; month <= 36; month += 1) {
    const middle = begun + Math.floor((month - 0.5) * 30.4 * DAY);
    house.peer.advance(Math.max(0, middle - house.peer.state.now()));
    await next();
    await plan[month]?.();
    await next();
  }
  const granted = await house.sql<{ kind: string; credits: number; lots: number }>(
    `SELECT kind, (amount_micro / 1000000)::int AS credits, count(*)::int AS lots FROM credit_grants WHERE organization_id = $1 AND source = 'subscription' AND kind <> 'upgrade' GROUP BY 1, 2 ORDER BY 1, 2`,
    [buyer.organization.id],
  );
  // The last month's middle comes before its end: so many periods were paid after the trial.
  const months = [...house.peer.state.invoices.values()].filter((invoice) => invoice.customer === buyer.customerId && invoice.billing_reason === 'subscription_cycle' && invoice.status === 'paid');
  const enterprise = months.filter(({ total }) => total === 10_000).length;
  expect(granted).toEqual([
    { kind: 'period', credits: 1_000, lots: months.length - enterprise },
    { kind: 'period', credits: 10_000, lots: enterprise },
    { kind: 'trial', credits: 1_000, lots: 1 },
  ]);
  expect([months.length, enterprise]).toEqual([36, 6]);
  expect(await house.sql(`SELECT count(*)::int AS upgrades FROM credit_grants WHERE organization_id = $1 AND kind = 'upgrade'`, [buyer.organization.id])).toEqual([{ upgrades: 1 }]);
  expect(await house.clearing(buyer)).toBe(0n);
  expect(await house.unexplained()).toEqual([]);
  expect(house.peer.violations()).toEqual([]);
}, 240_000);
