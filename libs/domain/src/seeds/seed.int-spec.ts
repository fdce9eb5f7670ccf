import type { DataSource } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { ApiKeyProvider } from '../api-keys/api-key-provider.entity';
import { CreditPackage } from '../billing/credit-package.entity';
import { SubscriptionPlan } from '../billing/subscription-plan.entity';
import { AiModelPrice } from '../models/ai-model-price.entity';
import { AiModelPriceStore } from '../models/ai-model-price.store';
import { AiModel } from '../models/ai-model.entity';
import { AiProviderConfig } from '../models/ai-provider-config.entity';
import { MODELS, seed } from './seed';

const prices = new AiModelPriceStore();
let database: TestDatabase;
let db: DataSource;

beforeAll(async () => {
  database = await openTestDatabase();
  db = database.dataSource;
  await seed(db);
});
afterAll(() => database.close());

async function everything(): Promise<unknown> {
  const tables = [SubscriptionPlan, CreditPackage, ApiKeyProvider, AiProviderConfig, AiModel, AiModelPrice];
  return Promise.all(tables.map((table) => db.getRepository<{ id: string }>(table).find({ order: { id: 'ASC' } })));
}

/** Input and output price in micro-USD per million tokens. */
async function priceOf(name: string, at: string, promptTokens: number): Promise<[bigint, bigint] | null> {
  const { id: modelId } = await db.getRepository(AiModel).findOneByOrFail({ name });
  const price = await prices.forPrompt(db.manager, { modelId, at: new Date(at) }, promptTokens);
  return price && [price.inputUmtok, price.outputUmtok];
}

describe('seed', () => {
  it('loads the whole catalog', async () => {
    expect(await db.getRepository(AiModel).count()).toBe(16 + 20);
    expect(await db.getRepository(AiModelPrice).count()).toBe(26);
    expect((await db.getRepository(AiProviderConfig).find({ order: { provider: 'ASC' } })).map((row) => row.provider)).toEqual(['aider', 'anthropic', 'claude-code', 'codex', 'custom', 'gemini-cli', 'google', 'openai', 'opencode']);
    expect(await db.getRepository(AiModel).findOneByOrFail({ name: 'aider/claude-sonnet-5-5' })).toMatchObject({ provider: 'aider', providerModelId: 'claude-sonnet-5-5', isDefault: false, modes: ['code', 'debug', 'ask', 'documentation', 'architect'] });
    expect(await db.getRepository(ApiKeyProvider).count()).toBe(4);
    expect(await db.getRepository(SubscriptionPlan).findOneByOrFail({ name: 'pro' })).toMatchObject({ priceMinor: 2000n, creditsIncludedMicro: 1_000_000_000n, maxConcurrentTasks: 5 });
    expect((await db.getRepository(SubscriptionPlan).find({ order: { sortOrder: 'ASC' } })).map((plan) => [plan.name, plan.logRetentionDays])).toEqual([['free', 30], ['pro', 90], ['enterprise', null]]);
    expect(await db.getRepository(CreditPackage).findOneByOrFail({ name: 'starter' })).toMatchObject({ priceMinor: 500n, creditsMicro: 100_000_000n });
    expect((await db.getRepository(AiModel).findBy({ isDefault: true })).map((row) => row.name)).toEqual(['claude-sonnet-5-5']);
  });

  it('changes nothing when it runs again, alone or at once in three pods', async () => {
    const before = await everything();
    await seed(db);
    await Promise.all([seed(db), seed(db), seed(db)]);
    expect(await everything()).toEqual(before);
  });

  it('gives every model a complete price set on each of its dates', async () => {
    const incomplete: unknown[] = await db.query(
      `SELECT model_id, effective_from FROM ai_model_prices GROUP BY model_id, service_tier, effective_from HAVING min(min_prompt_tokens) <> 0`,
    );
    expect(incomplete).toEqual([]);
    for (const model of MODELS) expect(await priceOf(model.name, '2026-12-31T00:00:00Z', 1000)).not.toBeNull();
  });

  it.each([
    ['claude-haiku-5-5', '2026-11-23T00:00:00Z', 100_000, [100_000n, 500_000n]],
    ['claude-haiku-5-5', '2026-11-23T00:00:00Z', 100_001, [500_000n, 2_500_000n]],
    ['gpt-6.1-sol', '2026-11-23T00:00:00Z', 272_000, [2_000_000n, 10_000_000n]],
    ['gpt-6.1-sol', '2026-11-23T00:00:00Z', 272_001, [4_000_000n, 15_000_000n]],
    ['gemini-3.1-pro-preview', '2026-11-23T00:00:00Z', 200_000, [2_000_000n, 12_000_000n]],
    ['gemini-3.1-pro-preview', '2026-11-23T00:00:00Z', 200_001, [4_000_000n, 18_000_000n]],
    ['gemini-4-argon', '2026-11-30T23:59:59.999Z', 10, [2_000_000n, 10_000_000n]],
    ['gemini-4-argon', '2026-12-01T00:00:00Z', 10, [4_000_000n, 20_000_000n]],
    ['gemini-3.8-flash', '2026-12-31T23:59:59.999Z', 10, [750_000n, 3_750_000n]],
    ['gemini-3.8-flash', '2027-01-01T00:00:00Z', 10, [1_500_000n, 7_500_000n]],
  ])('prices %s on %s with a prompt of %d', async (name, at, promptTokens, expected) => {
    expect(await priceOf(name, at, promptTokens)).toEqual(expected);
  });

  it('knows no price before the first one', async () => {
    expect(await priceOf('claude-haiku-5-5', '2026-10-06T23:59:59Z', 10)).toBeNull();
  });
});

describe('seed on a catalog that an operator changed', () => {
  it('keeps choices and prices, and brings a vendor\'s facts up to date', async () => {
    const model = await db.getRepository(AiModel).findOneByOrFail({ name: 'claude-haiku-5-5' });
    await db.getRepository(AiModel).update({ name: 'claude-sonnet-5-5' }, { isDefault: false, creditMultiplierBps: 13_000 });
    await db.getRepository(AiModel).update(model.id, { isDefault: true, isActive: false, displayName: 'House model', minTier: 'pro', contextWindow: 1 });
    await db.getRepository(SubscriptionPlan).update({ name: 'pro' }, { priceMinor: 2500n, stripePriceId: 'price_1', logRetentionDays: null });
    await db.query(`UPDATE ai_model_prices SET output_umtok = 7 WHERE model_id = $1 AND min_prompt_tokens = 0`, [model.id]);

    await seed(db);

    expect(await db.getRepository(AiModel).findOneByOrFail({ id: model.id })).toMatchObject({
      isDefault: true, isActive: false, displayName: 'House model', minTier: 'pro', contextWindow: 1_000_000,
    });
    expect(await db.getRepository(AiModel).findOneByOrFail({ name: 'claude-sonnet-5-5' })).toMatchObject({ isDefault: false, creditMultiplierBps: 13_000 });
    expect(await db.getRepository(SubscriptionPlan).findOneByOrFail({ name: 'pro' })).toMatchObject({ priceMinor: 2500n, stripePriceId: 'price_1', logRetentionDays: null });
    expect(await priceOf('claude-haiku-5-5', '2026-11-23T00:00:00Z', 10)).toEqual([100_000n, 7n]);
  });

  it('adds a deleted model again, but no second default', async () => {
    await db.getRepository(AiModel).delete({ name: 'claude-sonnet-5-5' });
    await seed(db);
    expect((await db.getRepository(AiModel).findBy({ isDefault: true })).map((row) => row.name)).toEqual(['claude-haiku-5-5']);
  });

  it('takes a model\'s newer price set of an operator by its date', async () => {
    const { id: modelId } = await db.getRepository(AiModel).findOneByOrFail({ name: 'gpt-5.4-mini' });
    const [old] = await prices.inForce(db.manager, { modelId });
    await db.getRepository(AiModelPrice).insert({ ...(old as AiModelPrice), id: '01900000-0000-7000-8000-000000000001', inputUmtok: 9n, effectiveFrom: new Date('2026-11-20T00:00:00Z') });
    await seed(db);
    expect(await priceOf('gpt-5.4-mini', '2026-11-19T23:59:59Z', 10)).toEqual([750_000n, 4_500_000n]);
    expect(await priceOf('gpt-5.4-mini', '2026-11-20T00:00:00Z', 10)).toEqual([9n, 4_500_000n]);
  });
});
