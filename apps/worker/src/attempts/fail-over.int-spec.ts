import { newId, Secret } from '@app/common';
import type { ClaimedAttempt } from '@app/domain';
import { aTenant, type Tenant } from '@app/domain/testing';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { endingOfError } from './attempt-end';
import { ModelBench } from './testing/model-bench';

const LOOK = { thinking: 'Let me look around.', text: 'I look.', calls: [{ name: 'ls', args: {} }, { name: 'read', args: { path: 'main.ts' } }] };
const READ = { thinking: 'Now the file.', calls: [{ name: 'read', args: { path: 'main.ts' } }] };
const ANSWER = { calls: [{ name: 'submit', args: { title: 'Where it begins', summary: 'It begins here.', testing: '', risks: '', answer: 'At `main.ts:1`.' } }] };
const SONNET = 'claude-sonnet-5-5';

interface Call {
  readonly call: number;
  readonly provider: string;
  readonly model: string;
  readonly outcome: string;
  /** The price row is one of the model that was called. */
  readonly ownPrice: boolean | null;
  readonly costs: boolean;
  readonly metadata: Record<string, unknown>;
}

let database: TestDatabase;
let bench: ModelBench;
let anthropic: LlmPeer;
let openai: LlmPeer;
let tenant: Tenant;

beforeAll(async () => {
  [anthropic, openai] = await Promise.all([startLlmPeer(), startLlmPeer()]);
  database = await openTestDatabase();
  bench = await ModelBench.on(database);
});
afterAll(async () => {
  await database.close();
  await Promise.all([anthropic.stop(), openai.stop()]);
});
beforeEach(async () => {
  for (const peer of [anthropic, openai]) {
    peer.reset();
    peer.script({ turns: [LOOK, READ, ANSWER] });
  }
  bench.waits.length = 0;
  tenant = await aTenant(database.dataSource, { creditsMicro: 5_000_000_000n, plan: { maxConcurrentTasks: null } });
});

const settings = (): Record<string, string> => ({ ANTHROPIC_API_KEY: 'sk-ant-platform-key', ANTHROPIC_BASE_URL: anthropic.url, OPENAI_API_KEY: 'sk-openai-platform-key', OPENAI_BASE_URL: `${openai.url}/v1` });
const worker = (more: Record<string, string> = {}) => bench.worker(bench.config({ ...settings(), ...more }));
/** A task on Sonnet by name, so that nobody else comes first. */
const task = (values: object = {}): Promise<ClaimedAttempt> => bench.task(tenant, SONNET, { requestedModel: SONNET, ...values });

const callsOf = (taskId: string): Promise<Call[]> =>
  database.dataSource.query(
    `SELECT l.call_seq AS call, l.provider, m.name AS model, l.outcome, l.metadata, p.model_id = l.model_id AS "ownPrice", l.cost_nusd > 0 AS costs
       FROM api_key_usage_logs l JOIN ai_models m ON m.id = l.model_id LEFT JOIN ai_model_prices p ON p.id = l.price_id WHERE l.task_id = $1 ORDER BY l.call_seq`,
    [taskId],
  );

/** What was charged equals what the calls cost by the price list, call by call, and nothing is held any more. */
async function expectExactAccounts(taskId: string): Promise<void> {
  const sums = await bench.row<Record<string, string>>(
    `SELECT (SELECT sum(credits_micro) FROM api_key_usage_logs WHERE task_id = $1) AS used, (SELECT -sum(amount_micro) FROM credit_transactions WHERE task_id = $1) AS charged,
            (SELECT credits_used_micro FROM task_counters WHERE task_id = $1) AS counted, (SELECT count(*) FROM credit_holds WHERE task_id = $1 AND status = 'held') AS open,
            (SELECT count(*) FROM api_key_usage_logs l JOIN ai_model_prices p ON p.id = l.price_id
              WHERE l.task_id = $1 AND l.cost_nusd * 1000 <> l.input_tokens * p.input_umtok + l.cache_read_tokens * p.cache_read_umtok + l.cache_write_short_tokens * p.cache_write_short_umtok
                                                             + l.cache_write_long_tokens * p.cache_write_long_umtok + l.output_tokens * p.output_umtok) AS wrong`,
    [taskId],
  );
  expect(Number(sums['used'])).toBeGreaterThan(0);
  expect(sums).toMatchObject({ charged: sums['used'], counted: sums['used'], open: '0', wrong: '0' });
  expect(await bench.billing.unexplained()).toEqual([]);
}

it('finishes on the second provider, in mid-task, both priced, with a transcript that both take', async () => {
  anthropic.fault({ status: 529, match: { turn: 1 }, times: 20 });
  const attempt = await task();
  const { outcome } = await worker().run(attempt);
  expect(outcome.kind).toBe('submitted');
  const calls = await callsOf(attempt.taskId);
  // The fifth fault in a row opens the circuit: the sixth try is not made.
  expect(calls.map(({ provider, outcome: ended }) => `${provider} ${ended}`)).toEqual(['anthropic ok', ...Array.from({ length: 5 }, () => 'anthropic overloaded'), 'openai ok', 'openai ok']);
  expect(calls.filter(({ outcome: ended }) => ended === 'ok').map(({ ownPrice, costs }) => [ownPrice, costs])).toEqual([[true, true], [true, true], [true, true]]);
  await expectExactAccounts(attempt.taskId);
  // Each peer refuses with 400 what its vendor refuses: orphan results, foreign signatures, ids of another shape.
  expect(openai.requests().map(({ status }) => status)).toEqual([200, 200]);
  expect(anthropic.requests().map(({ status }) => status)).toEqual([200, 529, 529, 529, 529, 529]);
  expect(JSON.stringify(openai.requests()[0]?.body)).not.toContain('Let me look around');
  const failed = await database.dataSource.query<{ data: object }[]>(`SELECT data FROM task_events WHERE task_id = $1 AND type = 'model.failed' ORDER BY seq`, [attempt.taskId]);
  expect(failed.map(({ data }) => data).at(-1)).toMatchObject({ kind: 'overloaded', waitMs: 0, nextModel: calls[6]?.model });
  const completed = await database.dataSource.query<{ data: { model: string; creditsMicros: number } }[]>(`SELECT data FROM task_events WHERE task_id = $1 AND type = 'model.completed' ORDER BY seq`, [attempt.taskId]);
  expect(completed.map(({ data }) => data.model)).toEqual([SONNET, calls[6]?.model, calls[6]?.model]);
});

it('comes back to the first provider when the second one fails, with its own thinking in the history', async () => {
  anthropic.fault({ status: 529, match: { turn: 1 }, times: 5 });
  openai.fault({ status: 503, match: { turn: 2 }, times: 20 });
  const attempt = await task();
  const { outcome } = await worker().run(attempt);
  const calls = await callsOf(attempt.taskId);
  expect(openai.requests().filter(({ status }) => status === 400)).toEqual([]);
  expect(anthropic.requests().filter(({ status }) => status === 400)).toEqual([]);
  expect([outcome.kind, calls.at(-1)?.provider]).toEqual(['submitted', 'anthropic']);
  expect(JSON.stringify(anthropic.requests().at(-1)?.body)).toContain('Let me look around');
  await expectExactAccounts(attempt.taskId);
});

it('hands the attempt over when nobody answers, and says for how long the vendor asked', async () => {
  anthropic.fault({ status: 529, times: 50 });
  openai.fault({ status: 503, times: 50 });
  const down = await task();
  const failure: unknown = await worker().run(down).catch((error: unknown) => error);
  expect(endingOfError(failure)).toEqual({ kind: 'hand_over', handOver: { reason: 'provider_unavailable' } });
  expect(bench.waits.slice(-5)).toEqual([0, 5_000, 15_000, 30_000, 45_000]);
  anthropic.reset();
  anthropic.fault({ status: 429, headers: { 'retry-after': '120' }, times: 50 });
  const limited = await task();
  expect(endingOfError(await worker().run(limited).catch((error: unknown) => error))).toEqual({ kind: 'hand_over', handOver: { reason: 'provider_rate_limit', delaySeconds: 120 } });
  expect(await bench.billing.unexplained()).toEqual([]);
});

it('stays with its model when the task says so', async () => {
  anthropic.fault({ status: 529, times: 50 });
  const attempt = await task({ options: { modelFallback: false } });
  await expect(worker().run(attempt)).rejects.toMatchObject({ kind: 'overloaded' });
  expect([anthropic.requests().length, openai.requests().length]).toEqual([6, 0]);
  expect(await bench.row('SELECT routing -> \'fallback\' AS fallback, routing -> \'chain\' AS chain FROM task_attempts WHERE id = $1', [attempt.attemptId])).toEqual({ fallback: false, chain: [] });
});

it.each([['is down', { status: 529, times: 50 }, 'ModelError'], ['refuses the key', { status: 401 }, 'provider_auth'], ['says the quota is used up', { status: 402, type: 'billing_error' }, 'provider_auth']] as const)(
  'never goes from the customer\'s key to the platform\'s when the vendor %s', async (_, fault, ends) => {
    const id = newId();
    const place = { organizationId: tenant.organization.id, id, provider: 'anthropic' };
    await bench.house.work.run(async (tx) => {
      const material = await bench.vault.seal(tx, place, new Secret(`sk-ant-api03-${'o'.repeat(20)}-OWN1`), 'sk-ant-');
      await bench.keys.create(tx, { ...place, userId: tenant.user.id, name: 'mine', description: null, baseUrl: null, metadata: {}, isDefault: false, expiresAt: null, material, verdict: { status: 'valid', error: null } });
    });
    anthropic.fault(fault);
    const attempt = await task({ apiKeyId: id });
    const ended = await worker().run(attempt).then(({ outcome }) => (outcome.kind === 'failed' ? outcome.code : outcome.kind), (error: Error) => error.name);
    expect(ended).toBe(ends);
    expect(openai.requests()).toEqual([]);
    expect(new Set(anthropic.requests().map(({ key }) => key))).toEqual(new Set(['OWN1']));
    expect(await bench.row('SELECT count(*)::int AS n FROM credit_transactions WHERE task_id = $1', [attempt.taskId])).toEqual({ n: 0 });
  });

it('keeps other tasks of this worker off a vendor that just failed', async () => {
  const one = worker();
  anthropic.fault({ status: 529, times: 5 });
  await one.run(await task());
  anthropic.reset();
  anthropic.script({ turns: [LOOK, READ, ANSWER] });
  const named = await one.run(await task());
  const auto = await one.run(await bench.task(tenant, SONNET));
  expect(anthropic.requests()).toEqual([]);
  expect([named.outcome.kind, auto.outcome.kind]).toEqual(['submitted', 'submitted']);
  expect(auto.briefing.routing).toMatchObject({ excluded: expect.arrayContaining([{ model: SONNET, reason: 'circuit_open' }]) as object[] });
});

it('prices calls at the fallback rate, with a flag, when the model loses its price while it works', async () => {
  const attempt = await task({ options: { modelFallback: false } });
  const moveDates = (by: string) => database.dataSource.query(`UPDATE ai_model_prices SET effective_from = effective_from + $2::interval WHERE model_id = (SELECT id FROM ai_models WHERE name = $1)`, [SONNET, by]);
  const { outcome } = await worker().run(attempt, () => moveDates('10 years'));
  await moveDates('-10 years');
  expect(outcome.kind).toBe('submitted');
  const calls = await callsOf(attempt.taskId);
  expect(calls.map(({ costs, ownPrice, metadata }) => [costs, ownPrice, metadata])).toEqual(Array.from({ length: 3 }, () => [true, null, { fallbackPrice: true }]));
  // 10 USD per million tokens of prompt and 50 of output.
  const { exact } = await bench.row<{ exact: boolean }>(
    `SELECT bool_and(cost_nusd = (input_tokens + cache_read_tokens + cache_write_short_tokens + cache_write_long_tokens) * 10000 + output_tokens * 50000) AS exact FROM api_key_usage_logs WHERE task_id = $1`, [attempt.taskId]);
  expect(exact).toBe(true);
  await expectExactAccounts(attempt.taskId);
});

it('has summaries written by a small model of the same vendor, at its own price', async () => {
  const { opened } = await worker().run(await task());
  expect([opened.inUse.name, opened.summariser?.name, opened.payers.get('claude-haiku-5-5')?.providerModelId]).toEqual([SONNET, 'claude-haiku-5-5', 'claude-haiku-5-5']);
  expect((await worker().run(await bench.task(tenant, 'claude-haiku-5-5', { requestedModel: 'claude-haiku-5-5' }))).opened.summariser).toBeNull();
});

describe('auto', () => {
  it('chooses when the attempt begins, and keeps why', async () => {
    const attempt = await bench.task(tenant, SONNET, { options: { preference: 'economy' } });
    const { briefing } = await worker().run(attempt);
    expect(briefing.model.name).not.toBe(SONNET);
    const row = await bench.row<{ routing: Record<string, unknown>; same: boolean; name: string }>(
      `SELECT a.routing, a.ai_model_id = t.ai_model_id AS same, m.name FROM task_attempts a JOIN tasks t ON t.id = a.task_id JOIN ai_models m ON m.id = a.ai_model_id WHERE a.id = $1`, [attempt.attemptId]);
    expect([row.name, row.same]).toEqual([briefing.model.name, true]);
    expect(row.routing).toEqual(JSON.parse(JSON.stringify(briefing.routing)));
    expect(row.routing).toMatchObject({ requested: 'auto', preference: 'economy', profile: 'economy', fallback: true, ranked: expect.arrayContaining([expect.objectContaining({ model: SONNET })]) as object[] });
    expect(row.routing['excluded']).toEqual(expect.arrayContaining([{ model: 'claude-opus-5-5', reason: 'plan' }, { model: 'gemini-3.8-flash', reason: 'no_key' }]));
    expect((await callsOf(attempt.taskId)).every(({ model }) => model === briefing.model.name)).toBe(true);
  });

  it('keeps the model of a task that goes on, while nothing speaks against it', async () => {
    const attempt = await bench.task(tenant, 'gpt-6.1-terra');
    const again = { ...attempt, fence: attempt.fence + 1n };
    const terra = await bench.row<{ id: string }>(`SELECT id FROM ai_models WHERE name = 'gpt-6.1-terra'`, []);
    expect((await worker().brief(attempt)).model.name).not.toBe('gpt-6.1-terra');
    expect((await worker().brief({ ...again, aiModelId: terra.id })).model.name).toBe('gpt-6.1-terra');
    expect((await worker({ OPENAI_API_KEY: '' }).brief({ ...again, aiModelId: terra.id })).model.provider).toBe('anthropic');
  });

  it('looks at how tasks ended here', async () => {
    const attempt = await bench.task(tenant, SONNET, { mode: 'code' });
    const before = (await worker().brief(attempt)).routing as { ranked: { model: string; quality: number }[] };
    await database.dataSource.query(
      `INSERT INTO model_usage_stats (id, model_id, date, total_requests, tasks, tasks_succeeded, tasks_cost_nusd)
       SELECT gen_random_uuid(), id, now()::date, 500, 100, CASE WHEN name = $1 THEN 5 ELSE 95 END, 100 FROM ai_models WHERE min_tier = 'free'`, [SONNET]);
    const after = (await worker().brief(attempt)).routing as typeof before;
    await database.dataSource.query('TRUNCATE model_usage_stats');
    const quality = (routing: typeof before): number => routing.ranked.find(({ model }) => model === SONNET)?.quality ?? NaN;
    expect(quality(after)).toBeLessThan(quality(before));
    expect(after.ranked[0]?.model).not.toBe(SONNET);
  });

  it('says so when a model that was named cannot be used any more', async () => {
    const attempt = await bench.task(tenant, 'claude-opus-5-5', { requestedModel: 'claude-opus-5-5' });
    await expect(worker().brief(attempt)).rejects.toMatchObject({ code: 'provider_unavailable', message: expect.stringContaining('is not in your plan') as string });
  });
});
