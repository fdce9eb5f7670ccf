import { aGitRepo, aTask, aTenant, type Tenant } from '@app/domain/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { anInvoice, aPurchase, BillingHouse } from '../testing';
import { shareOfCredits } from './reversed-credits';

const C = 1_000_000n;
const SPENDING_WITHOUT_USAGE = 'calls are charged what their usage rows say';

let database: TestDatabase;
let house: BillingHouse;
let tenant: Tenant;
let organizationId: string;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new BillingHouse(database.dataSource);
});
beforeEach(async () => {
  tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
  organizationId = tenant.organization.id;
});
afterEach(async () => expect((await house.unexplained()).filter(({ rule }) => rule !== SPENDING_WITHOUT_USAGE)).toEqual([]));
afterAll(() => database.close());

const balance = async () => {
  const { availableMicro, heldMicro, debtMicro } = await house.accounts.balance(database.dataSource.manager, organizationId);
  return [availableMicro / C, heldMicro / C, debtMicro / C];
};

async function bought(credits: bigint): Promise<{ purchaseId: string }> {
  const purchaseId = await aPurchase(database.dataSource, organizationId, credits * C);
  await house.work.run((tx) => house.paid.purchase(tx, { organizationId, purchaseId, amountMicro: credits * C }));
  return { purchaseId };
}

async function call(): Promise<{ organizationId: string; taskId: string; attemptId: string }> {
  const { id: repositoryId } = await aGitRepo(database.dataSource, { organizationId });
  const { task, attempt } = await aTask(database.dataSource, { organizationId, userId: tenant.user.id, repositoryId, status: 'in_progress' });
  return { organizationId, taskId: task.id, attemptId: attempt.id };
}

async function spend(credits: bigint): Promise<void> {
  const who = await call();
  await house.hold(who, 1, credits * C);
  await house.work.run((tx) => house.ledger.settle(tx, { attemptId: who.attemptId, callSeq: 1 }, { micro: credits * C, nusd: 0n }));
}

const refund = (payment: { purchaseId: string } | { invoiceId: string }, refundId: string, credits: bigint) => house.work.run((tx) => house.reversed.refund(tx, { organizationId, payment, refundId, amountMicro: credits * C }));
const dispute = (payment: { purchaseId: string }, disputeId: string, credits: bigint) => {
  const moved = { organizationId, payment, disputeId, amountMicro: credits * C };
  return {
    open: () => house.work.run((tx) => house.reversed.freezeDispute(tx, moved)),
    lose: () => house.work.run((tx) => house.reversed.loseDispute(tx, moved)),
    win: () => house.work.run((tx) => house.reversed.winDispute(tx, moved)),
  };
};

describe('a purchase', () => {
  it('brings its credits once, whoever tells of it how often, and is cleared by its charge', async () => {
    const purchaseId = await aPurchase(database.dataSource, organizationId, 10n * C);
    const give = () => house.work.run((tx) => house.paid.purchase(tx, { organizationId, purchaseId, amountMicro: 10n * C }));
    const clear = (chargeId: string) => house.work.run((tx) => house.paid.clear(tx, { organizationId, chargeId, payment: { purchaseId } }));
    expect(await clear('ch_0')).toBe(false);
    expect((await Promise.all(Array.from({ length: 8 }, give))).filter(Boolean)).toHaveLength(1);
    expect((await Promise.all(['ch_1', 'ch_1', 'ch_2'].map(clear))).filter(Boolean)).toHaveLength(1);
    expect(await balance()).toEqual([10n, 0n, 0n]);
    const [sums] = await database.dataSource.query<{ clearing: string; purchases: string }[]>(
      `SELECT sum(amount_micro) FILTER (WHERE account = 'purchases_clearing') AS clearing, sum(amount_micro) FILTER (WHERE account = 'purchases') AS purchases FROM credit_entries WHERE organization_id = $1`, [organizationId],
    );
    expect(sums).toEqual({ clearing: '0', purchases: String(-10n * C) });
  });
});

describe('a plan', () => {
  it('brings each period once, and the difference of an upgrade once per invoice', async () => {
    const subscriptionId = tenant.subscription.id;
    const invoiceId = await anInvoice(database.dataSource, organizationId, subscriptionId);
    const upgradeId = await anInvoice(database.dataSource, organizationId, subscriptionId);
    const plan = { organizationId, subscriptionId, periodStart: new Date('2026-11-01T00:00:00Z'), expiresAt: new Date('2099-12-01T00:00:00Z'), paid: true };
    const twice = async (give: () => Promise<boolean>) => (await Promise.all([give(), give()])).sort();
    expect(await twice(() => house.work.run((tx) => house.paid.planPeriod(tx, { ...plan, invoiceId, amountMicro: 100n * C })))).toEqual([false, true]);
    expect(await twice(() => house.work.run((tx) => house.paid.upgrade(tx, { ...plan, invoiceId: upgradeId, amountMicro: 40n * C })))).toEqual([false, true]);
    expect(await twice(() => house.work.run((tx) => house.paid.trial(tx, { ...plan, invoiceId: null, amountMicro: 5n * C })))).toEqual([false, true]);
    expect(await house.work.run((tx) => house.paid.upgrade(tx, { ...plan, invoiceId: upgradeId, amountMicro: 0n }))).toBe(false);
    expect(await balance()).toEqual([145n, 0n, 0n]);
    expect(await refund({ invoiceId }, 're_plan', 100n)).toEqual({ applied: true, takenMicro: 100n * C, owedMicro: 0n });
    expect(await balance()).toEqual([45n, 0n, 0n]);
  });
});

describe('a refund', () => {
  // [bought, spent, refunds] → [available, held, debt]
  it.each([
    [10n, 0n, [10n], [0n, 0n, 0n]],
    [10n, 4n, [10n], [0n, 0n, 4n]],
    [10n, 10n, [10n], [0n, 0n, 10n]],
    [10n, 4n, [3n, 3n], [0n, 0n, 0n]],
    [10n, 4n, [3n, 3n, 4n], [0n, 0n, 4n]],
    [10n, 0n, [6n, 6n], [0n, 0n, 0n]],
    [10n, 9n, [5n, 5n, 5n], [0n, 0n, 9n]],
  ])('of %p credits of which %p were spent, by %p', async (credits, spent, refunds, expected) => {
    const payment = await bought(credits);
    if (spent > 0n) await spend(spent);
    // Each is told of twice, at once.
    for (const [n, amount] of refunds.entries()) await Promise.all([refund(payment, `re_${n}`, amount), refund(payment, `re_${n}`, amount)]);
    expect(await balance()).toEqual(expected);
  });

  it('takes from the lot that was paid for before it touches others', async () => {
    const payment = await bought(10n);
    await house.work.run((tx) => house.bonus(tx, organizationId, 5n * C, { key: 'gift', priority: 90 }));
    await refund(payment, 're_1', 10n);
    expect((await house.accounts.balance(database.dataSource.manager, organizationId)).grants).toMatchObject([{ source: 'bonus', remainingMicro: 5n * C }]);
    const [purchase] = await database.dataSource.query<{ revoked: string }[]>('SELECT credits_revoked_micro AS revoked FROM credit_purchases WHERE id = $1', [payment.purchaseId]);
    expect(purchase).toEqual({ revoked: String(10n * C) });
  });

  it('leaves running calls their credits, and is paid by what they give back and by the next purchase', async () => {
    const payment = await bought(10n);
    const who = await call();
    await house.hold(who, 1, 6n * C);
    expect(await refund(payment, 're_1', 10n)).toEqual({ applied: true, takenMicro: 4n * C, owedMicro: 6n * C });
    expect(await balance()).toEqual([0n, 6n, 6n]);
    await house.work.run((tx) => house.ledger.settle(tx, { attemptId: who.attemptId, callSeq: 1 }, { micro: 2n * C, nusd: 0n }));
    expect(await balance()).toEqual([0n, 0n, 2n]);
    await expect(house.accounts.assertCanAfford(database.dataSource.manager, organizationId, null)).rejects.toMatchObject({ code: 'insufficient_credits' });
    await bought(5n);
    expect(await balance()).toEqual([3n, 0n, 0n]);
  });

  it('that fails gives back what it took, once', async () => {
    const payment = await bought(10n);
    await spend(4n);
    await refund(payment, 're_1', 10n);
    const failed = () => house.work.run((tx) => house.reversed.refundFailed(tx, { organizationId, payment, refundId: 're_1' }));
    expect((await Promise.all([failed(), failed()])).sort()).toEqual([false, true]);
    expect(await balance()).toEqual([6n, 0n, 0n]);
    expect(await refund(payment, 're_2', 10n)).toEqual({ applied: true, takenMicro: 6n * C, owedMicro: 4n * C });
  });

  it('of money takes the credits that it bought', () => {
    expect([0n, 333n, 999n, 1_000n, 2_000n].map((amountMinor) => shareOfCredits(10n * C, { amountMinor, ofMinor: 1_000n }))).toEqual([0n, 3_330_000n, 9_990_000n, 10n * C, 10n * C]);
  });
});

describe('a dispute', () => {
  // The orders in which the news may come; each is told twice. [available, held, debt] of 10 bought and 4 spent.
  it.each([
    ['open', [['open'], [0n, 0n, 0n]]],
    ['opened and lost', [['open', 'lose'], [0n, 0n, 4n]]],
    ['opened and won', [['open', 'win'], [6n, 0n, 0n]]],
    ['lost, then heard to be open', [['lose', 'open'], [0n, 0n, 4n]]],
    ['won, then heard to be open', [['win', 'open'], [6n, 0n, 0n]]],
    ['lost, then won', [['open', 'lose', 'win'], [6n, 0n, 0n]]],
    ['lost without having been open, then won', [['lose', 'win', 'open'], [6n, 0n, 0n]]],
    ['won, then lost', [['open', 'win', 'lose'], [0n, 0n, 4n]]],
  ] as const)('%s', async (_, [news, expected]) => {
    const payment = await bought(10n);
    await spend(4n);
    const one = dispute(payment, 'dp_1', 10n);
    for (const what of news) await Promise.all([one[what](), one[what]()]);
    expect(await balance()).toEqual(expected);
  });

  it('and refunds together never take more than was bought', async () => {
    const payment = await bought(10n);
    await dispute(payment, 'dp_1', 7n).open();
    expect(await refund(payment, 're_1', 10n)).toMatchObject({ takenMicro: 3n * C, owedMicro: 0n });
    expect(await dispute(payment, 'dp_1', 7n).lose()).toMatchObject({ takenMicro: 7n * C, owedMicro: 0n });
    expect(await balance()).toEqual([0n, 0n, 0n]);
  });
});

it('an operator takes credits back, and what is gone is owed', async () => {
  await bought(3n);
  const take = () => house.work.run((tx) => house.reversed.takeAdjustment(tx, { organizationId, key: 'adjustment:1', amountMicro: 5n * C, description: 'granted by mistake' }));
  expect((await Promise.all([take(), take()])).filter(({ applied }) => applied)).toEqual([{ applied: true, takenMicro: 3n * C, owedMicro: 2n * C }]);
  expect(await balance()).toEqual([0n, 0n, 2n]);
});
