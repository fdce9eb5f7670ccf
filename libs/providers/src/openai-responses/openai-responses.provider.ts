import OpenAI from 'openai';
import { ModelProvider, type ModelChunk, type ModelRequest } from '../model-provider';
import type { ModelError } from '../model-error';
import { openAiClient } from '../openai-chat/openai-client';
import { failedResponse, openAiError } from '../openai-chat/openai-errors';
import type { ProviderConnection } from '../provider-connection';
import { sound } from '../wire/sound';
import { cutStream, type StreamState } from '../wire/stream-end';
import { OpenAiResponsesAnswer } from './openai-responses-answer';
import { openAiResponsesRequest } from './openai-responses-request';

interface Opened {
  readonly events: AsyncIterable<OpenAI.Responses.ResponseStreamEvent>;
  readonly requestId: string | null;
}

/** The OpenAI Responses API. */
export class OpenAiResponsesProvider extends ModelProvider {
  readonly name: string;
  readonly #client: OpenAI;
  /** Organizations that OpenAI has not verified may not see summaries of the model's reasoning. */
  #withSummaries = true;

  constructor(private readonly connection: ProviderConnection) {
    super();
    this.name = connection.name;
    this.#client = openAiClient(connection);
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const answer = new OpenAiResponsesAnswer();
    let hasBegun = false;
    const state = (): StreamState => ({ provider: this.name, signal, hasBegun, usage: answer.usage });
    try {
      const { events, requestId } = await this.#open(request, signal);
      hasBegun = true;
      for await (const event of events) yield sound(answer.take(event), this.name);
      if (!answer.hasEnded || signal.aborted) throw cutStream(state());
      throwFailure(answer, this.connection, requestId);
      yield sound(answer.end(this.name, request), this.name);
    } catch (error) {
      throw openAiError(error, this.connection, state());
    }
  }

  /** A refused summary is left out from then on: the refusal costs nothing, and the request is otherwise the same. */
  async #open(request: ModelRequest, signal: AbortSignal): Promise<Opened> {
    const withSummaries = this.#withSummaries;
    try {
      const params = openAiResponsesRequest(request, this.name, withSummaries);
      const { data, request_id: requestId } = await this.#client.responses.create(params, { signal }).withResponse();
      return { events: data, requestId };
    } catch (error) {
      if (!withSummaries || !(error instanceof OpenAI.BadRequestError) || error.param !== 'reasoning.summary') throw error;
      this.#withSummaries = false;
      return this.#open(request, signal);
    }
  }
}

/** @throws {ModelError} when the answer ended as a failure */
function throwFailure(answer: OpenAiResponsesAnswer, connection: ProviderConnection, requestId: string | null): void {
  const failed = answer.failure;
  if (failed === null) return;
  const { code, message } = failed.error ?? { code: null, message: `the response was ${failed.status}` };
  const error: ModelError = failedResponse({ code, message, requestId, usage: answer.usage }, connection);
  throw error;
}
