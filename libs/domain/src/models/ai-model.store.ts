import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { USABLE_KEY } from '../api-keys/api-key-row';
import { countsNow } from '../billing/plan-in-force';
import { namedRecords, statement } from '../named-sql';
import { sqlRow } from '../sql';
import { INSTALL_FRESH } from './agent-install.store';
import type { AiModel } from './ai-model.entity';
import type { AiProviderConfig } from './ai-provider-config.entity';
import type { ModelCapabilities } from './model-capabilities';

/** One tier of a price set, in micro-USD per million tokens. */
export interface CatalogPrice {
  readonly effectiveFrom: Date;
  readonly minPromptTokens: number;
  readonly inputUmtok: bigint;
  readonly outputUmtok: bigint;
  readonly cacheReadUmtok: bigint;
  readonly cacheWriteShortUmtok: bigint;
  readonly cacheWriteLongUmtok: bigint;
}

/** A model as an organization may choose it. */
export interface CatalogModel {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly provider: string;
  readonly description: string | null;
  readonly contextWindow: number;
  readonly maxInputTokens: number | null;
  readonly maxOutputTokens: number;
  readonly capabilities: ModelCapabilities;
  readonly modes: string[];
  readonly lifecycle: AiModel['lifecycle'];
  /** 'YYYY-MM-DD' */
  readonly retiresOn: string | null;
  readonly minTier: AiModel['minTier'];
  readonly isDefault: boolean;
  readonly apiStyle: AiProviderConfig['apiStyle'];
  /** Whose key pays for its calls: the provider, but for a command-line agent that of the model it calls. */
  readonly keyProvider: string;
  readonly isProviderDown: boolean;
  /** The organization has an active key of its own for the provider. */
  readonly hasOwnKey: boolean;
  /** The key that then stands in: the default one, else the oldest. */
  readonly ownKeyId: string | null;
  /** From 0 to 1, an opinion that routing starts from; null: nobody has one. */
  readonly quality: number | null;
  /** The vendor's id of the model. */
  readonly providerModelId: string;
  /** Our margin in basis points; 10,000 = cost. */
  readonly creditMultiplierBps: number;
  /** Tier of the organization's plan. */
  readonly tier: AiModel['minTier'];
  /** The price set in force, by rising prompt size; empty: none yet. */
  readonly prices: CatalogPrice[];
  /** The next set that is known already. */
  readonly nextPrices: CatalogPrice[];
}

/** What decides whether an organization may choose a model; of its prices only whether there are any. */
export type ModelFacts = Pick<CatalogModel, 'id' | 'name' | 'provider' | 'modes' | 'lifecycle' | 'minTier' | 'isDefault' | 'apiStyle' | 'keyProvider' | 'isProviderDown' | 'hasOwnKey' | 'tier'> & { readonly hasPrice: boolean };

/** What only the worker needs of a model: its name at the vendor, and our margin in basis points (10,000 = cost). */
export type ModelWireFacts = Pick<AiModel, 'providerModelId' | 'creditMultiplierBps'>;

export interface ModelFilters {
  readonly idOrName?: { readonly id: string } | { readonly name: string };
  readonly provider?: string;
  readonly mode?: string;
}

/** bigint travels as text inside the JSON. */
type PriceJson = { [K in keyof CatalogPrice]: K extends 'minPromptTokens' ? number : string };
type CatalogRow = Omit<CatalogModel, 'prices' | 'nextPrices'> & { prices: PriceJson[] | null; nextPrices: PriceJson[] | null };

const PRICE_JSON = `json_agg(json_build_object('effectiveFrom', price.effective_from, 'minPromptTokens', price.min_prompt_tokens, 'inputUmtok', price.input_umtok::text,
  'outputUmtok', price.output_umtok::text, 'cacheReadUmtok', price.cache_read_umtok::text, 'cacheWriteShortUmtok', price.cache_write_short_umtok::text,
  'cacheWriteLongUmtok', price.cache_write_long_umtok::text) ORDER BY price.min_prompt_tokens)`;

/** The standard price set whose date is the newest that has come, or the next one to come. */
function priceSet(edge: 'max' | 'min', when: string): string {
  return `(SELECT ${PRICE_JSON} FROM ai_model_prices price WHERE price.model_id = coalesce(u.id, m.id) AND price.service_tier = 'standard'
    AND price.effective_from = (SELECT ${edge}(dated.effective_from) FROM ai_model_prices dated WHERE dated.model_id = coalesce(u.id, m.id) AND dated.service_tier = 'standard' AND dated.effective_from ${when} now()))`;
}

/** Models `m` with their providers `p`. A command-line agent has none of its own: it calls a model of ours, `u`, whose prices and keys count. */
const OFFERED = `ai_models m JOIN ai_provider_configs p ON p.provider = m.provider LEFT JOIN ai_models u ON p.api_style = 'cli' AND u.name = m.provider_model_id AND u.is_active`;

/** Columns that say whether an organization (`$1`) may use a model of `OFFERED`. A command-line agent whose program no worker has is down. */
const AVAILABILITY = `p.api_style AS "apiStyle", coalesce(u.provider, m.provider) AS "keyProvider",
              (NOT p.is_active OR CASE WHEN p.api_style = 'cli' THEN p.health_status <> 'healthy' OR p.health_checked_at < now() - ${INSTALL_FRESH} ELSE p.health_status = 'down' END) AS "isProviderDown",
              EXISTS (SELECT 1 FROM api_keys k WHERE k.organization_id = $1 AND k.provider = coalesce(u.provider, m.provider) AND ${USABLE_KEY}) AS "hasOwnKey",
              coalesce((SELECT plan.tier FROM subscriptions s JOIN subscription_plans plan ON plan.id = s.plan_id
                         WHERE s.organization_id = $1 AND ${countsNow('s')} LIMIT 1), 'free') AS tier`;

const CHOICES = statement(`
SELECT m.id, m.name, m.provider, m.modes, m.lifecycle, m.min_tier AS "minTier", m.is_default AS "isDefault", ${AVAILABILITY},
       EXISTS (SELECT 1 FROM ai_model_prices price WHERE price.model_id = coalesce(u.id, m.id) AND price.service_tier = 'standard' AND price.effective_from <= now()) AS "hasPrice"
  FROM ${OFFERED}
 WHERE m.is_active ORDER BY m.sort_order, m.name`);

@Injectable()
export class AiModelStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Models that are offered, as the organization sees them, in the catalog's order. */
  async catalog(organizationId: string, filters: ModelFilters = {}): Promise<CatalogModel[]> {
    const wanted = filters.idOrName;
    const rows = await this.dataSource.query<CatalogRow[]>(
      `SELECT m.id, m.name, m.display_name AS "displayName", m.provider, m.description, m.context_window AS "contextWindow", m.max_input_tokens AS "maxInputTokens",
              m.max_output_tokens AS "maxOutputTokens", m.capabilities, m.modes, m.lifecycle, m.retires_on::text AS "retiresOn", m.min_tier AS "minTier", m.is_default AS "isDefault",
              m.provider_model_id AS "providerModelId", m.credit_multiplier_bps AS "creditMultiplierBps",
              CASE WHEN jsonb_typeof(m.configuration -> 'quality') = 'number' THEN (m.configuration ->> 'quality')::float8 END AS quality,
              (SELECT k.id FROM api_keys k WHERE k.organization_id = $1 AND k.provider = coalesce(u.provider, m.provider) AND ${USABLE_KEY} ORDER BY k.is_default DESC, k.created_at, k.id LIMIT 1) AS "ownKeyId",
              ${AVAILABILITY},
              ${priceSet('max', '<=')} AS prices, ${priceSet('min', '>')} AS "nextPrices"
         FROM ${OFFERED}
        WHERE m.is_active AND ($2::uuid IS NULL OR m.id = $2) AND ($3::text IS NULL OR m.name = $3) AND ($4::text IS NULL OR m.provider = $4) AND ($5::text IS NULL OR $5 = ANY (m.modes))
        ORDER BY m.sort_order, m.name`,
      [organizationId, wanted && 'id' in wanted ? wanted.id : null, wanted && 'name' in wanted ? wanted.name : null, filters.provider ?? null, filters.mode ?? null],
    );
    return rows.map((row) => ({ ...row, prices: (row.prices ?? []).map(toPrice), nextPrices: (row.nextPrices ?? []).map(toPrice) }));
  }

  /** The catalog as far as a choice needs it: asked at each new task. */
  choices(organizationId: string): Promise<ModelFacts[]> {
    return namedRecords<ModelFacts>(this.dataSource.manager, CHOICES, [organizationId]);
  }

  async wireFacts(manager: EntityManager, modelId: string): Promise<ModelWireFacts> {
    const facts = await sqlRow<ModelWireFacts>(manager, 'SELECT provider_model_id, credit_multiplier_bps FROM ai_models WHERE id = $1', [modelId]);
    if (!facts) throw new Error(`there is no model ${modelId}`);
    return facts;
  }

  /** The vendor whose key pays for a model's calls; null: there is no such model. */
  async providerOf(manager: EntityManager, modelId: string): Promise<string | null> {
    return (await sqlRow<{ provider: string }>(manager, `SELECT coalesce(u.provider, m.provider) AS provider FROM ${OFFERED} WHERE m.id = $1`, [modelId]))?.provider ?? null;
  }
}

function toPrice(row: PriceJson): CatalogPrice {
  return {
    effectiveFrom: new Date(row.effectiveFrom),
    minPromptTokens: row.minPromptTokens,
    inputUmtok: BigInt(row.inputUmtok),
    outputUmtok: BigInt(row.outputUmtok),
    cacheReadUmtok: BigInt(row.cacheReadUmtok),
    cacheWriteShortUmtok: BigInt(row.cacheWriteShortUmtok),
    cacheWriteLongUmtok: BigInt(row.cacheWriteLongUmtok),
  };
}
