import { aGitRepo, aTask, aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import { newId } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { BillingHouse } from '../testing';
import type { Settlement } from './credit-ledger';

const CREDIT = 1_000_000n;

let database: TestDatabase;
let house: BillingHouse;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new BillingHouse(database.dataSource);
});
afterEach(async () => expect(await house.unexplained()).toEqual([]));
afterAll(() => database.close());

const balance = (tenant: Tenant) => house.accounts.balance(database.dataSource.manager, tenant.organization.id);

const TOKENS = { input: 10, cacheRead: 1, cacheWriteShort: 2, cacheWriteLong: 3, output: 5, reasoning: 4 };

/** Settles a call with its usage row, in one transaction as the worker does. */
function settle(call: { attemptId: string; callSeq: number }, micro: bigint): Promise<Settlement> {
  return house.work.run(async (tx) => {
    const settlement = await house.ledger.settle(tx, call, { micro, nusd: micro * 10n });
    const [task] = await tx.query<{ id: string; organization_id: string }[]>('SELECT t.id, t.organization_id FROM tasks t JOIN task_attempts a ON a.task_id = t.id WHERE a.id = $1', [call.attemptId]);
    const recorded = await house.usage.record(tx, {
      organizationId: task!.organization_id, userId: null, apiKeyId: null, taskId: task!.id, ...call, purpose: 'agent', provider: 'anthropic', providerModelId: 'm', modelId: null, priceId: null, outcome: 'ok',
      tokens: TOKENS, isEstimated: false, costNusd: micro * 10n, creditsMicro: settlement.chargedMicro, latencyMs: 9, ttftMs: 3, rawUsage: { n: '\0' },
    });
    expect(recorded).toBe(settlement.settled);
    return settlement;
  });
}

async function runningCalls(tenant: Tenant, count: number, values: Partial<{ maxCreditsMicro: bigint; parentTaskId: string }> = {}) {
  const organizationId = tenant.organization.id;
  const repo = await aGitRepo(database.dataSource, { organizationId });
  const tasks = await Promise.all(Array.from({ length: count }, () => aTask(database.dataSource, { organizationId, userId: tenant.user.id, repositoryId: repo.id, status: 'in_progress', ...values })));
  return tasks.map(({ task, attempt }) => ({ organizationId, taskId: task.id, attemptId: attempt.id, repositoryId: repo.id }));
}

async function aBudget(tenant: Tenant, values: { scope: string; measure: string; period: string; limit: bigint; repositoryId?: string }): Promise<string> {
  const id = newId();
  await database.dataSource.query('INSERT INTO budgets (id, organization_id, scope, measure, period, limit_value, repository_id) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
    id, tenant.organization.id, values.scope, values.measure, values.period, values.limit, values.repositoryId ?? null,
  ]);
  return id;
}

const counters = async (taskId: string) =>
  (await database.dataSource.query<{ used: string; held: string }[]>('SELECT credits_used_micro AS used, credits_held_micro AS held FROM task_counters WHERE task_id = $1', [taskId]))[0];
const budgetValues = async (id: string) => (await database.dataSource.query<{ used: string; held: string }[]>('SELECT used_value AS used, held_value AS held FROM budget_periods WHERE budget_id = $1', [id]))[0];

describe('grants', () => {
  it('are given once by 10 parallel deliveries', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
    const purchase = (n: number) => house.work.run((tx) => house.bonus(tx, tenant.organization.id, 5n * CREDIT, { key: `gift:${n}` }));
    const applied = await Promise.all(Array.from({ length: 10 }, () => purchase(1)));
    expect(applied.filter(Boolean)).toHaveLength(1);
    expect(await balance(tenant)).toMatchObject({ availableMicro: 5n * CREDIT, lifetimeGrantedMicro: 5n * CREDIT, grants: [{ source: 'bonus', remainingMicro: 5n * CREDIT }] });
  });

  it('pay what is owed first', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
    const organizationId = tenant.organization.id;
    await owe(organizationId, 3n * CREDIT);
    const [call] = await runningCalls(tenant, 1);
    await house.work.run((tx) => house.bonus(tx, organizationId, 2n * CREDIT, { key: 'first' }));
    expect(await balance(tenant)).toMatchObject({ availableMicro: 0n, debtMicro: CREDIT });
    expect(await house.hold(call!, 1, CREDIT)).toEqual({ granted: false, reason: 'out_of_credits' });
    await house.work.run((tx) => house.bonus(tx, organizationId, 2n * CREDIT, { key: 'second' }));
    expect(await balance(tenant)).toMatchObject({ availableMicro: CREDIT, debtMicro: 0n });
    expect(await house.hold(call!, 1, CREDIT)).toMatchObject({ granted: true });
  });

  /** A refund of credits that were spent, as the payments part books it. */
  async function owe(organizationId: string, micro: bigint): Promise<void> {
    await house.work.run(async (tx) => {
      const id = newId();
      await tx.query('UPDATE credit_accounts SET debt_micro = $2, last_seq = last_seq + 1 WHERE organization_id = $1', [organizationId, micro]);
      await tx.query(
        `INSERT INTO credit_transactions (id, organization_id, seq, type, idempotency_key, amount_micro, available_after_micro, held_after_micro, debt_after_micro)
         SELECT $1, organization_id, last_seq, 'reversal', 'refund:re_1', -$3::bigint, available_micro, held_micro, debt_micro FROM credit_accounts WHERE organization_id = $2`,
        [id, organizationId, micro],
      );
      await tx.query(`INSERT INTO credit_entries (transaction_id, account, organization_id, amount_micro) VALUES ($1, 'debt', $2, -$3::bigint), ($1, 'refunds', $2, $3::bigint)`, [id, organizationId, micro]);
    });
  }
});

describe('holds', () => {
  it('never pass the balance: of 60 at once, 80 credits cover 26; every settlement sent twice counts once', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 80n * CREDIT });
    const calls = await runningCalls(tenant, 60);
    const held = await Promise.all(calls.map((call) => house.hold(call, 1, 3n * CREDIT)));
    const granted = calls.filter((_, n) => held[n]?.granted);
    expect(granted).toHaveLength(26);
    expect(held.filter((result) => !result.granted)).toEqual(Array(34).fill({ granted: false, reason: 'out_of_credits' }));
    expect(await balance(tenant)).toMatchObject({ availableMicro: 2n * CREDIT, heldMicro: 78n * CREDIT });
    const settled = await Promise.all(granted.flatMap(({ attemptId }) => [1, 2].map(() => settle({ attemptId, callSeq: 1 }, 2n * CREDIT))));
    expect(settled.filter((one) => one.settled)).toHaveLength(26);
    expect(await balance(tenant)).toMatchObject({ availableMicro: 28n * CREDIT, heldMicro: 0n, lifetimeUsedMicro: 52n * CREDIT });
    for (const call of calls) expect(await counters(call.taskId)).toEqual(granted.includes(call) ? { used: '2000000', held: '0' } : { used: '0', held: '0' });
  });

  it('leave nothing behind when they are refused, and can be repeated', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: CREDIT });
    const [call] = await runningCalls(tenant, 1);
    await house.work.run(async (tx) => {
      expect(await house.ledger.hold(tx, { ...call!, callSeq: 1, amountMicro: 2n * CREDIT, costNusd: 0n, priceId: null, apiKeyId: null })).toEqual({ granted: false, reason: 'out_of_credits' });
      await tx.query('UPDATE tasks SET progress = 7 WHERE id = $1', [call!.taskId]);
    });
    expect(await counters(call!.taskId)).toEqual({ used: '0', held: '0' });
    expect((await database.dataSource.query<{ progress: number }[]>('SELECT progress FROM tasks WHERE id = $1', [call!.taskId]))[0]?.progress).toBe(7);
    expect(await house.hold(call!, 1, CREDIT)).toEqual({ granted: true, repeated: false });
    expect(await house.hold(call!, 1, CREDIT)).toEqual({ granted: true, repeated: true });
    expect(await balance(tenant)).toMatchObject({ heldMicro: CREDIT });
  });

  it('obey a parent’s cap: 12 children of 1.5 under 10', async () => {
    const tenant = await aTenant(database.dataSource);
    const [parent] = await runningCalls(tenant, 1, { maxCreditsMicro: 10n * CREDIT });
    const children = await runningCalls(tenant, 12, { parentTaskId: parent!.taskId });
    const held = await Promise.all(children.map((child) => house.hold(child, 1, 1_500_000n)));
    expect(held.filter((result) => result.granted)).toHaveLength(6);
    expect(held.filter((result) => !result.granted && result.reason === 'budget_exhausted')).toHaveLength(6);
    expect(await counters(parent!.taskId)).toEqual({ used: '0', held: '9000000' });
  });

  it('obey every budget: 20 under two', async () => {
    const tenant = await aTenant(database.dataSource);
    const calls = await runningCalls(tenant, 20);
    const wide = await aBudget(tenant, { scope: 'organization', measure: 'credits', period: 'month', limit: 100n * CREDIT });
    const narrow = await aBudget(tenant, { scope: 'repository', measure: 'cost', period: 'day', limit: 130_000_000n, repositoryId: calls[0]!.repositoryId });
    await aBudget(tenant, { scope: 'repository', measure: 'credits', period: 'total', limit: 0n, repositoryId: (await runningCalls(tenant, 1))[0]!.repositoryId });
    const held = await Promise.all(calls.map((call) => house.hold(call, 1, 3n * CREDIT)));
    expect(held.filter((result) => result.granted)).toHaveLength(4);
    expect([await budgetValues(wide), await budgetValues(narrow)]).toEqual([{ used: '0', held: '12000000' }, { used: '0', held: '120000000' }]);
    await Promise.all(calls.filter((_, n) => held[n]?.granted).map(({ attemptId }) => settle({ attemptId, callSeq: 1 }, 2n * CREDIT)));
    expect([await budgetValues(wide), await budgetValues(narrow)]).toEqual([{ used: '8000000', held: '0' }, { used: '80000000', held: '0' }]);
  });

  it('on the customer’s own key cost no credits but count as cost', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
    const [call] = await runningCalls(tenant, 1);
    const budget = await aBudget(tenant, { scope: 'organization', measure: 'cost', period: 'total', limit: 10n });
    const hold = (callSeq: number, costNusd: bigint) => house.work.run((tx) => house.ledger.hold(tx, { ...call!, callSeq, amountMicro: 0n, costNusd, priceId: null, apiKeyId: null }));
    expect(await hold(1, 9n)).toMatchObject({ granted: true });
    expect(await house.work.run((tx) => house.ledger.settle(tx, { attemptId: call!.attemptId, callSeq: 1 }, { micro: 0n, nusd: 7n }))).toMatchObject({ settled: true, chargedMicro: 0n, overrunMicro: 0n });
    expect(await budgetValues(budget)).toEqual({ used: '7', held: '0' });
    expect(await hold(2, 4n)).toMatchObject({ granted: false, reason: 'budget_exhausted' });
  });

  it('that outlived their attempt are given back once', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 9n * CREDIT });
    const [dead, late, alive] = await runningCalls(tenant, 3);
    for (const call of [dead!, late!, alive!]) await house.hold(call, 1, 3n * CREDIT);
    await database.dataSource.query(`UPDATE task_attempts SET status = 'lost', finished_at = now() WHERE id = $1`, [dead!.attemptId]);
    await database.dataSource.query(`UPDATE credit_holds SET expires_at = now() - interval '1 s' WHERE attempt_id = $1`, [late!.attemptId]);
    const left = await house.work.run((tx) => house.ledger.leftOverHolds(tx, 10));
    expect(left.map((hold) => hold.attemptId).sort()).toEqual([dead!.attemptId, late!.attemptId].sort());
    const released = await Promise.all([...left, ...left].map((hold) => house.work.run((tx) => house.ledger.releaseLeftOver(tx, hold))));
    expect(released.filter(Boolean)).toHaveLength(2);
    expect(await house.work.run((tx) => house.ledger.releaseOpenHolds(tx, alive!.attemptId))).toBe(1);
    expect(await balance(tenant)).toMatchObject({ availableMicro: 9n * CREDIT, heldMicro: 0n });
  });
});

describe('settling', () => {
  it('above the hold charges what there is room for, else the platform bears it', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 10n * CREDIT });
    const [call, capped] = [...(await runningCalls(tenant, 1)), ...(await runningCalls(tenant, 1, { maxCreditsMicro: 3n * CREDIT }))];
    await house.hold(call!, 1, 2n * CREDIT);
    expect(await settle({ attemptId: call!.attemptId, callSeq: 1 }, 3n * CREDIT)).toMatchObject({ settled: true, chargedMicro: 3n * CREDIT, overrunMicro: 0n });
    await house.hold(call!, 2, 7n * CREDIT);
    expect(await settle({ attemptId: call!.attemptId, callSeq: 2 }, 8n * CREDIT)).toMatchObject({ settled: true, chargedMicro: 7n * CREDIT, overrunMicro: CREDIT });
    await house.work.run((tx) => house.bonus(tx, tenant.organization.id, 9n * CREDIT, { key: 'more' }));
    await house.hold(capped!, 1, 2n * CREDIT);
    expect(await settle({ attemptId: capped!.attemptId, callSeq: 1 }, 4n * CREDIT)).toMatchObject({ settled: true, chargedMicro: 2n * CREDIT, overrunMicro: 2n * CREDIT });
    expect(await balance(tenant)).toMatchObject({ availableMicro: 7n * CREDIT, heldMicro: 0n, lifetimeUsedMicro: 12n * CREDIT });
  });

  it('burns lots by priority, then what expires first, then the oldest', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
    const add = (key: string, priority: number, expiresAt: Date | null) => house.work.run((tx) => house.bonus(tx, tenant.organization.id, 2n * CREDIT, { key, priority, expiresAt, description: key }));
    await add('paid', 50, null);
    await add('late', 20, new Date('2030-01-02'));
    await add('soon', 20, new Date('2030-01-01'));
    const [call] = await runningCalls(tenant, 1);
    await house.hold(call!, 1, 6n * CREDIT);
    await settle({ attemptId: call!.attemptId, callSeq: 1 }, 3n * CREDIT);
    expect((await balance(tenant)).grants.map((grant) => [grant.expiresAt?.toISOString().slice(0, 10) ?? null, grant.remainingMicro])).toEqual([['2030-01-02', CREDIT], [null, 2n * CREDIT]]);
  });

  it('expires lots only as far as they are not held', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
    await house.work.run((tx) => house.bonus(tx, tenant.organization.id, 5n * CREDIT, { key: 'old', expiresAt: new Date(Date.now() - 1_000) }));
    const [call] = await runningCalls(tenant, 1);
    await house.hold(call!, 1, 2n * CREDIT);
    const sweep = async () => {
      const lots = (await house.work.run((tx) => house.ledger.expiredLots(tx, 10))).filter((lot) => lot.organizationId === tenant.organization.id);
      return Promise.all([...lots, ...lots].map((lot) => house.work.run((tx) => house.ledger.expireLot(tx, lot))));
    };
    expect((await sweep()).sort()).toEqual([0n, 3n * CREDIT]);
    await house.work.run((tx) => house.ledger.release(tx, { attemptId: call!.attemptId, callSeq: 1 }));
    expect((await sweep()).sort()).toEqual([0n, 2n * CREDIT]);
    expect(await balance(tenant)).toMatchObject({ availableMicro: 0n, heldMicro: 0n, grants: [] });
  });

  it('is given back before anybody is told that the task ended', async () => {
    const tenant = await aTenant(database.dataSource);
    const organizationId = tenant.organization.id;
    const tasks = new TaskHouse(database.dataSource);
    await database.dataSource.query(`INSERT INTO webhook_endpoints (id, organization_id, url, events, secret_enc, secret_last4) VALUES ($1, $2, 'https://example.com/', '{task.failed,task.paused}', '', 'last')`, [newId(), organizationId]);
    const closeHolds = house.ledger.releaseOpenHolds.bind(house.ledger);
    const [failing, paused, lost] = [await tasks.runningTask(tenant), await tasks.runningTask(tenant), await tasks.runningTask(tenant)];
    for (const call of [failing, paused, lost]) expect(await house.hold({ ...call, organizationId }, 1, CREDIT)).toMatchObject({ granted: true });
    await database.dataSource.query('UPDATE tasks SET max_attempts = 1 WHERE id = $1', [lost.taskId]);
    await tasks.passLease(lost.attemptId);
    await house.work.run((tx) => tasks.lifecycle.finish(tx, failing, { kind: 'failed', code: 'tests', message: 'No.' }, closeHolds));
    await house.work.run((tx) => tasks.lifecycle.finish(tx, paused, { kind: 'suspended', status: 'paused', reason: 'step_limit' }, closeHolds));
    await house.work.run((tx) => tasks.sweeps.loseAttempt(tx, lost.attemptId, closeHolds));
    const told = await database.dataSource.query<{ taskId: string; credits: object }[]>(`SELECT task_id AS "taskId", (body::jsonb -> 'data' -> 'credits') AS credits FROM webhook_endpoint_deliveries WHERE organization_id = $1 ORDER BY id`, [organizationId]);
    expect(told).toMatchObject([failing, paused, lost].map(({ taskId }) => ({ taskId, credits: { heldMicros: 0 } })));
    expect(await balance(tenant)).toMatchObject({ heldMicro: 0n });
    // What the vendor counted of a call that was lost is not known: a row says so, once, and charges nothing.
    await house.work.run((tx) => closeHolds(tx, lost.attemptId));
    const rows = await database.dataSource.query<object[]>('SELECT call_seq, outcome, is_estimated, error_code, cost_nusd::int AS cost, credits_micro::int AS credits FROM api_key_usage_logs WHERE task_id = $1', [lost.taskId]);
    expect(rows).toEqual([{ call_seq: 1, outcome: 'error', is_estimated: true, error_code: 'lost', cost: 0, credits: 0 }]);
    expect(await house.unexplained()).toEqual([]);
  });

  it('keeps what each call used, and its sums with the task', async () => {
    const tenant = await aTenant(database.dataSource);
    const [call] = await runningCalls(tenant, 1);
    for (const callSeq of [1, 2]) {
      await house.hold(call!, callSeq, 4n);
      await settle({ attemptId: call!.attemptId, callSeq }, 3n);
    }
    const [sums] = await database.dataSource.query<object[]>('SELECT model_calls, input_tokens, cache_write_tokens, output_tokens, cost_nusd, credits_used_micro FROM task_counters WHERE task_id = $1', [call!.taskId]);
    expect(sums).toEqual({ model_calls: 2, input_tokens: '20', cache_write_tokens: '10', output_tokens: '10', cost_nusd: '60', credits_used_micro: '6' });
    const rows = await house.usage.listForTask(database.dataSource.manager, tenant.organization.id, call!.taskId);
    expect(rows).toMatchObject([1, 2].map((callSeq) => ({ callSeq, outputTokens: 5, reasoningTokens: 4, costNusd: 30n, creditsMicro: 3n })));
    expect(await house.usage.listForTask(database.dataSource.manager, call!.taskId, call!.taskId)).toEqual([]);
  });
});

describe('the database', () => {
  it('refuses unbalanced, one-sided, changed and deleted transfers', async () => {
    const tenant = await aTenant(database.dataSource);
    const organizationId = tenant.organization.id;
    const [transfer] = await database.dataSource.query<{ id: string }[]>('SELECT id FROM credit_transactions WHERE organization_id = $1', [organizationId]);
    const insert = (sides: string) =>
      house.work.run(async (tx) => {
        const id = newId();
        await tx.query(
          `INSERT INTO credit_transactions (id, organization_id, seq, type, idempotency_key, amount_micro, available_after_micro, held_after_micro, debt_after_micro)
           VALUES ($1, $2, 99, 'adjustment', 'x', 5, 5, 0, 0)`,
          [id, organizationId],
        );
        if (sides) await tx.query(`INSERT INTO credit_entries (transaction_id, account, organization_id, amount_micro) VALUES ${sides}`, [id, organizationId]);
      });
    await expect(insert('')).rejects.toThrow('not balanced');
    await expect(insert(`($1, 'available', $2, 5)`)).rejects.toThrow('not balanced');
    await expect(insert(`($1, 'available', $2, 5), ($1, 'adjustments', $2, -4)`)).rejects.toThrow('not balanced');
    const run = (sql: string) => house.work.run((tx) => tx.query(sql, [transfer!.id]));
    await expect(run(`INSERT INTO credit_entries (transaction_id, account, organization_id, amount_micro) SELECT id, 'overrun', organization_id, 1 FROM credit_transactions WHERE id = $1`)).rejects.toThrow('not balanced');
    await expect(run('UPDATE credit_entries SET amount_micro = 1 WHERE transaction_id = $1')).rejects.toThrow('append-only');
    await expect(run('DELETE FROM credit_entries WHERE transaction_id = $1')).rejects.toThrow('append-only');
    await expect(run('UPDATE credit_transactions SET amount_micro = 1 WHERE id = $1')).rejects.toThrow('append-only');
  });
});

describe('what people see', () => {
  it('is refused a task they cannot pay for, with the figures', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 3_500_000n });
    const check = (estimate: bigint | null) => house.accounts.assertCanAfford(database.dataSource.manager, tenant.organization.id, estimate);
    await expect(check(12n * CREDIT)).rejects.toMatchObject({ code: 'insufficient_credits', kind: { status: 402 }, members: { required: 12, available: 3.5 } });
    await expect(check(null)).resolves.toBeUndefined();
    const [call] = await runningCalls(tenant, 1);
    await house.hold(call!, 1, 3n * CREDIT);
    await expect(check(null)).rejects.toMatchObject({ members: { required: 1, available: 0.5 } });
  });

  it('lists transactions by page, holds only when asked for', async () => {
    const tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
    const organizationId = tenant.organization.id;
    for (let n = 0; n < 5; n++) await house.work.run((tx) => house.bonus(tx, organizationId, CREDIT, { key: `gift:${n}`, description: `gift ${n}` }));
    const [call] = await runningCalls(tenant, 1);
    await house.hold(call!, 1, CREDIT);
    const list = (filter: object, after: { sort: string; id: string } | null = null) => house.accounts.transactions(database.dataSource.manager, { organizationId, ...filter }, { limit: 3, after, order: 'desc' });
    const first = await list({});
    const second = await list({}, first.next);
    expect([...first.rows, ...second.rows].map((row) => row.description)).toEqual(['gift 4', 'gift 3', 'gift 2', 'gift 1', 'gift 0']);
    expect(second.next).toBeNull();
    expect((await list({ type: 'hold', taskId: call!.taskId })).rows).toMatchObject([{ type: 'hold', amountMicro: 0n, availableAfterMicro: 4n * CREDIT, heldAfterMicro: CREDIT }]);
  });
});
