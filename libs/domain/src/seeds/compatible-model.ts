import { microUsdFromUsd, newId, type ModelsConfig } from '@app/common';
import type { DataSource, EntityManager } from 'typeorm';
import { AiModel } from '../models/ai-model.entity';
import { AiModelPrice } from '../models/ai-model-price.entity';
import { AiModelPriceStore } from '../models/ai-model-price.store';

type CompatibleModel = Pick<ModelsConfig, 'OPENAI_COMPATIBLE_MODEL' | 'OPENAI_COMPATIBLE_CONTEXT' | 'OPENAI_COMPATIBLE_INPUT_USD' | 'OPENAI_COMPATIBLE_OUTPUT_USD'>;

/**
 * Enters the model of a compatible server (OPENAI_COMPATIBLE_MODEL) into the catalog, at the price its operator states. May run again; a
 * changed price is a new dated set. Without that setting it does nothing.
 */
export async function seedCompatibleModel(dataSource: DataSource, settings: CompatibleModel): Promise<void> {
  const wireName = settings.OPENAI_COMPATIBLE_MODEL;
  if (wireName === undefined) return;
  await dataSource.transaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('seed', 0))`);
    const known = await tx.findOneBy(AiModel, { provider: 'custom', providerModelId: wireName });
    const modelId = known?.id ?? (await addModel(tx, wireName, settings.OPENAI_COMPATIBLE_CONTEXT));
    await statePrice(tx, modelId, { input: microUsdFromUsd(settings.OPENAI_COMPATIBLE_INPUT_USD), output: microUsdFromUsd(settings.OPENAI_COMPATIBLE_OUTPUT_USD) });
  });
}

async function addModel(tx: EntityManager, wireName: string, contextWindow: number): Promise<string> {
  const id = newId();
  const taken = await tx.existsBy(AiModel, { name: wireName });
  await tx.insert(AiModel, {
    id, name: taken ? `custom/${wireName}` : wireName, provider: 'custom', providerModelId: wireName, displayName: wireName, contextWindow,
    maxOutputTokens: Math.min(32_768, Math.floor(contextWindow / 4)), capabilities: { tools: true, streaming: true }, sortOrder: 1,
  });
  return id;
}

async function statePrice(tx: EntityManager, modelId: string, stated: { input: bigint; output: bigint }): Promise<void> {
  const [price] = await new AiModelPriceStore().inForce(tx, { modelId });
  if (price?.inputUmtok === stated.input && price.outputUmtok === stated.output) return;
  await tx.insert(AiModelPrice, {
    id: newId(), modelId, serviceTier: 'standard', minPromptTokens: 0, effectiveFrom: () => 'now()', inputUmtok: stated.input, outputUmtok: stated.output,
    cacheReadUmtok: stated.input, cacheWriteShortUmtok: stated.input, cacheWriteLongUmtok: stated.input,
  });
}
