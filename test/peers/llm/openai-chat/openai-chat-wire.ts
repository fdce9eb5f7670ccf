// The Chat Completions API, typed by the vendor's SDK: what does not fit its types does not compile.
import type OpenAI from 'openai';
import type { Conversation } from '../conversation';
import type { Fault } from '../faults';
import { Refusal } from '../refusal';
import { token, type Answer, type Usage } from '../turn';
import { modelInBody, pieces, type StreamEvent, type Wire } from '../wire';
import { isOpenAiModel, keyOf, readRequest } from './openai-chat-request';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type Choice = Chunk['choices'][number];
/** A field that servers other than OpenAI's add. */
type Delta = Choice['delta'] & { reasoning_content?: string };

const FINISH: Record<Answer['stop'], NonNullable<Choice['finish_reason']>> = { stop: 'stop', tool: 'tool_calls', refusal: 'content_filter', length: 'length', window: 'length' };

const BY_STATUS: Readonly<Record<number, readonly [type: string, code: string | undefined, message: string]>> = {
  400: ['invalid_request_error', undefined, 'The request is not valid.'],
  401: ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'],
  402: ['insufficient_quota', undefined, 'Insufficient credits.'],
  403: ['permission_error', undefined, 'You do not have access to this resource.'],
  404: ['invalid_request_error', 'model_not_found', 'The model does not exist or you do not have access to it.'],
  413: ['invalid_request_error', undefined, 'Request too large.'],
  429: ['requests', 'rate_limit_exceeded', 'Rate limit reached for requests per min (RPM).'],
  500: ['server_error', undefined, 'The server had an error while processing your request. Sorry about that!'],
  503: ['server_error', undefined, 'The engine is currently overloaded, please try again later.'],
};

export const openAiChatWire: Wire = {
  name: 'openai-chat',
  requestIdHeader: 'x-request-id',
  hasCacheBreakpoints: false,
  countsCacheWrites: true,
  serves: (path) => path === '/v1/chat/completions',
  newRequestId: () => `req_${token(32).toLowerCase()}`,
  keyOf: ({ headers }) => keyOf(headers),
  modelOf: modelInBody,
  read: readRequest,
  checkWindow(prompt, window) {
    if (prompt <= window) return;
    throw new Refusal(400, 'invalid_request_error', `This model's maximum context length is ${window} tokens. However, your messages resulted in ${prompt} tokens. Please reduce the length of the messages.`, { code: 'context_length_exceeded', param: 'messages' });
  },
  faultRefusal(fault: Fault) {
    const status = fault.status ?? 503;
    const [type, code, message] = BY_STATUS[status] ?? ['server_error', undefined, 'The server had an error.'];
    const given = fault.code ?? (fault.type ? undefined : code);
    return new Refusal(status, fault.type ?? type, fault.message ?? message, { ...(given ? { code: given } : {}), headers: fault.headers ?? {} });
  },
  message: completionOf,
  *events(answer, conversation) {
    yield* chunksOf(answer, conversation);
    yield { event: null, data: '[DONE]' };
  },
  errorBody: errorOf,
  errorEvent: (refusal): StreamEvent => ({ event: null, data: errorOf(refusal) }),
};

function errorOf(refusal: Refusal): { error: OpenAI.ErrorObject } {
  return { error: { message: refusal.message, type: refusal.type, param: refusal.facts.param ?? null, code: refusal.facts.code ?? null } satisfies OpenAI.ErrorObject };
}

function usageOf(usage: Usage): OpenAI.CompletionUsage {
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteShortTokens + usage.cacheWriteLongTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteShortTokens + usage.cacheWriteLongTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
}

function completionOf(answer: Answer): OpenAI.Chat.Completions.ChatCompletion {
  const calls = answer.calls.map((call) => ({ id: call.id, type: 'function' as const, function: { name: call.name, arguments: call.argsText } }));
  const message: OpenAI.Chat.Completions.ChatCompletionMessage = { role: 'assistant', content: answer.text === '' ? null : answer.text, refusal: null, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
  return {
    id: answer.id, object: 'chat.completion', created: answer.created, model: answer.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH[answer.stop] }], usage: usageOf(answer.usage),
  };
}

function* chunksOf(answer: Answer, { reportsUsage, model }: Conversation): Generator<StreamEvent> {
  const head = { id: answer.id, object: 'chat.completion.chunk', created: answer.created, model: answer.model } as const;
  const chunk = (delta: Delta, finish: Choice['finish_reason'] = null): StreamEvent => ({
    event: null,
    data: { ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...(reportsUsage ? { usage: null } : {}) } satisfies Chunk,
  });
  yield chunk({ role: 'assistant', content: '' });
  // OpenAI keeps its models' thinking to itself on this wire.
  if (!isOpenAiModel(model)) for (const thought of pieces(answer.thinking)) yield chunk({ reasoning_content: thought });
  for (const text of pieces(answer.text)) yield chunk({ content: text });
  for (const [index, call] of answer.calls.entries()) {
    yield chunk({ tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] });
    for (const args of pieces(call.argsText)) yield chunk({ tool_calls: [{ index, function: { arguments: args } }] });
  }
  yield chunk({}, FINISH[answer.stop]);
  if (reportsUsage) yield { event: null, data: { ...head, choices: [], usage: usageOf(answer.usage) } satisfies Chunk, usage: answer.usage };
}
