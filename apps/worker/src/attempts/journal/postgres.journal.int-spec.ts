import { newId, StopError } from '@app/common';
import { AiModelPriceStore, type ClaimedAttempt } from '@app/domain';
import { aModel, aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import type { TaskEventBus } from '@app/messaging';
import type { ModelEnd } from '@app/providers';
import { BillingHouse } from '@app/billing/testing';
import { openTestDatabase, type TestDatabase } from '../../../../../test/support/test-database';
import type { CrashPoints } from '../crash-points';
import { PostgresJournal } from './postgres.journal';
import { Purse } from './purse';

const CHECKPOINT = { step: 1, commit: 'c'.repeat(40), tree: 'd'.repeat(40) };
const RESULT = { callId: 'k', name: 'bash', args: {}, isError: false, durationMs: 4, text: 'short', fullText: 'x'.repeat(40_000) };

/** 12,000 fresh tokens at 4 and 3,000 out at 20 USD per million: 108,000,000 nano-USD, 10.8 credits. */
const END: ModelEnd = {
  t: 'end', stop: 'tool', responseId: 'msg_1',
  message: { role: 'assistant', parts: [{ t: 'text', text: 'On it.' }, { t: 'call', id: 'k', name: 'bash', args: {}, sig: 'sig' }] },
  usage: { inputTokens: 12_000, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 3_000, reasoningTokens: 0, raw: { input_tokens: 12_000 } },
};

describe('PostgresJournal', () => {
  let database: TestDatabase;
  let house: TaskHouse;
  let tenant: Tenant;
  let attempt: ClaimedAttempt;

  beforeAll(async () => {
    database = await openTestDatabase();
    house = new TaskHouse(database.dataSource);
  });
  afterAll(() => database.close());

  beforeEach(async () => {
    tenant = await aTenant(database.dataSource, { creditsMicro: 100_000_000n });
    attempt = await house.runningTask(tenant);
  });

  async function journalFor(lease = attempt): Promise<PostgresJournal> {
    const { model } = await aModel(database.dataSource, {}, { inputUmtok: 4_000_000n, outputUmtok: 20_000_000n, cacheWriteShortUmtok: 5_000_000n });
    const { ledger, usage } = new BillingHouse(database.dataSource);
    const owner = { lease, organizationId: tenant.organization.id, userId: tenant.user.id, modelId: model.id, provider: model.provider, providerModelId: model.providerModelId, multiplierBps: 10_000, apiKeyId: null };
    const purse = new Purse({ uow: house.work, attempts: house.attempts, ledger, usage, prices: new AiModelPriceStore() }, owner);
    const bus = { publishNews: () => undefined, publishDelta: () => undefined } as unknown as TaskEventBus;
    const crash = { reach: () => undefined } as unknown as CrashPoints;
    const parts = { uow: house.work, attempts: house.attempts, events: house.events, messages: house.messages, logs: house.logs, bus, crash };
    return new PostgresJournal(parts, { lease, modelName: 'model', purse, bundle: () => Promise.resolve(Buffer.from('bundle')) });
  }

  async function row<Row>(sql: string, parameters: unknown[]): Promise<Row> {
    const rows = await database.dataSource.query<Row[]>(sql, parameters);
    return rows[0]!;
  }

  const money = (): Promise<{ available: string; held: string; used: string; rows: string }> =>
    row(
      `SELECT available_micro AS available, held_micro AS held, (SELECT credits_used_micro FROM task_counters WHERE task_id = $2) AS used,
              (SELECT count(*) FROM api_key_usage_logs WHERE task_id = $2) AS rows FROM credit_accounts WHERE organization_id = $1`,
      [tenant.organization.id, attempt.taskId],
    );

  it('holds before the call, charges what it cost to the microcredit, and tells the same story to the next worker', async () => {
    const journal = await journalFor();
    await house.work.run((tx) => house.messages.append(tx, { taskId: attempt.taskId, attemptId: null, role: 'user', authorUserId: null, content: 'Also this.' }));
    const grant = await journal.requestModel({ step: 1, promptTokens: 12_500, maxTokens: 4_000 });
    expect(grant).toMatchObject({ granted: true, callSeq: 1, maxTokens: 4_000, messages: [{ content: 'Also this.' }] });
    expect(Number((await money()).held)).toBeGreaterThan(10_800_000);
    expect(await journal.completeModel({ callSeq: 1, step: 1, end: END, latencyMs: 12.5, ttftMs: null })).toEqual({ creditsMicro: 10_800_000n });
    await journal.completeStep({ step: 1, results: [RESULT], checkpoint: CHECKPOINT, todo: null, outcome: null });
    expect(await money()).toEqual({ available: '89200000', held: '0', used: '10800000', rows: '1' });
    const entries = await (await journalFor()).load();
    expect(entries.map((entry) => entry.type)).toEqual(['message', 'model.requested', 'model.completed', 'step']);
    expect(entries[2]).toMatchObject({ message: END.message, usage: END.usage, creditsMicro: 10_800_000n });
    expect((await house.work.run((tx) => house.attempts.readCheckpoint(tx, attempt.attemptId)))?.bundle?.toString()).toBe('bundle');
    const log = await row<{ bytes: string }>('SELECT sum(length(message)) AS bytes FROM task_logs WHERE task_id = $1', [attempt.taskId]);
    expect(log.bytes).toBe('40000');
  });

  it('makes the answer shorter before it refuses, and refuses without a trace', async () => {
    await database.dataSource.query('UPDATE tasks SET max_credits_micro = 10000000 WHERE id = $1', [attempt.taskId]);
    const journal = await journalFor();
    const grant = await journal.requestModel({ step: 1, promptTokens: 1_000, maxTokens: 32_000 });
    expect(grant).toMatchObject({ granted: true, maxTokens: 4_000 });
    await journal.failModel({ callSeq: 1, step: 1, kind: 'overloaded', message: 'later', usage: null, waitMs: 5, latencyMs: 1 });
    await database.dataSource.query('UPDATE tasks SET max_credits_micro = 1 WHERE id = $1', [attempt.taskId]);
    expect(await journal.requestModel({ step: 1, promptTokens: 1_000, maxTokens: 32_000 })).toEqual({
      granted: false, reason: 'budget_exhausted', detail: `The next model call does not fit under the cap of 0.000001 credits of task ${attempt.taskId}: 0 credits used. Resume with a higher maxCredits.`,
    });
    expect(await money()).toEqual({ available: '100000000', held: '0', used: '0', rows: '1' });
  });

  it('says which budget refused a call, and which thresholds a call passed', async () => {
    const billing = new BillingHouse(database.dataSource);
    const { organization, user } = tenant;
    await billing.work.run((tx) => billing.budgets.create(tx, { organizationId: organization.id, scope: 'organization', targetId: null, measure: 'credits', period: 'month', limitValue: 13_000_000n, alertPercents: [80, 100], isActive: true, createdByUserId: user.id }));
    const journal = await journalFor();
    expect(await journal.requestModel({ step: 1, promptTokens: 10_000, maxTokens: 3_500 })).toMatchObject({ granted: true });
    await journal.completeModel({ callSeq: 1, step: 1, end: END, latencyMs: 1, ttftMs: 1 });
    const refused = await journal.requestModel({ step: 2, promptTokens: 12_000, maxTokens: 4_000 });
    expect(refused).toMatchObject({ granted: false, reason: 'budget_exhausted', detail: expect.stringContaining("the organization's budget of 13 credits a month") as string });
    const events = await house.events.readAfter(database.dataSource.manager, { organizationId: organization.id, taskId: attempt.taskId }, 0, 50);
    expect(events.filter(({ type }) => type === 'budget').map(({ data }) => data)).toMatchObject([{ percent: 80, budget: { used: 10.8 } }, { percent: 100, text: expect.stringContaining('does not fit') as string }]);
  });

  it('charges the price at which a call was held, whatever the price is when it ends', async () => {
    const journal = await journalFor();
    await journal.requestModel({ step: 1, promptTokens: 12_500, maxTokens: 4_000 });
    await database.dataSource.query(
      `INSERT INTO ai_model_prices (id, model_id, service_tier, min_prompt_tokens, effective_from, input_umtok, output_umtok, cache_read_umtok, cache_write_short_umtok, cache_write_long_umtok)
       SELECT $1, p.model_id, p.service_tier, 0, now() - interval '1 s', p.input_umtok * 2, p.output_umtok * 2, p.cache_read_umtok, p.cache_write_short_umtok, p.cache_write_long_umtok
         FROM ai_model_prices p ORDER BY p.id DESC LIMIT 1`, [newId()],
    );
    expect(await journal.completeModel({ callSeq: 1, step: 1, end: END, latencyMs: 1, ttftMs: 1 })).toEqual({ creditsMicro: 10_800_000n });
    await journal.requestModel({ step: 2, promptTokens: 12_500, maxTokens: 4_000 });
    expect(await journal.completeModel({ callSeq: 2, step: 2, end: END, latencyMs: 1, ttftMs: 1 })).toEqual({ creditsMicro: 21_600_000n });
    expect(await new BillingHouse(database.dataSource).unexplained()).toEqual([]);
  });

  it('charges a model that has lost its price at the dearest rate, never nothing', async () => {
    const journal = await journalFor();
    await database.dataSource.query('DELETE FROM ai_model_prices WHERE model_id = (SELECT id FROM ai_models ORDER BY id DESC LIMIT 1)');
    expect(await journal.requestModel({ step: 1, promptTokens: 12_500, maxTokens: 4_000 })).toMatchObject({ granted: true });
    expect((await journal.completeModel({ callSeq: 1, step: 1, end: END, latencyMs: 1, ttftMs: 1 })).creditsMicro).toBe(27_000_000n);
  });

  it('charges a failed call only what the vendor reported', async () => {
    const journal = await journalFor();
    await journal.requestModel({ step: 1, promptTokens: 12_500, maxTokens: 4_000 });
    await journal.failModel({ callSeq: 1, step: 1, kind: 'stream_cut', message: 'cut', usage: { ...END.usage, outputTokens: 0 }, waitMs: null, latencyMs: 1 });
    expect(await money()).toMatchObject({ available: '95200000', held: '0', used: '4800000' });
  });

  it('numbers calls on after a resume', async () => {
    const journal = await journalFor();
    await journal.requestModel({ step: 1, promptTokens: 10, maxTokens: 2_000 });
    await journal.completeModel({ callSeq: 1, step: 1, end: END, latencyMs: 1, ttftMs: 1 });
    const next = await journalFor();
    await next.load();
    expect(await next.requestModel({ step: 2, promptTokens: 10, maxTokens: 2_000 })).toMatchObject({ granted: true, callSeq: 2 });
  });

  it.each(['requestModel', 'completeStep', 'nudge', 'finish', 'verified'] as const)('writes nothing under a stale fence: %s', async (method) => {
    const stale = await journalFor({ ...attempt, fence: attempt.fence - 1n });
    const before = await house.work.run((tx) => house.events.lastSeq(tx, attempt.taskId));
    const calls = {
      requestModel: () => stale.requestModel({ step: 1, promptTokens: 10, maxTokens: 2_000 }),
      completeStep: () => stale.completeStep({ step: 1, results: [], checkpoint: CHECKPOINT, todo: null, outcome: null }),
      nudge: () => stale.nudge('x'),
      finish: () => stale.finish({ kind: 'timed_out' }),
      verified: () => stale.verified('base', { status: 'skipped', checks: [], source: 'none', note: null }),
    };
    await expect(calls[method]()).rejects.toMatchObject({ stopCause: 'lease_lost' } satisfies Partial<StopError>);
    expect(await house.work.run((tx) => house.events.lastSeq(tx, attempt.taskId))).toBe(before);
    expect(await money()).toMatchObject({ held: '0', rows: '0' });
  });
});
