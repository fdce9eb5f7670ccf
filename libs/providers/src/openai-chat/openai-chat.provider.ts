import OpenAI from 'openai';
import { ModelProvider, type ModelChunk, type ModelRequest } from '../model-provider';
import type { ProviderConnection } from '../provider-connection';
import { SDK_TIMEOUT_MS } from '../wire/sdk-options';
import { cutStream, type StreamState } from '../wire/stream-end';
import { compatOf, type FullCompat } from './chat-compat';
import { OpenAiChatAnswer } from './openai-chat-answer';
import { openAiChatError } from './openai-chat-errors';
import { openAiChatRequest } from './openai-chat-request';

/** The Chat Completions API: OpenAI and every server that speaks it. */
export class OpenAiChatProvider extends ModelProvider {
  readonly name: string;
  readonly #client: OpenAI;
  readonly #compat: FullCompat;

  constructor(private readonly connection: ProviderConnection) {
    super();
    this.name = connection.name;
    this.#compat = compatOf(connection);
    this.#client = connection.key.use(
      (apiKey) =>
        new OpenAI({
          apiKey,
          baseURL: connection.baseUrl,
          adminAPIKey: null,
          organization: null,
          project: null,
          webhookSecret: null,
          maxRetries: 0,
          timeout: SDK_TIMEOUT_MS,
          logLevel: 'off',
          // A redirect would carry the key to a host that nobody configured.
          fetchOptions: { redirect: 'manual' },
          ...(connection.fetch ? { fetch: connection.fetch } : {}),
        }),
    );
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const answer = new OpenAiChatAnswer();
    let hasBegun = false;
    const state = (): StreamState => ({ provider: this.name, signal, hasBegun, usage: answer.usage });
    try {
      const chunks = await this.#client.chat.completions.create(openAiChatRequest(request, this.name, this.#compat), { signal });
      hasBegun = true;
      for await (const chunk of chunks) yield answer.take(chunk);
      // Usage follows the reason for the end, so a stop in between has not heard all.
      if (!answer.hasEnded || signal.aborted) throw cutStream(state());
      yield answer.end(this.name, request);
    } catch (error) {
      throw openAiChatError(error, this.connection, state());
    }
  }
}
