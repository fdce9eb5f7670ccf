import type { ChatCompat, ProviderConnection } from '../provider-connection';

export type FullCompat = Required<ChatCompat>;

const OPENAI: FullCompat = {
  maxTokensField: 'max_completion_tokens',
  streamUsage: true,
  toolResultName: false,
  assistantAfterTool: false,
  replayReasoning: false,
  promptCacheKey: true,
};

/** What most servers of this API understand. */
const COMPATIBLE: FullCompat = { ...OPENAI, maxTokensField: 'max_tokens', promptCacheKey: false };

const BY_HOST: Readonly<Record<string, ChatCompat>> = {
  'api.mistral.ai': { streamUsage: false, toolResultName: true, assistantAfterTool: true },
  'api.deepseek.com': { replayReasoning: true },
};

/** What the connection says, else what is known of its host. */
export function compatOf(connection: Pick<ProviderConnection, 'name' | 'baseUrl' | 'compat'>): FullCompat {
  const host = URL.canParse(connection.baseUrl) ? new URL(connection.baseUrl).hostname : '';
  const isOpenAi = connection.name === 'openai' || host === 'api.openai.com';
  return { ...(isOpenAi ? OPENAI : COMPATIBLE), ...BY_HOST[host], ...connection.compat };
}
