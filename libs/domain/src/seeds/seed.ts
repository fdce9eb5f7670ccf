import { microUsdFromUsd, microsFromCredits, newId } from '@app/common';
import type { DataSource, EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity';
import { ApiKeyProvider } from '../api-keys/api-key-provider.entity';
import { CreditPackage } from '../billing/credit-package.entity';
import { SubscriptionPlan } from '../billing/subscription-plan.entity';
import { AiModelPrice } from '../models/ai-model-price.entity';
import { AiModel } from '../models/ai-model.entity';
import { AiProviderConfig } from '../models/ai-provider-config.entity';
import { agentModels } from './agent.models';
import { ANTHROPIC_MODELS } from './anthropic.models';
import { GOOGLE_MODELS } from './google.models';
import { MODEL_QUALITY } from './model-quality';
import { OPENAI_MODELS } from './openai.models';
import { PACKAGES, PLANS } from './plans.seed';
import { KEY_PROVIDERS, PROVIDERS } from './providers.seed';
import type { ModelSeed, PlanSeed } from './seed-types';

export const MODELS: readonly ModelSeed[] = [...ANTHROPIC_MODELS, ...OPENAI_MODELS, ...GOOGLE_MODELS];
/** The same models behind command-line agents. */
export const AGENT_MODELS: readonly ModelSeed[] = agentModels(MODELS);

/** The day on which somebody last compared the prices with their sources. */
const VERIFIED_ON = '2026-11-23';

/**
 * Loads plans, credit packages, providers, models and prices. May run again at any time, and in several pods at once: it adds what is
 * missing and brings up to date only what a vendor decides about a model. What an operator decides (names shown, tiers, margins, plans,
 * prices, what is on) stays; a price row is never changed, a newer one wins by its date.
 */
export async function seed(dataSource: DataSource): Promise<void> {
  await dataSource.transaction(async (tx) => {
    // Several pods: the second waits, then finds everything there.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('seed', 0))`);
    await addMissing(tx, SubscriptionPlan, PLANS.map(planRow));
    await addMissing(tx, CreditPackage, PACKAGES.map(({ credits, ...pack }) => ({ id: newId(), ...pack, creditsMicro: microsFromCredits(credits) })));
    await addMissing(tx, ApiKeyProvider, KEY_PROVIDERS.map((provider) => ({ id: newId(), ...provider })));
    await addMissing(tx, AiProviderConfig, PROVIDERS.map((provider) => ({ id: newId(), ...provider })));
    await seedModels(tx);
  });
}

function planRow({ credits, ...plan }: PlanSeed): QueryDeepPartialEntity<SubscriptionPlan> {
  return { id: newId(), ...plan, billingInterval: 'month', creditsIncludedMicro: microsFromCredits(credits) };
}

async function seedModels(tx: EntityManager): Promise<void> {
  const operatorChose = await tx.existsBy(AiModel, { isDefault: true });
  await addMissing(tx, AiModel, MODELS.map((model) => modelRow(model, !operatorChose)));
  await addMissing(tx, AiModel, AGENT_MODELS.map((model) => modelRow(model, false)));
  for (const model of [...MODELS, ...AGENT_MODELS]) await refreshFacts(tx, model);
  const ids = new Map((await tx.find(AiModel, { select: { id: true, name: true } })).map(({ id, name }) => [name, id]));
  await addMissing(tx, AiModelPrice, MODELS.flatMap((model) => priceRows(model, ids.get(model.name))));
}

function modelRow(model: ModelSeed, mayBeDefault: boolean): QueryDeepPartialEntity<AiModel> {
  const columns: Omit<ModelSeed, 'prices'> & { prices?: unknown } = { ...model };
  delete columns.prices;
  return { id: newId(), ...columns, configuration: { quality: MODEL_QUALITY[model.name] }, isDefault: columns.isDefault && mayBeDefault };
}

/** What the vendor decides about a model; a row that says so already is not touched, so that its version stays. */
async function refreshFacts(tx: EntityManager, model: ModelSeed): Promise<void> {
  await tx.query(
    `UPDATE ai_models SET context_window = $2, max_input_tokens = $3, max_output_tokens = $4, capabilities = $5, released_on = $6, retires_on = $7
      WHERE name = $1 AND (context_window, max_input_tokens, max_output_tokens, capabilities, released_on, retires_on)
                          IS DISTINCT FROM ($2::integer, $3::integer, $4::integer, $5::jsonb, $6::date, $7::date)`,
    [model.name, model.contextWindow, model.maxInputTokens, model.maxOutputTokens, JSON.stringify(model.capabilities), model.releasedOn, model.retiresOn],
  );
}

/** None for a model that is missing because an operator uses its wire id under another name. */
function priceRows(model: ModelSeed, modelId: string | undefined): QueryDeepPartialEntity<AiModelPrice>[] {
  if (modelId === undefined) return [];
  return model.prices.map((price) => ({
    id: newId(),
    modelId,
    serviceTier: 'standard' as const,
    minPromptTokens: price.minPrompt,
    effectiveFrom: new Date(`${price.from}T00:00:00Z`),
    inputUmtok: microUsdFromUsd(price.input),
    outputUmtok: microUsdFromUsd(price.output),
    cacheReadUmtok: microUsdFromUsd(price.cacheRead),
    cacheWriteShortUmtok: microUsdFromUsd(price.cacheWriteShort),
    cacheWriteLongUmtok: microUsdFromUsd(price.cacheWriteLong),
    sourceUrl: price.source,
    verifiedOn: VERIFIED_ON,
  }));
}

async function addMissing<T extends ObjectLiteral>(tx: EntityManager, entity: EntityTarget<T>, rows: readonly QueryDeepPartialEntity<T>[]): Promise<void> {
  await tx.createQueryBuilder().insert().into(entity).values([...rows]).orIgnore().updateEntity(false).execute();
}
