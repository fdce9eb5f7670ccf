import type { AgentOutcome } from '@app/agent';
import { newId, Secret, type AppConfig } from '@app/common';
import { type ApiKeyChanges, type ClaimedAttempt } from '@app/domain';
import { aTenant, type Tenant } from '@app/domain/testing';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { endOfOutcome } from './attempt-end';
import { ModelBench } from './testing/model-bench';

const KEY = `sk-ant-api03-canary-${'k'.repeat(20)}-OWN1`;
const ANSWER = { calls: [{ name: 'submit', args: { title: 'Where it begins', summary: 'It begins here.', testing: '', risks: '', answer: 'At `main.ts:1`.' } }] };

let database: TestDatabase;
let bench: ModelBench;
let peer: LlmPeer;
let tenant: Tenant;

beforeAll(async () => {
  peer = await startLlmPeer();
  database = await openTestDatabase();
  bench = await ModelBench.on(database);
});
afterAll(async () => {
  await database.close();
  await peer.stop();
});
beforeEach(async () => {
  peer.reset();
  peer.script({ turns: [ANSWER] });
  tenant = await aTenant(database.dataSource, { creditsMicro: 5_000_000n, plan: { maxConcurrentTasks: null } });
});

const configOf = (settings: Record<string, string> = {}): AppConfig => bench.config(settings);
const PLATFORM = (): Record<string, string> => ({ ANTHROPIC_API_KEY: 'sk-ant-platform-key', ANTHROPIC_BASE_URL: peer.url });

async function saveKey(values: ApiKeyChanges & { baseUrl?: string; text?: string; provider?: string; organization?: Tenant } = {}): Promise<string> {
  const owner = values.organization ?? tenant;
  const place = { organizationId: owner.organization.id, id: newId(), provider: values.provider ?? 'anthropic' };
  await bench.house.work.run(async (tx) => {
    const material = await bench.vault.seal(tx, place, new Secret(values.text ?? KEY), 'sk-ant-');
    await bench.keys.create(tx, {
      ...place, userId: owner.user.id, name: place.id, description: null, baseUrl: values.baseUrl ?? null, metadata: {}, isDefault: values.isDefault ?? false, expiresAt: null, material,
      verdict: { status: 'valid', error: null },
    });
    await bench.keys.update(tx, { ...place, expectedVersion: null }, values);
  });
  return place.id;
}

/** A claimed question on a model, and the agent that is to answer it. */
async function prepare(apiKeyId: string | null, config: AppConfig) {
  const attempt = await bench.task(tenant, 'claude-sonnet-5-5', { apiKeyId });
  const worker = bench.worker(config);
  return { agent: worker.agent, briefing: await worker.brief(attempt) };
}

type Unfinished = Exclude<AgentOutcome, { kind: 'submitted' }>;

/** @param meanwhile happens after the key was opened */
async function runTask(apiKeyId: string | null, config: AppConfig, meanwhile?: () => Promise<unknown>): Promise<{ attempt: ClaimedAttempt; kind: string; outcome: Unfinished }> {
  const attempt = await bench.task(tenant, 'claude-sonnet-5-5', { apiKeyId });
  const { outcome } = await bench.worker(config).run(attempt, meanwhile);
  return { attempt, kind: outcome.kind, outcome: outcome as Unfinished };
}

const query = async <Row>(sql: string, parameters: unknown[]): Promise<Row> => ((await database.dataSource.query<Row[]>(sql, parameters))[0] ?? {}) as Row;
const money = (taskId: string) =>
  query(
    `SELECT (SELECT available_micro FROM credit_accounts WHERE organization_id = $1) AS available, (SELECT held_micro FROM credit_accounts WHERE organization_id = $1) AS held,
            (SELECT credits_used_micro FROM task_counters WHERE task_id = $2) AS used, (SELECT cost_nusd > 0 FROM task_counters WHERE task_id = $2) AS costs,
            (SELECT count(*)::int FROM credit_transactions WHERE task_id = $2) AS moves, (SELECT count(*)::int FROM credit_holds WHERE task_id = $2 AND status <> 'captured') AS open`,
    [tenant.organization.id, taskId],
  );
const usage = (taskId: string) => query<Record<string, unknown>>('SELECT api_key_id, outcome, credits_micro, cost_nusd > 0 AS costs, input_tokens > 0 AS tokens FROM api_key_usage_logs WHERE task_id = $1', [taskId]);
const keyRow = (id: string) => query<Record<string, unknown>>('SELECT status, last_error, usage_count, last_used_at IS NOT NULL AS used FROM api_keys WHERE id = $1', [id]);

describe('a task on a key of the customer\'s own', () => {
  it.each(['at the vendor', 'at an address of its own'])('runs without a credit, %s', async (where) => {
    const id = await saveKey(where === 'at the vendor' ? {} : { baseUrl: peer.url });
    const config = configOf(where === 'at the vendor' ? PLATFORM() : { ...PLATFORM(), ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' });
    const { attempt, kind } = await runTask(id, config);
    expect(kind).toBe('submitted');
    expect(peer.requests().map(({ key, status }) => [key, status])).toEqual([['OWN1', 200]]);
    expect(await money(attempt.taskId)).toEqual({ available: '5000000', held: '0', used: '0', costs: true, moves: 0, open: 0 });
    expect(await usage(attempt.taskId)).toEqual({ api_key_id: id, outcome: 'ok', credits_micro: '0', costs: true, tokens: true });
    expect(await keyRow(id)).toMatchObject({ status: 'valid', usage_count: '1', used: true });
    expect((await bench.house.attempts.findByNumber(bench.house.work.reader, { organizationId: tenant.organization.id, taskId: attempt.taskId }, 1))?.apiKeyId).toBe(id);
    const kept = await database.dataSource.query<object[]>('SELECT data, internal FROM task_events WHERE task_id = $1', [attempt.taskId]);
    expect(JSON.stringify(kept)).not.toContain('canary');
    expect(await bench.billing.unexplained()).toEqual([]);
  });

  it('counts in budgets that measure cost', async () => {
    const id = await saveKey();
    const budget = newId();
    await database.dataSource.query(`INSERT INTO budgets (id, organization_id, scope, api_key_id, measure, period, limit_value) VALUES ($1, $2, 'api_key', $3, 'cost', 'total', 1000000000)`, [budget, tenant.organization.id, id]);
    await runTask(id, configOf(PLATFORM()));
    expect(await query('SELECT used_value > 0 AS used, held_value FROM budget_periods WHERE budget_id = $1', [budget])).toEqual({ used: true, held_value: '0' });
    await database.dataSource.query('UPDATE budgets SET limit_value = 1 WHERE id = $1', [budget]);
    expect((await runTask(id, configOf(PLATFORM()))).kind).toBe('paused');
  });

  it('takes the platform\'s credential where no key is named, for credits', async () => {
    await saveKey({ isDefault: true });
    const { attempt } = await runTask(null, configOf(PLATFORM()));
    expect(peer.requests().map(({ key }) => key)).toEqual(['-key']);
    expect(await usage(attempt.taskId)).toMatchObject({ api_key_id: null, outcome: 'ok' });
    expect(Number((await usage(attempt.taskId))['credits_micro'])).toBeGreaterThan(0);
  });

  it('takes the default key, else the oldest that can be used, where the platform has none', async () => {
    const config = configOf({ ANTHROPIC_BASE_URL: peer.url });
    await saveKey({ isActive: false, text: `${KEY}-0OFF` });
    const oldest = await saveKey({ text: `${KEY}-0OLD` });
    expect(await usage((await runTask(null, config)).attempt.taskId)).toMatchObject({ api_key_id: oldest, credits_micro: '0' });
    const chosen = await saveKey({ text: `${KEY}-0DEF`, isDefault: true });
    expect(await usage((await runTask(null, config)).attempt.taskId)).toMatchObject({ api_key_id: chosen, credits_micro: '0' });
    expect(peer.requests().map(({ key }) => key)).toEqual(['0OLD', '0DEF']);
  });

  it('fails when the provider refuses the key, and marks it', async () => {
    const id = await saveKey();
    peer.fault({ status: 401, message: `invalid x-api-key ${KEY}` });
    const { attempt, outcome } = await runTask(id, configOf(PLATFORM()));
    expect(endOfOutcome(outcome)).toMatchObject({ kind: 'failed', code: 'provider_auth' });
    const kept = await database.dataSource.query<object[]>('SELECT data, internal FROM task_events WHERE task_id = $1', [attempt.taskId]);
    expect(JSON.stringify([outcome, kept])).not.toContain('canary');
    expect(await keyRow(id)).toMatchObject({ status: 'invalid', last_error: 'invalid x-api-key [secret]' });
    expect(await query('SELECT action, actor_type FROM audit_logs WHERE target_id = $1', [id])).toEqual({ action: 'api_key.refused', actor_type: 'system' });
    expect(await money(attempt.taskId)).toMatchObject({ available: '5000000', held: '0', used: '0' });
    // The next attempt does not even begin.
    await expect(runTask(id, configOf(PLATFORM()))).rejects.toMatchObject({ code: 'provider_auth', message: expect.stringContaining('refused by its provider') as string });
    expect(peer.requests()).toHaveLength(1);
  });

  it('leaves a key alone that was replaced while its call ran', async () => {
    const id = await saveKey();
    const place = { organizationId: tenant.organization.id, id, provider: 'anthropic' };
    const replace = () => bench.house.work.run(async (tx) => bench.keys.update(tx, { ...place, expectedVersion: null }, { material: await bench.vault.seal(tx, place, new Secret(`${KEY}-new1`), null) }));
    peer.fault({ status: 401 });
    expect((await runTask(id, configOf(PLATFORM()), replace)).outcome).toMatchObject({ kind: 'failed', code: 'provider_auth' });
    expect(await keyRow(id)).toMatchObject({ status: 'valid', last_error: null });
  });

  it.each<[string, () => Promise<string>, string]>([
    ['deleted', async () => {
      const id = await saveKey();
      await bench.house.work.run((tx) => bench.keys.wipe(tx, { organizationId: tenant.organization.id, id, expectedVersion: null }));
      return id;
    }, 'was deleted'],
    ['switched off', () => saveKey({ isActive: false }), 'is switched off'],
    ['expired', () => saveKey({ expiresAt: new Date(0) }), 'has expired'],
    ['another provider\'s', () => saveKey({ provider: 'openai' }), 'is for openai'],
    ['another organization\'s', async () => saveKey({ organization: await aTenant(database.dataSource) }), 'was deleted'],
    ['one whose sealed text was taken from another row', async () => {
      const [id, other] = [await saveKey(), await saveKey({ text: `${KEY}-2` })];
      await database.dataSource.query('UPDATE api_keys SET key_ciphertext = (SELECT key_ciphertext FROM api_keys WHERE id = $2) WHERE id = $1', [id, other]);
      return id;
    }, 'cannot be opened'],
  ])('fails before anything is called when the key is %s', async (_, make, words) => {
    const { briefing, agent } = await prepare(await make(), configOf(PLATFORM()));
    await expect(agent.open(briefing)).rejects.toMatchObject({ code: 'provider_auth', message: expect.stringContaining(words) as string });
    expect(peer.requests()).toEqual([]);
  });

  it('sends a key nowhere when its address has become an inside one', async () => {
    const id = await saveKey({ baseUrl: 'https://10.0.0.1' });
    const { outcome } = await runTask(id, configOf(PLATFORM()));
    expect(outcome).toMatchObject({ kind: 'failed', code: 'provider_unavailable', message: expect.stringContaining('points at a private address') as string });
    expect(peer.requests()).toEqual([]);
  });

  it('says so when nobody has a key', async () => {
    const { briefing, agent } = await prepare(null, configOf());
    await expect(agent.open(briefing)).rejects.toMatchObject({ code: 'provider_auth', message: expect.stringContaining('Neither') as string });
  });
});
