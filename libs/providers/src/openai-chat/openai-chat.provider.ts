import type OpenAI from 'openai';
import { ModelProvider, type ModelChunk, type ModelRequest } from '../model-provider';
import type { ProviderConnection } from '../provider-connection';
import { sound } from '../wire/sound';
import { cutStream, type StreamState } from '../wire/stream-end';
import { compatOf, withModelCompat, type FullCompat } from './chat-compat';
import { OpenAiChatAnswer } from './openai-chat-answer';
import { openAiChatRequest } from './openai-chat-request';
import { openAiClient } from './openai-client';
import { openAiError } from './openai-errors';

/** The Chat Completions API: OpenAI and every server that speaks it. */
export class OpenAiChatProvider extends ModelProvider {
  readonly name: string;
  readonly #client: OpenAI;
  readonly #compat: FullCompat;

  constructor(private readonly connection: ProviderConnection) {
    super();
    this.name = connection.name;
    this.#compat = compatOf(connection);
    this.#client = openAiClient(connection);
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const answer = new OpenAiChatAnswer();
    let hasBegun = false;
    const state = (): StreamState => ({ provider: this.name, signal, hasBegun, usage: answer.usage });
    try {
      const params = openAiChatRequest(request, this.name, withModelCompat(this.#compat, request.capabilities));
      const chunks = await this.#client.chat.completions.create(params, { signal });
      hasBegun = true;
      for await (const chunk of chunks) yield sound(answer.take(chunk), this.name);
      // Usage follows the reason for the end, so a stop in between has not heard all.
      if (!answer.hasEnded || signal.aborted) throw cutStream(state());
      yield sound(answer.end(this.name, request), this.name);
    } catch (error) {
      throw openAiError(error, this.connection, state());
    }
  }
}
