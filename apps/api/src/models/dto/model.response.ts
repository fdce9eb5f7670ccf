import { creditsFromMicros, usdFromNano } from '@app/common';
import type { CatalogModel, CatalogPrice, ModelUsage } from '@app/domain';
import { UNAVAILABLE_REASONS, type UnavailableReason } from '@app/submission';
import { ApiProperty } from '@nestjs/swagger';

/** USD per million tokens, as decimal texts. */
class PriceFields {
  @ApiProperty({ description: 'USD per million tokens.', example: '3' }) input!: string;
  @ApiProperty({ example: '15' }) output!: string;
  @ApiProperty({ example: '0.3' }) cacheRead!: string;
  @ApiProperty() cacheWriteShort!: string;
  @ApiProperty() cacheWriteLong!: string;
}

export class PriceTier extends PriceFields {
  @ApiProperty({ type: 'integer', description: 'The whole request is billed at the highest tier its prompt reaches.' }) minPromptTokens!: number;
}

export class PriceChange extends PriceFields {
  @ApiProperty({ format: 'date-time' }) effectiveFrom!: string;
  @ApiProperty({ type: [PriceTier] }) tiers!: PriceTier[];
}

export class ModelPricing extends PriceFields {
  @ApiProperty({ enum: ['usd'] }) currency!: 'usd';
  @ApiProperty({ enum: ['1M tokens'] }) unit!: '1M tokens';
  @ApiProperty({ type: [PriceTier] }) tiers!: PriceTier[];
  @ApiProperty({ type: PriceChange, nullable: true }) nextChange!: PriceChange | null;

  static from(model: CatalogModel): ModelPricing | null {
    const first = model.prices[0];
    if (!first) return null;
    const next = model.nextPrices[0];
    const nextChange = next ? { effectiveFrom: next.effectiveFrom.toISOString(), ...fields(next), tiers: model.nextPrices.map(tier) } : null;
    return { currency: 'usd', unit: '1M tokens', ...fields(first), tiers: model.prices.map(tier), nextChange };
  }
}

export class ModelResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() displayName!: string;
  @ApiProperty() provider!: string;
  @ApiProperty({ type: String, nullable: true }) description!: string | null;
  @ApiProperty({ type: 'integer' }) contextWindow!: number;
  @ApiProperty({ type: 'integer', nullable: true }) maxInputTokens!: number | null;
  @ApiProperty({ type: 'integer' }) maxOutputTokens!: number;
  @ApiProperty({ type: 'object', additionalProperties: true }) capabilities!: object;
  @ApiProperty({ type: [String] }) modes!: string[];
  @ApiProperty({ enum: ['preview', 'active', 'deprecated', 'retired'] }) lifecycle!: CatalogModel['lifecycle'];
  @ApiProperty({ type: String, format: 'date', nullable: true }) retiresOn!: string | null;
  @ApiProperty({ enum: ['free', 'pro', 'enterprise'] }) minTier!: CatalogModel['minTier'];
  @ApiProperty() isDefault!: boolean;
  @ApiProperty() available!: boolean;
  @ApiProperty({ type: String, enum: [...UNAVAILABLE_REASONS, null], nullable: true }) unavailableReason!: UnavailableReason | null;
  @ApiProperty({ type: ModelPricing, nullable: true }) pricing!: ModelPricing | null;

  static from(model: CatalogModel, unavailableReason: UnavailableReason | null): ModelResponse {
    const { id, name, displayName, provider, description, contextWindow, maxInputTokens, maxOutputTokens, capabilities, modes, lifecycle, retiresOn, minTier, isDefault } = model;
    return {
      id, name, displayName, provider, description, contextWindow, maxInputTokens, maxOutputTokens, capabilities, modes, lifecycle, retiresOn, minTier, isDefault,
      available: unavailableReason === null, unavailableReason, pricing: ModelPricing.from(model),
    };
  }
}

export class ModelUsageResponse {
  @ApiProperty({ type: 'integer' }) calls!: number;
  @ApiProperty({ type: 'integer' }) inputTokens!: number;
  @ApiProperty({ type: 'integer' }) outputTokens!: number;
  @ApiProperty({ description: 'Decimal text.' }) costUsd!: string;
  @ApiProperty() credits!: number;
  @ApiProperty({ type: 'integer' }) creditsMicros!: number;

  static from(usage: ModelUsage): ModelUsageResponse {
    return {
      calls: usage.calls,
      inputTokens: Number(usage.inputTokens),
      outputTokens: Number(usage.outputTokens),
      costUsd: usdFromNano(usage.costNusd),
      credits: creditsFromMicros(usage.creditsMicro),
      creditsMicros: Number(usage.creditsMicro),
    };
  }
}

export class ModelDetailsResponse extends ModelResponse {
  @ApiProperty({ type: ModelUsageResponse, description: "The organization's use in the last 30 days." }) usage30d!: ModelUsageResponse;
}

function fields(price: CatalogPrice): PriceFields {
  return {
    input: usd(price.inputUmtok),
    output: usd(price.outputUmtok),
    cacheRead: usd(price.cacheReadUmtok),
    cacheWriteShort: usd(price.cacheWriteShortUmtok),
    cacheWriteLong: usd(price.cacheWriteLongUmtok),
  };
}

function tier(price: CatalogPrice): PriceTier {
  return { minPromptTokens: price.minPromptTokens, ...fields(price) };
}

/** Micro-USD per million tokens as USD. */
function usd(micro: bigint): string {
  return usdFromNano(micro * 1_000n);
}
