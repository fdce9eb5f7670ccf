import { newId } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { insert } from '../testing/insert';
import { aTenant, type Tenant } from '../testing/tenant.factory';
import { aGitRepo, aModel, aTask } from '../testing/work.factory';
import { UnitOfWork, type Tx } from '../unit-of-work';
import { SubscriptionUsageStore } from '../analytics/subscription-usage.store';
import { UsageFold } from '../analytics/usage-fold';
import { ApiKeyUsageLog } from './api-key-usage-log.entity';
import { ModelUsageStore } from './model-usage.store';

const DAY = 86_400_000;
const store = new ModelUsageStore();
const fold = new UsageFold(new SubscriptionUsageStore());
let database: TestDatabase;
let work: UnitOfWork;
let ada: Tenant;
let bob: Tenant;

beforeAll(async () => {
  database = await openTestDatabase();
  work = new UnitOfWork(database.dataSource);
  ada = await aTenant(database.dataSource);
  bob = await aTenant(database.dataSource);
});
afterAll(() => database.close());
beforeEach(() => database.dataSource.query('TRUNCATE model_usage_stats, api_key_usage_logs, unfolded_usage'));

const noon = (daysAgo: number): Date => new Date(Math.floor(Date.now() / DAY) * DAY - daysAgo * DAY + Math.min(DAY / 2, Math.max(1, (Date.now() % DAY) - 1)));

function aCall(modelId: string, values: Partial<ApiKeyUsageLog> & { tenant?: Tenant } = {}, db: Tx = database.dataSource.manager): Promise<ApiKeyUsageLog> {
  const { tenant = ada, ...row } = values;
  return insert(db, ApiKeyUsageLog, {
    id: newId(), organizationId: tenant.organization.id, userId: tenant.user.id, provider: 'anthropic', providerModelId: 'm', modelId, outcome: 'ok', inputTokens: 100n, cacheReadTokens: 30n,
    cacheWriteShortTokens: 5n, cacheWriteLongTokens: 2n, outputTokens: 40n, reasoningTokens: 10n, costNusd: 1_000n, creditsMicro: 100n, latencyMs: 3_000, ttftMs: 500, createdAt: noon(0), ...row,
  });
}

const rollUp = async (): Promise<number> => {
  let rows = 0;
  for (const id of await store.models(work.reader)) rows += await work.run((tx) => store.rollUp(tx, id));
  return rows;
};
const figures = async (modelId: string) => (await store.figures(work.reader)).find((row) => row.modelId === modelId);

/** Every sum of a level beside what the calls themselves say; an empty list: they are the same. */
async function differences(): Promise<unknown[]> {
  const sums = (organization: string, user: string) => `
    SELECT created_at::date AS date, model_id, ${organization} AS organization_id, ${user} AS user_id, count(*) AS n, count(*) FILTER (WHERE outcome <> 'ok') AS failed, sum(input_tokens) AS input, sum(cache_read_tokens) AS read,
           sum(cache_write_short_tokens + cache_write_long_tokens) AS written, sum(output_tokens) AS output, sum(reasoning_tokens) AS reasoning, sum(credits_micro) AS credits, sum(cost_nusd) AS cost,
           sum(latency_ms) AS latency, max(latency_ms) AS longest, sum(ttft_ms) AS ttft
      FROM api_key_usage_logs WHERE model_id IS NOT NULL AND purpose NOT IN ('model_test', 'key_test') GROUP BY 1, 2, 3, 4`;
  return database.dataSource.query(
    `WITH told AS (SELECT date, model_id, organization_id, user_id, total_requests, failed_requests, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, total_credits_micro, cost_nusd,
                          latency_ms_sum, latency_ms_max, ttft_ms_sum FROM model_usage_stats),
          true_sums AS (${sums('NULL::uuid', 'NULL::uuid')} UNION ALL ${sums('organization_id', 'NULL::uuid')} UNION ALL SELECT * FROM (${sums('organization_id', 'user_id')}) u WHERE user_id IS NOT NULL)
     (SELECT 'missing' AS what, * FROM true_sums EXCEPT SELECT 'missing', * FROM told) UNION ALL (SELECT 'too much', * FROM told EXCEPT SELECT 'too much', * FROM true_sums)`,
  );
}

describe('the roll-up', () => {
  it('adds up every day, organization and person, as often as it is made', async () => {
    const [a, b] = [(await aModel(database.dataSource)).model.id, (await aModel(database.dataSource)).model.id];
    for (const daysAgo of [0, 0, 1, 3]) {
      for (const tenant of [ada, bob]) await aCall(a, { tenant, createdAt: noon(daysAgo) });
      await aCall(b, { outcome: 'overloaded', costNusd: 0n, creditsMicro: 0n, latencyMs: 90_000, createdAt: noon(daysAgo) });
    }
    await aCall(a, { userId: null });
    await aCall(a, { purpose: 'model_test' });
    await aCall(a, { modelId: null });
    expect(await rollUp()).toBeGreaterThan(10);
    expect(await differences()).toEqual([]);
    expect(await rollUp()).toBe(0);
    await aCall(a);
    await aCall(b, { createdAt: noon(0) });
    await rollUp();
    expect(await differences()).toEqual([]);
  });

  it('catches up with days that no worker saw, and sees what was still being written', async () => {
    const { id } = (await aModel(database.dataSource)).model;
    await aCall(id, { createdAt: noon(5) });
    await rollUp();
    // Later on that day, and on the days in between.
    await aCall(id, { createdAt: new Date(noon(5).getTime() + 1) });
    await aCall(id, { createdAt: noon(3) });
    await work.run(async (tx) => {
      await aCall(id, {}, tx);
      await rollUp();
      expect(await figures(id)).toMatchObject({ calls: 3 });
    });
    await rollUp();
    expect(await figures(id)).toMatchObject({ calls: 4 });
    expect(await differences()).toEqual([]);
  });

  it('counts a day again that got calls long after it was over', async () => {
    const { id } = (await aModel(database.dataSource)).model;
    for (const daysAgo of [9, 2]) await aCall(id, { createdAt: noon(daysAgo) });
    await rollUp();
    await aCall(id, { createdAt: noon(9) });
    await work.run((tx) => fold.fold(tx, 100));
    await rollUp();
    expect(await differences()).toEqual([]);
    expect(await database.dataSource.query('SELECT 1 FROM model_usage_redos')).toEqual([]);
  });

  it('counts nothing twice when two make it while calls come in', async () => {
    const { id } = (await aModel(database.dataSource)).model;
    const writers = Array.from({ length: 4 }, async (_, n) => {
      for (let call = 0; call < 10; call += 1) await aCall(id, { tenant: n % 2 === 0 ? ada : bob });
    });
    await Promise.all([...writers, rollUp(), rollUp(), rollUp()]);
    await rollUp();
    expect(await figures(id)).toMatchObject({ calls: 40 });
    expect(await differences()).toEqual([]);
  });
});

describe('what routing sees', () => {
  it('is the median of answers, and the tasks that say something about the model', async () => {
    const { id } = (await aModel(database.dataSource)).model;
    const repo = await aGitRepo(database.dataSource, { organizationId: ada.organization.id });
    const endings = [['completed', null], ['completed', null], ['failed', 'stuck'], ['timed_out', 'deadline'], ['failed', 'push_failed'], ['failed', 'worker_lost'], ['cancelled', 'user_request'], ['in_progress', null]] as const;
    for (const [status, statusReason] of endings) {
      const { task } = await aTask(database.dataSource, { organizationId: ada.organization.id, userId: ada.user.id, repositoryId: repo.id, aiModelId: id, status, statusReason });
      await database.dataSource.query('UPDATE task_counters SET cost_nusd = 8000000 WHERE task_id = $1', [task.id]);
      await aCall(id, { taskId: task.id, latencyMs: 4_000 });
    }
    for (const latencyMs of [100, 200, 60_000]) await aCall(id, { latencyMs });
    await aCall(id, { outcome: 'timeout', latencyMs: 900_000 });
    await rollUp();
    const seen = await figures(id);
    expect(seen).toMatchObject({ calls: 12, failedCalls: 1, tasks: 4, succeeded: 2, costPerTaskNusd: 8_000_000n });
    // The class of 4 seconds, within the root of 2.
    expect(seen?.p50LatencyMs).toBeGreaterThan(4_000 / Math.SQRT2);
    expect(seen?.p50LatencyMs).toBeLessThan(4_000 * Math.SQRT2);
    expect(await rollUp()).toBe(0);
  });

  it('forgets what is older than two weeks, and says nothing of a model without calls', async () => {
    const { id } = (await aModel(database.dataSource)).model;
    await aCall(id, { createdAt: noon(14), latencyMs: 30_000 });
    await rollUp();
    expect(await figures(id)).toBeUndefined();
    await aCall(id, { outcome: 'error', latencyMs: null });
    await rollUp();
    expect(await figures(id)).toEqual({ modelId: id, calls: 1, failedCalls: 1, p50LatencyMs: null, tasks: 0, succeeded: 0, costPerTaskNusd: null });
  });
});

it('an organization\'s use is exact before, between and after roll-ups', async () => {
  const { id } = (await aModel(database.dataSource)).model;
  const use = () => store.forOrganization(work.reader, ada.organization.id, id);
  expect(await use()).toEqual({ calls: 0, inputTokens: 0n, outputTokens: 0n, costNusd: 0n, creditsMicro: 0n });
  for (const daysAgo of [40, 29, 10, 2, 1, 0]) await aCall(id, { createdAt: noon(daysAgo) });
  await aCall(id, { tenant: bob });
  const five = { calls: 5, inputTokens: 500n, outputTokens: 200n, costNusd: 5_000n, creditsMicro: 500n };
  expect(await use()).toEqual(five);
  await rollUp();
  expect(await use()).toEqual(five);
  await aCall(id);
  expect(await use()).toMatchObject({ calls: 6, costNusd: 6_000n });
});
