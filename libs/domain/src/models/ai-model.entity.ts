import { Unique } from 'typeorm';
import { Day, Flag, Id, Int, Json, Table, Text, TextArray, Touched } from '../columns';
import type { ModelCapabilities } from './model-capabilities';

/** A model customers can choose. `name` is ours and stable, `providerModelId` is the wire's. */
@Table('ai_models', { indexes: ['ai_models_list_idx', 'ai_models_one_default_uq'] })
@Unique(['provider', 'providerModelId'])
export class AiModel extends Touched {
  @Id() id!: string;
  @Text({ unique: true }) name!: string;
  @Text({ references: 'ai_provider_configs.provider', onDelete: 'RESTRICT', onUpdate: 'CASCADE' }) provider!: string;
  @Text() providerModelId!: string;
  @Text() displayName!: string;
  @Text({ nullable: true }) description!: string | null;
  @Int({ checked: true }) contextWindow!: number;
  @Int({ nullable: true, checked: true }) maxInputTokens!: number | null;
  @Int({ checked: true }) maxOutputTokens!: number;
  @Json({ default: {}, checked: true }) capabilities!: ModelCapabilities;
  @TextArray({ default: ['code', 'debug', 'ask', 'documentation', 'architect', 'pr_review'] }) modes!: string[];
  @Text({ default: 'active', checked: true }) lifecycle!: 'preview' | 'active' | 'deprecated' | 'retired';
  @Day({ nullable: true }) releasedOn!: string | null;
  @Day({ nullable: true }) deprecatedOn!: string | null;
  @Day({ nullable: true }) retiresOn!: string | null;
  @Text({ default: 'free', checked: true }) minTier!: 'free' | 'pro' | 'enterprise';
  @Int({ default: 10000, checked: true }) creditMultiplierBps!: number;
  @Flag({ default: true }) isActive!: boolean;
  @Flag({ default: false }) isDefault!: boolean;
  @Int({ default: 100 }) sortOrder!: number;
  @Json({ default: {} }) configuration!: Record<string, unknown>;
}
