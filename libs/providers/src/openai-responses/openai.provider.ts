import { ModelError } from '../model-error';
import { ModelProvider, type ModelChunk, type ModelRequest } from '../model-provider';
import { OpenAiChatProvider } from '../openai-chat/openai-chat.provider';
import type { ProviderConnection } from '../provider-connection';
import { OpenAiResponsesProvider } from './openai-responses.provider';

/** OpenAI's models over Responses, and over Chat Completions at an address (a customer's gateway) that does not know the newer API. */
export class OpenAiProvider extends ModelProvider {
  readonly name: string;
  #wire: ModelProvider;
  #mayFallBack = true;

  constructor(private readonly connection: ProviderConnection) {
    super();
    this.name = connection.name;
    this.#wire = new OpenAiResponsesProvider(connection);
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    try {
      yield* this.#wire.stream(request, signal);
      this.#mayFallBack = false;
    } catch (error) {
      if (!this.#mayFallBack || !isUnknownRoute(error)) throw error;
      this.#mayFallBack = false;
      this.#wire = new OpenAiChatProvider(this.connection);
      yield* this.#wire.stream(request, signal);
    }
  }
}

/** A missing model has a code of its own; a missing route has none that says so. */
function isUnknownRoute(error: unknown): boolean {
  return error instanceof ModelError && (error.facts.status === 404 || error.facts.status === 405) && error.facts.vendorCode !== 'model_not_found';
}
