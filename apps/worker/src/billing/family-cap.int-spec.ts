import { BillingHouse } from '@app/billing/testing';
import { AiModelPriceStore, dataSourceOptions } from '@app/domain';
import { aGitRepo, aModel, aTask, aTenant, aWebhookEndpoint, TaskHouse, type Tenant } from '@app/domain/testing';
import type { TaskEventBus } from '@app/messaging';
import type { ModelEnd } from '@app/providers';
import { DataSource } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { CrashPoints } from '../attempts/crash-points';
import { PostgresJournal } from '../attempts/journal/postgres.journal';
import { Purse } from '../attempts/journal/purse';

const CAP = 120_000_003n;
/** The cap refuses first: 80 and 90 % of this are passed, all of it never is. */
const BUDGET = 130_000_000n;
const CHILDREN = 50;
const PROCESSES = 2;

let database: TestDatabase;
let tenant: Tenant;
let model: Awaited<ReturnType<typeof aModel>>['model'];
/** Each with a pool of its own, as processes have. */
let pools: DataSource[];
beforeAll(async () => {
  database = await openTestDatabase();
  tenant = await aTenant(database.dataSource);
  ({ model } = await aModel(database.dataSource, {}, { inputUmtok: 4_000_000n, outputUmtok: 20_000_000n }));
  pools = await Promise.all(Array.from({ length: PROCESSES }, () => new DataSource(dataSourceOptions({ url: database.url, poolSize: 10, applicationName: 'worker' })).initialize()));
});
afterAll(async () => {
  for (const pool of pools) await pool.destroy();
  await database.close();
});

const sql = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => database.dataSource.query<Row[]>(text, values);

interface Child {
  readonly taskId: string;
  readonly journal: PostgresJournal;
}

/** A task with what the worker writes its calls with, in one of the processes. */
async function working(n: number, values: { maxCreditsMicro?: bigint; parentTaskId?: string }): Promise<Child> {
  const organizationId = tenant.organization.id;
  const { id: repositoryId } = await aGitRepo(database.dataSource, { organizationId });
  const { task, attempt } = await aTask(database.dataSource, { organizationId, userId: tenant.user.id, repositoryId, status: 'in_progress', ...values });
  await sql(`UPDATE task_attempts SET status = 'running', fence = 1, worker_id = 'w', lease_expires_at = now() + interval '1 hour' WHERE id = $1`, [attempt.id]);
  const pool = pools[n % PROCESSES]!;
  const { work: uow, attempts, events, messages, logs } = new TaskHouse(pool);
  const { ledger, usage } = new BillingHouse(pool);
  const lease = { taskId: task.id, attemptId: attempt.id, fence: 1n };
  const owner = { lease, organizationId, userId: tenant.user.id, modelId: model.id, provider: model.provider, providerModelId: model.providerModelId, multiplierBps: 10_000, apiKeyId: null };
  const purse = new Purse({ uow, attempts, ledger, usage, prices: new AiModelPriceStore() }, owner);
  const bus = { publishNews: () => undefined, publishDelta: () => undefined } as unknown as TaskEventBus;
  const crash = { reach: () => undefined } as unknown as CrashPoints;
  return { taskId: task.id, journal: new PostgresJournal({ uow, attempts, events, messages, logs, bus, crash }, { lease, modelName: 'model', purse, bundle: () => Promise.resolve(null) }) };
}

const answer = (outputTokens: number): ModelEnd => ({
  t: 'end', stop: 'stop', responseId: null, message: { role: 'assistant', parts: [{ t: 'text', text: 'Done.' }] },
  usage: { inputTokens: 1_000, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens, reasoningTokens: 0, raw: {} },
});

/** Calls one after the other until one is refused: most use less than was held, some more. */
async function spend({ journal }: Child): Promise<number> {
  for (let made = 0; ; made += 1) {
    const grant = await journal.requestModel({ step: made + 1, promptTokens: 1_000, maxTokens: 2_048 });
    if (!grant.granted) return made;
    await journal.completeModel({ callSeq: grant.callSeq, step: made + 1, end: answer(grant.callSeq % 3 === 0 ? 3_000 : 400), latencyMs: 1, ttftMs: null });
  }
}

interface Counter {
  readonly used: bigint;
  readonly held: bigint;
}

async function counters(taskIds: readonly string[]): Promise<Counter[]> {
  const rows = await sql<{ used: string; held: string }>('SELECT credits_used_micro AS used, credits_held_micro AS held FROM task_counters WHERE task_id = ANY($1::uuid[]) ORDER BY array_position($1::uuid[], task_id)', [taskIds]);
  return rows.map(({ used, held }) => ({ used: BigInt(used), held: BigInt(held) }));
}

it('50 child tasks of two processes never spend a microcredit above the cap they share, and each threshold is told once', async () => {
  await aWebhookEndpoint(database.dataSource, { organizationId: tenant.organization.id, events: ['budget.threshold'] });
  const house = new BillingHouse(database.dataSource);
  const organizationBudget = { organizationId: tenant.organization.id, scope: 'organization' as const, targetId: null, measure: 'credits' as const, period: 'total' as const, limitValue: BUDGET, alertPercents: [80, 90, 100], isActive: true };
  await house.work.run((tx) => house.budgets.create(tx, { ...organizationBudget, createdByUserId: tenant.user.id }));
  const parent = await working(0, { maxCreditsMicro: CAP });
  const children = await Promise.all(Array.from({ length: CHILDREN }, (_, n) => working(n, { parentTaskId: parent.taskId })));
  let most = 0n;
  let running = true;
  const watch = (async () => {
    for (; running; await new Promise((resolve) => setTimeout(resolve, 5))) {
      const [now] = await counters([parent.taskId]);
      if (now!.used + now!.held > most) most = now!.used + now!.held;
    }
  })();
  const calls = await Promise.all(children.map(spend)).finally(() => (running = false));
  await watch;
  // What those who were refused had no room for while others held it.
  await spend(parent);
  const [whole, ...parts] = await counters([parent, ...children].map(({ taskId }) => taskId));
  const [own] = await sql<{ used: string }>('SELECT sum(credits_micro) AS used FROM api_key_usage_logs WHERE task_id = $1', [parent.taskId]);
  expect(most).toBeLessThanOrEqual(CAP);
  expect(whole).toEqual({ used: parts.reduce((sum, { used }) => sum + used, BigInt(own!.used ?? 0)), held: 0n });
  expect(whole!.used).toBeLessThanOrEqual(CAP);
  // They were stopped by the cap, not by want of work.
  expect(whole!.used).toBeGreaterThan((CAP * 95n) / 100n);
  expect(Math.max(...calls)).toBeGreaterThan(1);
  expect(await sql('SELECT lifetime_used_micro AS used, held_micro AS held FROM credit_accounts WHERE organization_id = $1', [tenant.organization.id])).toEqual([{ used: String(whole!.used), held: '0' }]);
  await expectToldOnce();
  expect(await house.unexplained()).toEqual([]);
}, 120_000);

/** Thresholds of charges: one webhook each, and one event of the task whose call passed it. What refusals say is one webhook, and an event of each task. */
async function expectToldOnce(): Promise<void> {
  const sent = await sql<{ told: string }>(
    `SELECT (body::jsonb #>> '{data,budget,scope}') || ' ' || (body::jsonb #>> '{data,percent}') AS told FROM webhook_endpoint_deliveries WHERE organization_id = $1 ORDER BY 1`, [tenant.organization.id]);
  expect(sent.map(({ told }) => told)).toEqual(['organization 80', 'organization 90', 'task 100', 'task 80', 'task 90']);
  const events = await sql<{ told: string; n: number }>(
    `SELECT (data #>> '{budget,scope}') || ' ' || (data ->> 'percent') AS told, count(*)::integer AS n FROM task_events WHERE type = 'budget' GROUP BY 1 ORDER BY 1`);
  expect(events).toEqual([{ told: 'organization 80', n: 1 }, { told: 'organization 90', n: 1 }, { told: 'task 100', n: CHILDREN + 1 }, { told: 'task 80', n: 1 }, { told: 'task 90', n: 1 }]);
}
