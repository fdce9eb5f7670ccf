import Anthropic from '@anthropic-ai/sdk';
import { ModelProvider, type ModelChunk, type ModelRequest } from '../model-provider';
import type { ProviderConnection } from '../provider-connection';
import { SDK_TIMEOUT_MS } from '../wire/sdk-options';
import { sound } from '../wire/sound';
import { cutStream, type StreamState } from '../wire/stream-end';
import { AnthropicAnswer } from './anthropic-answer';
import { anthropicError } from './anthropic-errors';
import { anthropicRequest } from './anthropic-request';

/** The Anthropic Messages API. */
export class AnthropicProvider extends ModelProvider {
  readonly name: string;
  readonly #client: Anthropic;

  constructor(private readonly connection: ProviderConnection) {
    super();
    this.name = connection.name;
    this.#client = connection.key.use(
      (apiKey) =>
        new Anthropic({
          apiKey,
          baseURL: connection.baseUrl,
          webhookKey: null,
          maxRetries: 0,
          timeout: SDK_TIMEOUT_MS,
          logLevel: 'off',
          openTelemetry: false,
          // A redirect would carry the key to a host that nobody configured.
          fetchOptions: { redirect: 'manual' },
          ...(connection.fetch ? { fetch: connection.fetch } : {}),
        }),
    );
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const answer = new AnthropicAnswer();
    let hasBegun = false;
    const state = (): StreamState => ({ provider: this.name, signal, hasBegun, usage: answer.usage });
    try {
      const events = await this.#client.messages.create(anthropicRequest(request, this.name), { signal });
      hasBegun = true;
      for await (const event of events) yield sound(answer.take(event), this.name);
      if (!answer.hasEnded) throw cutStream(state());
      yield sound(answer.end(this.name, request.model), this.name);
    } catch (error) {
      throw anthropicError(error, this.connection, state());
    }
  }
}
