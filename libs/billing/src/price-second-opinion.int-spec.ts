import { AiModel, AiModelPriceStore, seed } from '@app/domain';
import { costOfCall, type Usage } from '@app/providers';
import { calcPrice } from '@pydantic/genai-prices';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { priceSetOf } from './usage/call-usage';

/** The day on which the seeded prices were checked. */
const AT = new Date('2026-11-23T12:00:00Z');
/** Prompts on both sides of every threshold, well away from it: the two lists do not agree on the last token. */
const CALLS: readonly Omit<Usage, 'raw'>[] = [
  { inputTokens: 12_000, cacheReadTokens: 80_000, cacheWriteShortTokens: 5_000, cacheWriteLongTokens: 0, outputTokens: 3_000, reasoningTokens: 1_000 },
  { inputTokens: 7, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 1, reasoningTokens: 0 },
  { inputTokens: 150_001, cacheReadTokens: 160_003, cacheWriteShortTokens: 40_007, cacheWriteLongTokens: 0, outputTokens: 30_011, reasoningTokens: 0 },
];

/** Our price rows and arithmetic beside a list that others keep. It never prices a call: it does not know the newest models. */
describe('the seeded prices', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    await seed(database.dataSource);
  });
  afterAll(() => database.close());

  /** In USD; null: it does not know exactly this model. */
  const theirs = (model: AiModel, usage: Omit<Usage, 'raw'>): number | null => {
    const cached = { cache_read_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteShortTokens };
    const total = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteShortTokens;
    const price = calcPrice({ input_tokens: total, output_tokens: usage.outputTokens, ...cached }, model.providerModelId, { providerId: model.provider, timestamp: AT });
    return price?.model.id === model.providerModelId ? price.total_price : null;
  };

  it('cost what others say they cost, on either side of every tier', async () => {
    const compared = new Set<string>();
    for (const model of await database.dataSource.getRepository(AiModel).find()) {
      const set = priceSetOf(await new AiModelPriceStore().inForce(database.dataSource.manager, { modelId: model.id, at: AT }));
      if (set.length === 0) continue;
      // Vendors that do not bill writes to the cache count them as prompt.
      const billsWrites = set.some((row) => row.cacheWriteShort > 0n);
      for (const call of CALLS) {
        const usage = billsWrites ? call : { ...call, inputTokens: call.inputTokens + call.cacheWriteShortTokens, cacheWriteShortTokens: 0 };
        const other = theirs(model, usage);
        if (other === null) continue;
        compared.add(model.name);
        const ours = Number(costOfCall({ ...usage, raw: null }, set).nanoUsd) / 1e9;
        expect([model.name, usage.inputTokens, ours]).toEqual([model.name, usage.inputTokens, expect.closeTo(other, 8)]);
      }
    }
    expect([...compared].sort()).toEqual(['claude-haiku-4-5', 'claude-opus-5', 'claude-opus-5-5', 'gemini-3.1-pro-preview', 'gemini-3.5-flash-lite', 'gemini-3.8-flash', 'gpt-5.4-mini', 'gpt-6-astra', 'gpt-6-luna']);
  });
});
