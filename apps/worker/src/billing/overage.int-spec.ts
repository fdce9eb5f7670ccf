import { CreditAccountStore, CreditLedger, type HoldResult, OverageReports, PlanCatalogStore, PriceDesk, StripeReconciliation, StripeSubscriptions, SubscriptionMirror, SubscriptionStore, UsageStore } from '@app/billing';
import { aGitRepo, aTask } from '@app/domain/testing';
import { StripeHouse } from '../webhooks/stripe/testing/stripe-house';
import { OverageSweeper } from './overage.sweeper';

const CREDIT = 1_000_000n;
const DAY = 86_400;
const INCLUDED = 1_000n;

let house: StripeHouse;
beforeAll(async () => {
  house = await StripeHouse.open({ processes: 2, providers: [OverageSweeper] });
}, 60_000);
afterEach(async () => expect(await house.unexplained()).toEqual([]));
afterAll(async () => {
  const faults = [...house.peer.violations()];
  await house.close();
  expect(faults).toEqual([]);
});

type Buyer = Awaited<ReturnType<typeof subscriber>>;

/** On the plan Pro, with its credits, and so many more allowed a period. */
async function subscriber(limit: bigint | null) {
  const buyer = await house.customer();
  const from = house.peer.events().length;
  const stripeId = await house.subscribe(buyer, 'pro');
  await house.tell(from);
  const organizationId = buyer.organization.id;
  const live = (await house.live(buyer))!;
  const plan = (await house.get(PlanCatalogStore).byId(house.work.reader, live.planId))!;
  const priceId = (await house.get(PriceDesk).overagePriceOf(plan))!;
  const sold = await house.get(StripeSubscriptions).sellOverage({ subscriptionId: stripeId, itemId: live.stripeSubscriptionItemId!, rowVersion: live.rowVersion }, priceId);
  await house.get(SubscriptionMirror).take(sold, new Date());
  await house.work.run((tx) => house.get(SubscriptionStore).limitOverage(tx, organizationId, live.id, limit));
  const { id: repositoryId } = await aGitRepo(house.database.dataSource, { organizationId });
  return { ...buyer, organizationId, repositoryId, stripeId, subscriptionId: live.id, told: house.peer.events().length };
}

async function task({ organizationId, repositoryId, user }: Buyer) {
  const { task: row, attempt } = await aTask(house.database.dataSource, { organizationId, userId: user.id, repositoryId, status: 'in_progress' });
  return { taskId: row.id, attemptId: attempt.id, organizationId };
}

type Working = Awaited<ReturnType<typeof task>>;

const hold = (at: Working, callSeq: number, credits: bigint): Promise<HoldResult> =>
  house.work.run((tx) => house.get(CreditLedger, callSeq).hold(tx, { ...at, callSeq, amountMicro: credits * CREDIT, costNusd: 1n, priceId: null, apiKeyId: null }));

const settle = ({ taskId, attemptId, organizationId }: Working, callSeq: number, micro: bigint) =>
  house.work.run(async (tx) => {
    const settlement = await house.get(CreditLedger, callSeq).settle(tx, { attemptId, callSeq }, { micro, nusd: 1n });
    await house.get(UsageStore).record(tx, {
      organizationId, userId: null, apiKeyId: null, taskId, attemptId, callSeq, purpose: 'agent', provider: 'anthropic', providerModelId: 'm', modelId: null, priceId: null, outcome: 'ok',
      tokens: { input: 1, cacheRead: 0, cacheWriteShort: 0, cacheWriteLong: 0, output: 1, reasoning: 0 }, isEstimated: false, costNusd: 1n, creditsMicro: settlement.chargedMicro, latencyMs: 1, ttftMs: 1, rawUsage: null,
    });
    return settlement;
  });

/** One call that costs so much, out of a hold of as much. */
async function use(at: Working, callSeq: number, credits: bigint): Promise<void> {
  expect(await hold(at, callSeq, credits)).toMatchObject({ granted: true });
  await settle(at, callSeq, credits * CREDIT);
}

const lent = async ({ subscriptionId }: Buyer) => (await house.sql<{ amount: string; remaining: string }>(`SELECT amount_micro AS amount, remaining_micro AS remaining FROM credit_grants WHERE subscription_id = $1 AND source = 'overage'`, [subscriptionId]))[0];
const counted = async ({ subscriptionId }: Buyer) => (await house.sql<{ used: string; reported: string }>('SELECT sum(overage_micro)::text AS used, sum(overage_reported_micro)::text AS reported FROM subscription_usage WHERE subscription_id = $1', [subscriptionId]))[0];
const metered = ({ customerId }: Buyer) => house.peer.state.meterEvents.filter(({ payload }) => payload['stripe_customer_id'] === customerId).map(({ payload }) => Number(payload['value']));

describe('credits beyond the plan', () => {
  it('are lent for the call that needs them, up to the limit, and what is not used goes back', async () => {
    const buyer = await subscriber(50n * CREDIT);
    const at = await task(buyer);
    await use(at, 1, INCLUDED - 5n);
    expect(await hold(at, 2, 25n)).toEqual({ granted: true, repeated: false });
    expect(await hold(at, 2, 25n)).toEqual({ granted: true, repeated: true });
    expect(await lent(buyer)).toEqual({ amount: '20000000', remaining: '20000000' });
    await settle(at, 2, 12n * CREDIT);
    expect(await lent(buyer)).toEqual({ amount: '7000000', remaining: '0' });
    expect(await house.credits(buyer)).toEqual({ available: 0n, debt: 0n });
    expect(await counted(buyer)).toEqual({ used: '7000000', reported: '0' });
    expect(await hold(at, 3, 44n)).toEqual({ granted: false, reason: 'out_of_credits' });
    await use(at, 4, 43n);
    expect(await hold(at, 5, 1n)).toEqual({ granted: false, reason: 'out_of_credits' });
    await expect(house.get(CreditAccountStore).assertCanAfford(house.work.reader, buyer.organizationId, null)).rejects.toMatchObject({ code: 'insufficient_credits' });
  });

  it('are not lent without a limit, nor to who does not pay', async () => {
    const none = await subscriber(null);
    await use(await task(none), 1, INCLUDED);
    expect(await hold(await task(none), 1, 1n)).toMatchObject({ granted: false });
    const late = await subscriber(50n * CREDIT);
    await use(await task(late), 1, INCLUDED);
    await house.sql(`UPDATE subscriptions SET status = 'past_due', past_due_since = now() WHERE id = $1`, [late.subscriptionId]);
    expect(await hold(await task(late), 1, 1n)).toMatchObject({ granted: false });
  });

  it('cover what a call costs above its hold, and a call that fails gives all back', async () => {
    const buyer = await subscriber(10n * CREDIT);
    const at = await task(buyer);
    await use(at, 1, INCLUDED - 1n);
    await hold(at, 2, 1n);
    expect(await settle(at, 2, 4n * CREDIT)).toMatchObject({ chargedMicro: 4n * CREDIT, overrunMicro: 0n });
    await hold(at, 3, 7n);
    await settle(at, 3, 0n);
    expect(await lent(buyer)).toEqual({ amount: '3000000', remaining: '0' });
    await house.work.run((tx) => house.get(CreditLedger).grant(tx, { organizationId: buyer.organizationId, key: `gift:${buyer.organizationId}`, type: 'bonus', source: 'bonus', category: 'promotional', amountMicro: CREDIT }));
    await use(at, 4, 2n);
    expect(await counted(buyer)).toEqual({ used: '4000000', reported: '0' });
  });

  it('never pass the limit, with calls of 12 tasks at once in two processes', async () => {
    const buyer = await subscriber(30n * CREDIT + 1n);
    await use(await task(buyer), 1, INCLUDED);
    const tasks = await Promise.all(Array.from({ length: 12 }, () => task(buyer)));
    await Promise.all(tasks.map(async (at, index) => {
      for (let callSeq = 1; callSeq <= 6; callSeq += 1) if ((await hold(at, callSeq, 3n)).granted) await settle(at, callSeq, BigInt(index + 1) * 200_000n);
    }));
    const { amount, remaining } = (await lent(buyer))!;
    expect(remaining).toBe('0');
    expect(BigInt(amount)).toBeLessThanOrEqual(30n * CREDIT + 1n);
    expect(BigInt(amount)).toBeGreaterThan(26n * CREDIT);
  });

  it('are told to the meter in whole credits, each once, whatever becomes of the calls, and are on the next invoice', async () => {
    const buyer = await subscriber(100n * CREDIT);
    const at = await task(buyer);
    await use(at, 1, INCLUDED);
    await hold(at, 2, 10n);
    await settle(at, 2, 2_600_000n);
    expect(await house.get(OverageSweeper).run()).toBeGreaterThan(0);
    expect(await house.get(OverageSweeper).run()).toBe(0);
    expect(metered(buyer)).toEqual([2]);
    expect(await counted(buyer)).toEqual({ used: '2600000', reported: '2000000' });
    await hold(at, 3, 10n);
    await settle(at, 3, 3_400_000n);
    // Taken by Stripe, but the answer is lost, again and again; meanwhile more is used.
    house.peer.fault({ path: '/v1/billing/meter_events', cut: 'after', times: 3 });
    const due = { organizationId: buyer.organizationId, subscriptionId: buyer.subscriptionId };
    await expect(house.get(OverageReports).report(due)).rejects.toMatchObject({ code: 'stripe_error' });
    expect(metered(buyer)).toEqual([2, 4]);
    await use(at, 4, 7n);
    // Its own retries are forgotten too: only the identifier tells that it was there.
    house.peer.state.answers.clear();
    await Promise.all([0, 1, 0, 1].map((process) => house.get(OverageReports, process).report(due)));
    while ((await house.get(OverageReports).report(due)) > 0);
    expect(metered(buyer)).toEqual([2, 4, 7]);
    expect(await counted(buyer)).toEqual({ used: '13000000', reported: '13000000' });
    house.peer.advance(32 * DAY);
    await house.tell(buyer.told);
    const invoice = [...house.peer.state.invoices.values()].find(({ customer, billing_reason }) => customer === buyer.customerId && billing_reason === 'subscription_cycle')!;
    expect(invoice.lines.data.map(({ quantity, amount }) => [quantity, amount])).toEqual([[13, 39], [1, 2_000]]);
    const [owed] = await house.sql<{ sum: string }>(`SELECT sum(amount_micro)::text AS sum FROM credit_entries WHERE organization_id = $1 AND account = 'overage'`, [buyer.organizationId]);
    expect(owed).toEqual({ sum: '0' });
    expect((await house.credits(buyer)).available).toBe(INCLUDED * CREDIT);
    expect((await house.get(StripeReconciliation).findings(new Date(Date.now() - 3_600_000))).filter(({ subject }) => subject === invoice.id)).toEqual([]);
    await house.sql(`UPDATE overage_reports SET credits = credits - 1 WHERE subscription_id = $1 AND credits = 7`, [buyer.subscriptionId]);
    expect(await house.get(StripeReconciliation).findings(new Date(Date.now() - 3_600_000))).toContainEqual(expect.objectContaining({ kind: 'overage', subject: invoice.id }));
    await house.sql(`UPDATE overage_reports SET credits = credits + 1 WHERE subscription_id = $1 AND credits = 6`, [buyer.subscriptionId]);
  });

  it('that were told longer ago than Stripe remembers are looked for before they are told again', async () => {
    const buyer = await subscriber(100n * CREDIT);
    const at = await task(buyer);
    await use(at, 1, INCLUDED + 3n);
    house.peer.fault({ path: '/v1/billing/meter_events', cut: 'after', times: 3 });
    const due = { organizationId: buyer.organizationId, subscriptionId: buyer.subscriptionId };
    await expect(house.get(OverageReports).report(due)).rejects.toMatchObject({ code: 'stripe_error' });
    await house.sql(`UPDATE overage_reports SET created_at = created_at - interval '2 days' WHERE subscription_id = $1`, [buyer.subscriptionId]);
    house.peer.state.answers.clear();
    for (const event of house.peer.state.meterEvents) Object.assign(event, { identifier: 'forgotten' });
    expect(await house.get(OverageReports).report(due)).toBe(3);
    expect(metered(buyer)).toEqual([3]);
  });
});
