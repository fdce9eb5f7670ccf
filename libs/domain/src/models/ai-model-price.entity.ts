import { Unique } from 'typeorm';
import { Big, Day, Id, Int, Table, Text, Time, Uuid } from '../columns';

/** Price in micro-USD per million tokens from a date on, for prompts of a size or more. Rows never change; a change of price is a new set. */
@Table('ai_model_prices', { indexes: ['ai_model_prices_lookup_idx'] })
@Unique(['modelId', 'serviceTier', 'minPromptTokens', 'effectiveFrom'])
export class AiModelPrice {
  @Id() id!: string;
  @Uuid({ references: 'ai_models', onDelete: 'CASCADE' }) modelId!: string;
  @Text({ default: 'standard', checked: true }) serviceTier!: 'standard' | 'batch' | 'flex' | 'priority' | 'fast';
  @Int({ default: 0, checked: true }) minPromptTokens!: number;
  @Time() effectiveFrom!: Date;
  @Big({ checked: true }) inputUmtok!: bigint;
  @Big({ checked: true }) outputUmtok!: bigint;
  @Big({ checked: true }) cacheReadUmtok!: bigint;
  @Big({ checked: true }) cacheWriteShortUmtok!: bigint;
  @Big({ checked: true }) cacheWriteLongUmtok!: bigint;
  @Text({ nullable: true }) sourceUrl!: string | null;
  @Day({ nullable: true }) verifiedOn!: string | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
