import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { AiModelPrice } from '../models/ai-model-price.entity';
import { AiModel } from '../models/ai-model.entity';
import { seedCompatibleModel } from './compatible-model';
import { seed } from './seed';

const SETTINGS = { OPENAI_COMPATIBLE_MODEL: 'qwen-coder', OPENAI_COMPATIBLE_CONTEXT: 32_768, OPENAI_COMPATIBLE_INPUT_USD: '0.5', OPENAI_COMPATIBLE_OUTPUT_USD: '1.5' };

describe('seedCompatibleModel', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    await seed(database.dataSource);
  });
  afterAll(() => database.close());

  it('enters model and price once, and a changed price as a new set', async () => {
    for (let run = 0; run < 2; run += 1) await seedCompatibleModel(database.dataSource, SETTINGS);
    await seedCompatibleModel(database.dataSource, { ...SETTINGS, OPENAI_COMPATIBLE_INPUT_USD: '0.6' });
    const models = await database.dataSource.manager.findBy(AiModel, { provider: 'custom' });
    expect(models).toMatchObject([{ name: 'qwen-coder', contextWindow: 32_768, maxOutputTokens: 8_192 }]);
    const prices = await database.dataSource.manager.find(AiModelPrice, { where: { modelId: models[0]!.id }, order: { effectiveFrom: 'ASC' } });
    expect(prices.map((price) => price.inputUmtok)).toEqual([500_000n, 600_000n]);
  });
});
