import type { ApiKeyProvider } from '../api-keys/api-key-provider.entity';
import type { SubscriptionPlan } from '../billing/subscription-plan.entity';
import type { AiModel } from '../models/ai-model.entity';
import type { AiProviderConfig } from '../models/ai-provider-config.entity';

/** Prices of a prompt size from midnight UTC of a day on, in USD per million tokens as decimal text. */
export interface PriceSeed {
  from: string;
  minPrompt: number;
  input: string;
  output: string;
  cacheRead: string;
  /** Anthropic 5 minutes, OpenAI 30 minutes. */
  cacheWriteShort: string;
  /** Anthropic 1 hour, OpenAI 12 hours. */
  cacheWriteLong: string;
  source: string;
}

export interface ModelSeed
  extends Pick<
    AiModel,
    'name' | 'provider' | 'providerModelId' | 'displayName' | 'contextWindow' | 'maxInputTokens' | 'maxOutputTokens' | 'capabilities' | 'lifecycle' | 'minTier'
      | 'sortOrder' | 'isDefault' | 'releasedOn' | 'retiresOn'
  > {
  /** Left out: all. */
  modes?: string[];
  prices: readonly PriceSeed[];
}

export type ProviderSeed = Pick<AiProviderConfig, 'provider' | 'displayName' | 'apiStyle' | 'baseUrl'>;

export type KeyProviderSeed = Pick<
  ApiKeyProvider,
  'provider' | 'displayName' | 'category' | 'keyPrefix' | 'keyPattern' | 'authType' | 'authName' | 'baseUrl' | 'testEndpoint' | 'sortOrder'
>;

export interface PlanSeed
  extends Pick<
    SubscriptionPlan,
    'name' | 'displayName' | 'tier' | 'priceMinor' | 'maxRepositories' | 'maxTasksPerDay' | 'maxConcurrentTasks' | 'maxMembers' | 'logRetentionDays' | 'queueWeight' | 'overagePriceMinor' | 'sortOrder'
  > {
  /** Credits a month. */
  credits: string;
}

export interface PackageSeed {
  name: string;
  displayName: string;
  credits: string;
  priceMinor: bigint;
  sortOrder: number;
}
