import { Automation, sqlRows } from '@app/domain';
import { newId } from '@app/common';
import { aGitRepo, anApiKey, aTask, aTenant, aWebhookEndpoint, insert, type Tenant } from '@app/domain/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { BillingHouse } from '../testing';
import type { HoldResult } from '../credits/credit-ledger';
import { SpendingCapStore } from '../credits/spending-cap.store';
import type { NewBudget } from './budget.store';
import { ProbeBudgets } from './probe-budgets';
import { nameOfLimit, sayExhausted, type BudgetScope } from './spending-limit';

const C = 1_000_000n;

let database: TestDatabase;
let house: BillingHouse;
let tenant: Tenant;
let organizationId: string;
let worker: Worker;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new BillingHouse(database.dataSource);
});
beforeEach(async () => {
  tenant = await aTenant(database.dataSource, { creditsMicro: 1_000n * C });
  organizationId = tenant.organization.id;
  worker = await working();
});
afterEach(async () => expect(await house.unexplained()).toEqual([]));
afterAll(() => database.close());

interface Worker {
  readonly taskId: string;
  readonly attemptId: string;
  readonly repositoryId: string;
  readonly automationId: string;
  readonly apiKeyId: string;
  calls: number;
}

async function working(values: { maxCreditsMicro?: bigint } = {}): Promise<Worker> {
  const { id: repositoryId } = await aGitRepo(database.dataSource, { organizationId });
  const { id: automationId } = await insert(database.dataSource, Automation, { id: newId(), organizationId, repositoryId, userId: tenant.user.id, name: 'nightly', kind: 'api', template: {} as never });
  const { id: apiKeyId } = await anApiKey(database.dataSource, { organizationId, userId: tenant.user.id });
  const { task, attempt } = await aTask(database.dataSource, { organizationId, userId: tenant.user.id, repositoryId, automationId, status: 'in_progress', ...values });
  return { taskId: task.id, attemptId: attempt.id, repositoryId, automationId, apiKeyId, calls: 0 };
}

/** A call of 4 credits, or USD 0.04 on the customer's own key, which counts the same in nano-USD / 10. */
function hold(who: Worker, onOwnKey = false): Promise<HoldResult> {
  who.calls += 1;
  const request = { organizationId, taskId: who.taskId, attemptId: who.attemptId, callSeq: who.calls, amountMicro: onOwnKey ? 0n : 4n * C, costNusd: 40n * C, priceId: null, apiKeyId: onOwnKey ? who.apiKeyId : null };
  return house.work.run((tx) => house.ledger.hold(tx, request));
}

function settle(who: Worker, { micro, nusd = 40n * C, apiKeyId = null }: { micro: bigint; nusd?: bigint; apiKeyId?: string | null }) {
  const call = { attemptId: who.attemptId, callSeq: who.calls };
  return house.work.run(async (tx) => {
    const settlement = await house.ledger.settle(tx, call, { micro, nusd });
    await house.usage.record(tx, {
      organizationId, userId: tenant.user.id, apiKeyId, taskId: who.taskId, ...call, purpose: 'agent', provider: 'anthropic', providerModelId: 'm', modelId: null, priceId: null, outcome: 'ok',
      tokens: { input: 1, cacheRead: 0, cacheWriteShort: 0, cacheWriteLong: 0, output: 1, reasoning: 0 }, isEstimated: false, costNusd: nusd, creditsMicro: settlement.chargedMicro, latencyMs: 1, ttftMs: 1, rawUsage: null,
    });
    return settlement;
  });
}

const budget = (scope: BudgetScope, targetId: string | null, values: Partial<NewBudget> = {}) =>
  house.work.run((tx) =>
    house.budgets.create(tx, { organizationId, scope, targetId, measure: 'credits', period: 'day', limitValue: 6n * C, alertPercents: [80, 90, 100], isActive: true, createdByUserId: tenant.user.id, ...values }),
  );

describe('a budget', () => {
  it.each<[BudgetScope, (who: Worker) => string | null]>([
    ['organization', () => null], ['user', () => tenant.user.id], ['repository', (who) => who.repositoryId], ['automation', (who) => who.automationId],
  ])('of the scope %s is never passed, names itself when it refuses, and lets calls through again when it is raised', async (scope, target) => {
    const { id } = await budget(scope, target(worker));
    const other = await budget(scope, target(worker), { measure: 'cost', limitValue: 1_000n * C, period: 'month' });
    expect(await hold(worker)).toMatchObject({ granted: true });
    await settle(worker, { micro: 3n * C });
    expect(await hold(worker)).toEqual({ granted: false, reason: 'budget_exhausted', limit: { id, scope, measure: 'credits', period: 'day', limit: 6n * C, used: 3n * C, held: 0n } });
    await house.work.run((tx) => house.budgets.update(tx, { organizationId, id }, { limitValue: 7n * C }));
    worker.calls -= 1;
    expect(await hold(worker)).toMatchObject({ granted: true });
    expect(await house.budgets.find(database.dataSource.manager, organizationId, id)).toMatchObject({ usedValue: 3n * C, heldValue: 4n * C });
    await settle(worker, { micro: 4n * C });
    expect(await house.budgets.find(database.dataSource.manager, organizationId, other.id)).toMatchObject({ usedValue: 80n * C, heldValue: 0n });
    await house.work.run((tx) => house.budgets.delete(tx, { organizationId, id }));
    expect(await hold(worker)).toMatchObject({ granted: true });
    await settle(worker, { micro: 1n });
  });

  it('of an own key counts what the provider takes', async () => {
    const { id } = await budget('api_key', worker.apiKeyId, { measure: 'cost', limitValue: 60n * C });
    expect(await hold(worker, true)).toMatchObject({ granted: true });
    await settle(worker, { micro: 0n, nusd: 30n * C, apiKeyId: worker.apiKeyId });
    const refused = await hold(worker, true);
    expect(refused).toMatchObject({ granted: false, reason: 'budget_exhausted', limit: { id, scope: 'api_key', used: 30n * C } });
    expect(await house.budgets.find(database.dataSource.manager, organizationId, id)).toMatchObject({ usedValue: 30n * C, heldValue: 0n });
    worker.calls -= 1;
    expect(await hold(worker)).toMatchObject({ granted: true });
    await settle(worker, { micro: 1n });
  });

  it('of others, and one that is not active, limits nothing', async () => {
    const elsewhere = await working();
    await budget('repository', elsewhere.repositoryId, { limitValue: 0n });
    await budget('automation', elsewhere.automationId, { limitValue: 0n });
    await budget('organization', null, { limitValue: 0n, isActive: false });
    expect(await hold(worker)).toMatchObject({ granted: true });
    await settle(worker, { micro: 4n * C });
    expect(await hold(elsewhere)).toMatchObject({ granted: false, limit: { limit: 0n } });
  });

  it('is not passed by 40 calls at once', async () => {
    const { id } = await budget('organization', null, { limitValue: 50n * C, period: 'month' });
    const workers = await Promise.all(Array.from({ length: 40 }, () => working()));
    const held = await Promise.all(workers.map((who) => hold(who)));
    expect(held.filter(({ granted }) => granted)).toHaveLength(12);
    expect(await house.budgets.find(database.dataSource.manager, organizationId, id)).toMatchObject({ usedValue: 0n, heldValue: 48n * C });
    await Promise.all(workers.filter((_, n) => held[n]!.granted).map((who) => settle(who, { micro: 4n * C })));
    expect(await house.budgets.find(database.dataSource.manager, organizationId, id)).toMatchObject({ usedValue: 48n * C, heldValue: 0n });
  });

  it('tells each threshold once in a period, to the task and to the organization', async () => {
    await aWebhookEndpoint(database.dataSource, { organizationId, events: ['budget.threshold', 'credits.low'] });
    const { id } = await budget('organization', null, { limitValue: 20n * C });
    const told: number[][] = [];
    for (const micro of [4n * C, 4n * C, 4n * C, 4n * C, C]) {
      expect(await hold(worker)).toMatchObject({ granted: true });
      told.push((await settle(worker, { micro })).alerts.map(({ percent }) => percent));
    }
    expect(told).toEqual([[], [], [], [80], []]);
    const refused = await hold(worker);
    if (refused.granted || !refused.limit) throw new Error('it was not refused');
    // What others hold may come back: there may be room yet.
    await house.work.run((tx) => house.ledger.announceExhausted(tx, organizationId, { ...refused.limit!, held: 1n }));
    for (let again = 0; again < 2; again++) await house.work.run((tx) => house.ledger.announceExhausted(tx, organizationId, refused.limit!));
    const sent = await sqlRows<{ body: string }>(database.dataSource.manager, `SELECT body FROM webhook_endpoint_deliveries WHERE organization_id = $1 ORDER BY id`, [organizationId]);
    const bodies = sent.map(({ body }) => JSON.parse(body) as { type: string; data: { percent: number; budget: object; text: string } });
    expect(bodies.map(({ type, data }) => [type, data.percent])).toEqual([['budget.threshold', 80], ['budget.threshold', 100]]);
    expect(bodies[1]!.data.text).toContain('The next model call does not fit');
    expect(bodies[0]!.data.budget).toEqual({ id, scope: 'organization', measure: 'credits', period: 'day', limit: 20, used: 16, held: 0 });
    // Another limit: what is not reached under it will be told again.
    await house.work.run((tx) => house.budgets.update(tx, { organizationId, id }, { limitValue: 40n * C }));
    worker.calls -= 1;
    for (const micro of [4n * C, 4n * C, 4n * C, 3n * C]) {
      expect(await hold(worker)).toMatchObject({ granted: true });
      told.push((await settle(worker, { micro })).alerts.map(({ percent }) => percent));
    }
    expect(told.slice(5)).toEqual([[], [], [], [80]]);
  });
});

it('tests of models and keys count in budgets of cost, and are not made without room', async () => {
  const probes = new ProbeBudgets(new SpendingCapStore());
  const prober = { organizationId, userId: tenant.user.id, apiKeyId: worker.apiKeyId };
  const { id } = await budget('api_key', worker.apiKeyId, { measure: 'cost', limitValue: 3_000_000n });
  await budget('organization', null, { limitValue: 0n });
  await house.work.run((tx) => probes.assertRoom(tx, prober));
  await house.work.run((tx) => probes.count(tx, prober, 1_500_000n));
  await expect(house.work.run((tx) => probes.assertRoom(tx, prober))).rejects.toMatchObject({ code: 'budget_exhausted', detail: expect.stringContaining(`the API key's budget of USD 0.003 a day (${id})`) as string });
  expect(await house.budgets.find(database.dataSource.manager, organizationId, id)).toMatchObject({ usedValue: 1_500_000n, heldValue: 0n });
});

it('a task is warned of its own cap, once for each threshold, also of what a call used above its hold; another cap has thresholds of its own', async () => {
  await aWebhookEndpoint(database.dataSource, { organizationId, events: ['budget.threshold'] });
  const capped = await working({ maxCreditsMicro: 20n * C });
  const told: number[][] = [];
  const spend = async (micro: bigint): Promise<void> => {
    expect(await hold(capped)).toMatchObject({ granted: true });
    told.push((await settle(capped, { micro })).alerts.map(({ percent, scope }) => (scope === 'task' ? percent : 0)));
  };
  await spend(4n * C);
  // Held are 4: 8 and one more are charged by a second move.
  await spend(12n * C);
  const refuse = async () => {
    const refused = await hold(capped);
    if (refused.granted || !refused.limit) throw new Error('it was not refused');
    capped.calls -= 1;
    await house.work.run((tx) => house.ledger.announceExhausted(tx, organizationId, refused.limit!));
    return refused.limit;
  };
  const capTo = (micro: bigint) => database.dataSource.query('UPDATE tasks SET max_credits_micro = $2 WHERE id = $1', [capped.taskId, micro]);
  await spend(C);
  expect(await refuse()).toMatchObject({ id: capped.taskId, scope: 'task', limit: 20n * C, used: 17n * C });
  await refuse();
  await capTo(40n * C);
  await spend(4n * C);
  await spend(13n * C);
  await capTo(38n * C);
  await spend(C);
  expect(told).toEqual([[], [80], [], [], [80], [90]]);
  const sent = await sqlRows<{ body: string }>(database.dataSource.manager, `SELECT body FROM webhook_endpoint_deliveries WHERE organization_id = $1 ORDER BY id`, [organizationId]);
  expect(sent.map(({ body }) => (JSON.parse(body) as { data: { percent: number; budget: { scope: string; limit: number; used: number } } }).data)).toMatchObject([
    { percent: 80, budget: { scope: 'task', limit: 20, used: 16 } }, { percent: 100, budget: { limit: 20, used: 17 } }, { percent: 80, budget: { limit: 40, used: 34 } }, { percent: 90, budget: { limit: 38, used: 35 } },
  ]);
});

it('low credits are told once, when they become low', async () => {
  await aWebhookEndpoint(database.dataSource, { organizationId, events: ['credits.low'] });
  await house.work.run((tx) => house.accounts.setLowBalance(tx, organizationId, 993n * C));
  for (let n = 0; n < 4; n++) {
    await hold(worker);
    await settle(worker, { micro: 4n * C });
  }
  const sent = await sqlRows<{ body: string }>(database.dataSource.manager, `SELECT body FROM webhook_endpoint_deliveries WHERE organization_id = $1 AND event_type = 'credits.low'`, [organizationId]);
  expect(sent.map(({ body }) => (JSON.parse(body) as { data: object }).data)).toMatchObject([{ balance: 992, threshold: 993 }]);
});

it('limits are named for people', () => {
  const limit = { id: 'b1', scope: 'repository', measure: 'cost', period: 'month', limit: 5_000n * C, used: 4_900n * C, held: 50n * C } as const;
  expect(nameOfLimit(limit)).toBe("the repository's budget of USD 5 a month (b1)");
  expect(sayExhausted(limit)).toBe("The next model call does not fit under the repository's budget of USD 5 a month (b1): USD 4.9 used and USD 0.05 reserved. Raise the budget or wait for its next period, then resume.");
  expect(sayExhausted({ ...limit, scope: 'task', measure: 'credits', held: 0n })).toContain('Resume with a higher maxCredits.');
});
