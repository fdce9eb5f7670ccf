import type { ModelCapabilities } from '../model-provider';
import type { ChatCompat, ProviderConnection } from '../provider-connection';

export type FullCompat = Required<ChatCompat>;

const OPENAI: FullCompat = {
  maxTokensField: 'max_completion_tokens',
  streamUsage: true,
  toolResultName: false,
  assistantAfterTool: false,
  replayReasoning: false,
  promptCacheKey: true,
  effort: 'without_tools',
};

/** What most servers of this API understand: vLLM, Ollama, LM Studio, llama.cpp ... */
const COMPATIBLE: FullCompat = { ...OPENAI, maxTokensField: 'max_tokens', promptCacheKey: false, effort: 'always' };

const BY_HOST: Readonly<Record<string, ChatCompat>> = {
  'api.mistral.ai': { streamUsage: false, toolResultName: true, assistantAfterTool: true },
  'api.deepseek.com': { replayReasoning: true },
  'api.moonshot.ai': { replayReasoning: true },
  'api.groq.com': { maxTokensField: 'max_completion_tokens' },
  'api.cerebras.ai': { maxTokensField: 'max_completion_tokens' },
  'api.x.ai': { maxTokensField: 'max_completion_tokens' },
};

/** What the connection says, else what is known of its host. */
export function compatOf(connection: Pick<ProviderConnection, 'name' | 'baseUrl' | 'compat'>): FullCompat {
  const host = URL.canParse(connection.baseUrl) ? new URL(connection.baseUrl).hostname : '';
  const isOpenAi = connection.name === 'openai' || host === 'api.openai.com';
  return { ...(isOpenAi ? OPENAI : COMPATIBLE), ...BY_HOST[host], ...connection.compat };
}

/** What the model's row says (`capabilities.compat`) goes before what is known of its server. Values that mean nothing are left out. */
export function withModelCompat(compat: FullCompat, capabilities: ModelCapabilities): FullCompat {
  const told: unknown = capabilities.compat;
  if (typeof told !== 'object' || told === null) return compat;
  const known = Object.entries(told).filter(([name, value]) => (name in CHOICES ? CHOICES[name]?.includes(value as string) : name in compat && typeof value === 'boolean'));
  return { ...compat, ...(Object.fromEntries(known) as ChatCompat) };
}

const CHOICES: Readonly<Record<string, readonly string[]>> = { maxTokensField: ['max_tokens', 'max_completion_tokens'], effort: ['always', 'without_tools', 'never'] };
