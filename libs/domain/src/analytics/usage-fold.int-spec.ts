import { newId } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { Subscription } from '../billing/subscription.entity';
import { sqlRows } from '../sql';
import { insert } from '../testing/insert';
import { aTenant, type Tenant } from '../testing/tenant.factory';
import { aGitRepo, aModel, aTask } from '../testing/work.factory';
import { UnitOfWork, type Tx } from '../unit-of-work';
import { ApiKeyUsageLog } from '../usage/api-key-usage-log.entity';
import { SubscriptionUsageStore } from './subscription-usage.store';
import { USAGE_ANALYTICS_GROUPS, UsageAnalyticsStore, type UsageAnalyticsGroup } from './usage-analytics.store';
import { UsageFold } from './usage-fold';

const DAY = 86_400_000;
const subscriptions = new SubscriptionUsageStore();
const fold = new UsageFold(subscriptions);
const analytics = new UsageAnalyticsStore();
let database: TestDatabase;
let work: UnitOfWork;
let models: string[];
const tenants: (Tenant & { tasks: string[] })[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
  work = new UnitOfWork(database.dataSource);
  models = await Promise.all([1, 2, 3].map(async () => (await aModel(database.dataSource)).model.id));
  for (let n = 0; n < 2; n += 1) {
    const tenant = await aTenant(database.dataSource);
    await database.dataSource.query(`UPDATE subscriptions SET created_at = now() - interval '40 days' WHERE id = $1`, [tenant.subscription.id]);
    const tasks: string[] = [];
    for (const mode of ['code', 'ask', 'debug', 'code'] as const) {
      const repo = await aGitRepo(database.dataSource, { organizationId: tenant.organization.id });
      tasks.push((await aTask(database.dataSource, { organizationId: tenant.organization.id, userId: tenant.user.id, repositoryId: repo.id, mode })).task.id);
    }
    tenants.push({ ...tenant, tasks });
  }
});
afterAll(() => database.close());
beforeEach(() => database.dataSource.query('TRUNCATE api_key_usage_logs, usage_stats, usage_stat_tasks, unfolded_usage, subscription_usage, model_usage_redos'));

/** A small generator with a seed that a failure prints. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function aCall(tx: Tx, tenant: Tenant & { tasks: string[] }, values: Partial<ApiKeyUsageLog> = {}): Promise<ApiKeyUsageLog> {
  return insert(tx, ApiKeyUsageLog, {
    id: newId(), organizationId: tenant.organization.id, userId: tenant.user.id, taskId: tenant.tasks[0], provider: 'anthropic', providerModelId: 'm', modelId: models[0], outcome: 'ok', inputTokens: 100n, outputTokens: 40n,
    costNusd: 1_000n, creditsMicro: 100n, latencyMs: 3_000, ...values,
  });
}

function anyCall(tx: Tx, pick: (below: number) => number): Promise<ApiKeyUsageLog> {
  const tenant = tenants[pick(2)]!;
  // Some come days late, some on either side of a midnight.
  const midnight = Math.floor(Date.now() / DAY) * DAY;
  const createdAt = [new Date(), new Date(midnight - 1), new Date(midnight), new Date(Date.now() - pick(35) * DAY)][pick(4)]!;
  return aCall(tx, tenant, {
    createdAt, modelId: [...models, null][pick(4)], userId: [tenant.user.id, null][pick(2)], taskId: [...tenant.tasks, null][pick(5)], purpose: (['agent', 'agent', 'title', 'key_test'] as const)[pick(4)],
    outcome: (['ok', 'ok', 'error'] as const)[pick(3)], inputTokens: BigInt(pick(1_000)), cacheReadTokens: BigInt(pick(500)), cacheWriteShortTokens: BigInt(pick(9)), cacheWriteLongTokens: BigInt(pick(9)), outputTokens: 50n,
    reasoningTokens: BigInt(pick(50)), costNusd: BigInt(pick(1_000_000)), creditsMicro: BigInt(pick(9_999)), latencyMs: pick(9) === 0 ? null : pick(90_000),
  });
}

const DIRECT_KEY: Readonly<Record<UsageAnalyticsGroup, string>> = {
  day: 'l.created_at::date::text', week: `date_trunc('week', l.created_at)::date::text`, month: `date_trunc('month', l.created_at)::date::text`, model: 'l.model_id::text', mode: 't.mode', repository: 't.repository_id::text',
  user: 'l.user_id::text', key_source: `CASE WHEN l.api_key_id IS NULL THEN 'platform' ELSE 'own' END`, api_key: 'l.api_key_id::text', purpose: 'l.purpose',
};

const LAST_DAYS = 'l.created_at >= now()::date - 30 AND l.created_at < now()::date + 1';

/** The same figures by the calls alone. */
function direct(tx: Tx, organizationId: string, by: UsageAnalyticsGroup, time = LAST_DAYS): Promise<object[]> {
  return sqlRows(
    tx,
    `SELECT ${DIRECT_KEY[by]} AS key, count(*)::float8 AS calls, count(*) FILTER (WHERE l.outcome <> 'ok')::float8 AS failed_calls, count(DISTINCT l.task_id)::integer AS tasks, sum(l.input_tokens)::float8 AS input_tokens,
            sum(l.cache_read_tokens)::float8 AS cache_read_tokens, sum(l.cache_write_short_tokens + l.cache_write_long_tokens)::float8 AS cache_write_tokens, sum(l.output_tokens)::float8 AS output_tokens,
            sum(l.reasoning_tokens)::float8 AS reasoning_tokens, sum(l.credits_micro)::bigint AS credits_micro, sum(l.cost_nusd)::bigint AS cost_nusd
       FROM api_key_usage_logs l LEFT JOIN tasks t ON t.id = l.task_id WHERE l.organization_id = $1 AND ${time} GROUP BY 1`,
    [organizationId],
    ['creditsMicro', 'costNusd'] as never[],
  );
}

const text = (value: unknown): string => JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
const sorted = (rows: readonly object[]): string[] => rows.map((row) => text(Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'label').sort()))).sort();
const dayText = (daysAgo: number): string => new Date(Date.now() - daysAgo * DAY).toISOString().slice(0, 10);

/** Sums and calls at one moment. */
function compare(by: UsageAnalyticsGroup): Promise<void> {
  return database.dataSource.transaction('REPEATABLE READ', async (tx) => {
    for (const { organization } of tenants) {
      const { rows, total } = await analytics.usage(tx, { organizationId: organization.id, from: dayText(30), to: dayText(0) }, by, 1_000);
      expect(sorted(rows)).toEqual(sorted(await direct(tx, organization.id, by)));
      expect(total.calls).toBe(rows.reduce((sum, row) => sum + row.calls, 0));
      expect(total.costNusd).toBe(rows.reduce((sum, row) => sum + row.costNusd, 0n));
    }
  });
}

const foldAll = async (): Promise<void> => { while ((await work.run((tx) => fold.fold(tx, 500))).calls !== 0); };
const waiting = async (): Promise<number> => (await database.dataSource.query<unknown[]>('SELECT 1 FROM unfolded_usage')).length;

async function writer(seed: number): Promise<void> {
  const pick = random(seed);
  for (let n = 0; n < 25; n += 1) {
    await work.run(async (tx) => {
      for (let calls = 1 + pick(4); calls > 0; calls -= 1) await anyCall(tx, pick);
      if (pick(3) === 0) await tx.query('SELECT pg_sleep(0.02)');
      if (pick(6) === 0) throw new Error('dies');
    }).catch((error: Error) => expect(error.message).toBe('dies'));
  }
}

async function folder(seed: number, isDone: () => boolean): Promise<void> {
  const pick = random(seed);
  while (!isDone()) {
    await work.run(async (tx) => {
      await fold.fold(tx, 1 + pick(20));
      if (pick(4) === 0) throw new Error('dies');
    }).catch((error: Error) => expect(error.message).toBe('dies'));
  }
}

it('sums and what waits are the calls, at any moment, whoever writes, folds or dies', async () => {
  const seed = Number(process.env.ANALYTICS_SEED ?? Date.now() % 1_000_000);
  try {
    let done = false;
    const folders = [folder(seed + 100, () => done), folder(seed + 101, () => done)];
    const reader = (async () => { for (let n = 0; !done; n += 1) await compare(USAGE_ANALYTICS_GROUPS[n % USAGE_ANALYTICS_GROUPS.length]!); })();
    await Promise.all([1, 2, 3, 4].map((n) => writer(seed + n))).finally(() => (done = true));
    await Promise.all([...folders, reader]);
    await foldAll();
    expect(await waiting()).toBe(0);
    for (const by of USAGE_ANALYTICS_GROUPS) await compare(by);
    // Without anything that waits: the sums of subscriptions are the calls too.
    expect(
      await database.dataSource.query(
        `WITH told AS (SELECT s.organization_id, u.date, u.credits_used_micro::text, u.cost_nusd::text, u.tokens_used::text, u.tasks_executed, u.repositories_accessed FROM subscription_usage u JOIN subscriptions s ON s.id = u.subscription_id),
              calls AS (SELECT l.organization_id, l.created_at::date AS date, sum(l.credits_micro)::text, sum(l.cost_nusd)::text, sum(l.input_tokens + l.cache_read_tokens + l.cache_write_short_tokens + l.cache_write_long_tokens + l.output_tokens)::text,
                               count(DISTINCT l.task_id)::integer, count(DISTINCT t.repository_id)::integer FROM api_key_usage_logs l LEFT JOIN tasks t ON t.id = l.task_id GROUP BY 1, 2)
         (TABLE told EXCEPT TABLE calls) UNION ALL (TABLE calls EXCEPT TABLE told)`,
      ),
    ).toEqual([]);
  } catch (error) {
    throw new Error(`ANALYTICS_SEED=${seed}`, { cause: error });
  }
});

it('between any two instants, also of one day, the figures are those of the calls', async () => {
  const pick = random(7);
  await work.run(async (tx) => { for (let n = 0; n < 150; n += 1) await anyCall(tx, pick); });
  await work.run((tx) => fold.fold(tx, 90));
  for (let n = 0; n < 30; n += 1) {
    const from = new Date(Date.now() - pick(20 * DAY));
    const to = new Date(from.getTime() + 1 + pick(n % 3 === 0 ? DAY : 12 * DAY));
    const by = USAGE_ANALYTICS_GROUPS[n % USAGE_ANALYTICS_GROUPS.length]!;
    for (const { organization } of tenants) {
      const { rows, total } = await analytics.usageBetween(work.reader, { organizationId: organization.id, from, to }, by, 1_000);
      expect(sorted(rows)).toEqual(sorted(await direct(work.reader, organization.id, by, `l.created_at >= '${from.toISOString()}' AND l.created_at < '${to.toISOString()}'`)));
      expect(total.calls).toBe(rows.reduce((sum, row) => sum + row.calls, 0));
    }
  }
});

it('a call that is written for hours, or for a day long ago, is added when it comes', async () => {
  const ada = tenants[0]!;
  await work.run(async (tx) => {
    await aCall(tx, ada, { createdAt: new Date(Date.now() - 20 * DAY) });
    await foldAll();
    expect(await waiting()).toBe(0);
  });
  expect(await waiting()).toBe(1);
  await compare('day');
  await foldAll();
  await compare('day');
  expect(await database.dataSource.query('SELECT model_id, date::text FROM model_usage_redos')).toEqual([{ model_id: models[0], date: dayText(20) }]);
});

it('one process folds at a time', async () => {
  await aCall(database.dataSource.manager, tenants[0]!);
  await work.run(async (tx) => {
    expect(await fold.fold(tx, 10)).toMatchObject({ calls: 1 });
    expect(await work.run((other) => fold.fold(other, 10))).toEqual({ calls: null, rows: 0 });
  });
  expect(await work.run((tx) => fold.fold(tx, 10))).toEqual({ calls: 0, rows: 0 });
});

it('a call counts for the subscription of its time', async () => {
  const ada = tenants[0]!;
  const noon = new Date(Math.floor(Date.now() / DAY) * DAY - DAY / 2);
  await database.dataSource.query(`UPDATE subscriptions SET status = 'canceled', ended_at = $2 WHERE id = $1`, [ada.subscription.id, noon]);
  const next = await insert(database.dataSource, Subscription, { ...ada.subscription, id: newId(), status: 'active', endedAt: null, createdAt: noon });
  await aCall(database.dataSource.manager, ada, { createdAt: new Date(noon.getTime() - 1) });
  await aCall(database.dataSource.manager, ada, { createdAt: noon, creditsMicro: 7n, taskId: ada.tasks[1] });
  await foldAll();
  const days = await database.dataSource.query<object[]>(
    'SELECT u.subscription_id, u.credits_used_micro, u.tasks_executed FROM subscription_usage u JOIN subscriptions s ON s.id = u.subscription_id WHERE s.organization_id = $1 ORDER BY u.credits_used_micro DESC', [ada.organization.id],
  );
  expect(days).toEqual([
    { subscription_id: ada.subscription.id, credits_used_micro: '100', tasks_executed: 1 }, { subscription_id: next.id, credits_used_micro: '7', tasks_executed: 1 },
  ]);
});

it('overage is added by who charges it, reported up to where it was reported, and touched by no fold', async () => {
  const { organization, subscription: { id } } = tenants[1]!;
  await aCall(database.dataSource.manager, tenants[1]!);
  await work.run((tx) => subscriptions.addOverage(tx, id, 5n));
  await foldAll();
  await Promise.all([1n, 2n, 3n].map((micro) => work.run((tx) => subscriptions.addOverage(tx, id, micro))));
  await foldAll();
  const today = { subscriptionId: id, date: dayText(0) };
  expect(await subscriptions.unreported(work.reader, 1n, 10)).toEqual([{ ...today, organizationId: organization.id, stripeSubscriptionId: null, stripeCustomerId: null, overageMicro: 11n, overageReportedMicro: 0n }]);
  expect(await subscriptions.unreported(work.reader, 12n, 10)).toEqual([]);
  const report = (upto: bigint): Promise<boolean> => work.run((tx) => subscriptions.markReported(tx, today, upto));
  expect([await report(12n), await report(10n), await report(10n), await report(9n)]).toEqual([false, true, false, false]);
  expect(await subscriptions.unreported(work.reader, 1n, 10)).toMatchObject([{ overageMicro: 11n, overageReportedMicro: 10n }]);
  await expect(work.run((tx) => subscriptions.addOverage(tx, id, 0n))).rejects.toThrow(RangeError);
  expect(await database.dataSource.query('SELECT credits_used_micro FROM subscription_usage WHERE subscription_id = $1', [id])).toEqual([{ credits_used_micro: '100' }]);
});
