import { AnthropicProvider } from './anthropic/anthropic.provider';
import { GoogleProvider } from './google/google.provider';
import type { ModelProvider } from './model-provider';
import { OpenAiChatProvider } from './openai-chat/openai-chat.provider';
import { OpenAiProvider } from './openai-responses/openai.provider';
import type { BuiltApiStyle, ProviderConnection } from './provider-connection';

const WIRES: Record<BuiltApiStyle, (connection: ProviderConnection) => ModelProvider> = {
  anthropic: (connection) => new AnthropicProvider(connection),
  google: (connection) => new GoogleProvider(connection),
  openai_responses: (connection) => new OpenAiProvider(connection),
  openai_chat: (connection) => new OpenAiChatProvider(connection),
};

/** A provider for one credential. It makes each call once and reads no environment; wrap it for retries and time limits. */
export function createProvider(connection: ProviderConnection): ModelProvider {
  return WIRES[connection.apiStyle](connection);
}
