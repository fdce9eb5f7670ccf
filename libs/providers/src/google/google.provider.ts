import { GoogleGenAI } from '@google/genai';
import { ModelProvider, type ModelChunk, type ModelRequest } from '../model-provider';
import type { ProviderConnection } from '../provider-connection';
import { sound } from '../wire/sound';
import { cutStream, type StreamState } from '../wire/stream-end';
import { GoogleAnswer } from './google-answer';
import { googleError, type Exchange } from './google-errors';
import { googleRequest } from './google-request';

/** Named, so that the environment does not choose it; every model is served by this one. */
const API_VERSION = 'v1beta';

/** The Gemini API. */
export class GoogleProvider extends ModelProvider {
  readonly name: string;
  readonly #client: GoogleGenAI;

  constructor(private readonly connection: ProviderConnection) {
    super();
    this.name = connection.name;
    this.#client = connection.key.use(
      (apiKey) => new GoogleGenAI({ apiKey, vertexai: false, apiVersion: API_VERSION, httpOptions: { baseUrl: connection.baseUrl, retryOptions: { attempts: 1 } } }),
    );
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const answer = new GoogleAnswer();
    const exchange: Exchange = { status: null, headers: null };
    let hasBegun = false;
    const state = (): StreamState => ({ provider: this.name, signal, hasBegun, usage: answer.usage });
    // The SDK leaves the connection open when its stream is not read to the end.
    const over = new AbortController();
    try {
      if (signal.aborted) throw cutStream(state());
      const { config, ...params } = googleRequest(request, this.name);
      const httpOptions = { fetch: this.#fetchFor(exchange) };
      const chunks = await this.#client.models.generateContentStream({ ...params, config: { ...config, abortSignal: AbortSignal.any([signal, over.signal]), httpOptions } });
      hasBegun = true;
      for await (const chunk of chunks) for (const delta of answer.take(chunk)) yield sound(delta, this.name);
      if (!answer.hasEnded || signal.aborted) throw cutStream(state());
      yield sound(answer.end(this.name, request), this.name);
    } catch (error) {
      throw googleError(error, this.connection, { state: state(), exchange });
    } finally {
      over.abort();
    }
  }

  /** Notes what the SDK forgets, and follows no redirect: that would carry the key to a host that nobody configured. */
  #fetchFor(exchange: Exchange): typeof globalThis.fetch {
    const fetch = this.connection.fetch ?? globalThis.fetch;
    return async (input, init) => {
      const response = await fetch(input, { ...init, redirect: 'manual' });
      exchange.status = response.status;
      exchange.headers = response.headers;
      return response;
    };
  }
}
