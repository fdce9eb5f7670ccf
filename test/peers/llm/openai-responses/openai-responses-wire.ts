// The Responses API, typed by the vendor's SDK: what does not fit its types does not compile.
import type OpenAI from 'openai';
import type { Fault } from '../faults';
import { keyOf } from '../openai-chat/openai-chat-request';
import { Refusal } from '../refusal';
import { token, type Answer, type FinishedCall, type Usage } from '../turn';
import { modelInBody, pieces, type StreamEvent, type Wire } from '../wire';
import { readRequest } from './openai-responses-request';

type Event = OpenAI.Responses.ResponseStreamEvent;
type Item = OpenAI.Responses.ResponseOutputMessage | OpenAI.Responses.ResponseReasoningItem | OpenAI.Responses.ResponseFunctionToolCall;
type Response = Omit<OpenAI.Responses.Response, 'output_text'>;
/** An event before it is numbered; the responses that it carries lack what only the SDK adds. */
type Unnumbered = Event extends infer E ? (E extends { sequence_number: number } ? Omit<E, 'sequence_number' | 'response'> & (E extends { response: unknown } ? { response: Response } : unknown) : never) : never;

const BY_STATUS: Readonly<Record<number, readonly [type: string, code: string | undefined, message: string]>> = {
  400: ['invalid_request_error', undefined, 'The request is not valid.'],
  401: ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'],
  402: ['insufficient_quota', 'insufficient_quota', 'You have no credits left.'],
  403: ['permission_error', undefined, 'You do not have access to this resource.'],
  404: ['invalid_request_error', 'model_not_found', 'The model does not exist or you do not have access to it.'],
  413: ['invalid_request_error', undefined, 'Request too large.'],
  429: ['requests', 'rate_limit_exceeded', 'Rate limit reached for requests per min (RPM).'],
  500: ['server_error', undefined, 'The server had an error while processing your request. Sorry about that!'],
  503: ['service_unavailable_error', 'server_is_overloaded', 'Our servers are currently overloaded. Please try again later.'],
  529: ['service_unavailable_error', 'server_is_overloaded', 'Our servers are currently overloaded. Please try again later.'],
};
/** The type of a fault that ends a begun answer as failed, instead of the stream. */
const FAILED = 'response.failed';

export const openAiResponsesWire: Wire = {
  name: 'openai-responses',
  requestIdHeader: 'x-request-id',
  hasCacheBreakpoints: false,
  countsCacheWrites: true,
  serves: (path) => path === '/v1/responses',
  newRequestId: () => `req_${token(32).toLowerCase()}`,
  keyOf: ({ headers }) => keyOf(headers),
  modelOf: modelInBody,
  read: readRequest,
  checkWindow(prompt, window) {
    if (prompt > window) throw new Refusal(400, 'invalid_request_error', 'Your input exceeds the context window of this model. Please adjust your input and try again.', { code: 'context_length_exceeded', param: 'input' });
  },
  faultRefusal(fault: Fault) {
    const status = fault.status ?? 503;
    const [type, code, message] = BY_STATUS[status] ?? ['server_error', undefined, 'The server had an error.'];
    const given = fault.code ?? (fault.type && fault.type !== FAILED ? undefined : code);
    return new Refusal(status, fault.type ?? type, fault.message ?? message, { ...(given ? { code: given } : {}), headers: fault.headers ?? {} });
  },
  message: (answer) => responseOf(answer, itemsOf(answer), endOf(answer)),
  *events(answer) {
    let number = 0;
    for (const { usage, ...event } of eventsOf(answer)) yield { event: event.type, data: { ...event, sequence_number: number++ }, ...(usage ? { usage } : {}) };
  },
  errorBody: ({ type, message, facts }) => ({ error: { message, type, param: facts.param ?? null, code: facts.code ?? null } satisfies OpenAI.ErrorObject }),
  errorEvent: (refusal, requestId): StreamEvent => (refusal.type === FAILED ? failedEvent(refusal, requestId) : errorEvent(refusal)),
};

function errorEvent({ message, facts }: Refusal): StreamEvent {
  const event: OpenAI.Responses.ResponseErrorEvent = { type: 'error', code: facts.code ?? null, message, param: null, sequence_number: 99 };
  return { event: event.type, data: event };
}

function failedEvent({ message, facts }: Refusal, requestId: string): StreamEvent {
  const code = (facts.code ?? 'server_error') as OpenAI.Responses.ResponseError['code'];
  const answer = { id: `resp_${requestId}`, model: 'gpt', created: 0 };
  const response: Response = { ...responseOf(answer, [], { status: 'failed' }), error: { code, message } };
  return { event: FAILED, data: { type: FAILED, sequence_number: 99, response } };
}

type End = Pick<Response, 'status' | 'incomplete_details' | 'usage'>;

function endOf(answer: Answer): Partial<End> & { status: NonNullable<End['status']> } {
  const isCut = answer.stop === 'length' || answer.stop === 'window';
  return { status: isCut ? 'incomplete' : 'completed', incomplete_details: isCut ? { reason: 'max_output_tokens' } : null, usage: usageOf(answer.usage) };
}

function responseOf({ id, model, created }: Pick<Answer, 'id' | 'model' | 'created'>, output: Item[], end: Partial<End> = { status: 'in_progress' }): Response {
  return {
    id, object: 'response', created_at: created, model, output, access_programs: null, error: null, incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true,
    temperature: 1, tool_choice: 'auto', tools: [], top_p: 1, ...end,
  };
}

function usageOf(usage: Usage): OpenAI.Responses.ResponseUsage {
  const written = usage.cacheWriteShortTokens + usage.cacheWriteLongTokens;
  const input = usage.inputTokens + usage.cacheReadTokens + written;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: written,
      cache_write_tokens_details: { ttl_30m_tokens: usage.cacheWriteShortTokens, ttl_12h_tokens: usage.cacheWriteLongTokens },
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
  };
}

function itemsOf(answer: Answer): Item[] {
  const text = answer.stop === 'refusal' ? { type: 'refusal' as const, refusal: answer.text } : { type: 'output_text' as const, text: answer.text, annotations: [], logprobs: [] };
  const phase = answer.calls.length > 0 ? ('commentary' as const) : null;
  return [
    ...(answer.thinking === '' ? [] : [{ type: 'reasoning' as const, id: `rs_${token(48)}`, summary: [{ type: 'summary_text' as const, text: answer.thinking }], encrypted_content: answer.signature }]),
    ...(answer.text === '' ? [] : [{ type: 'message' as const, id: `msg_${token(48)}`, role: 'assistant' as const, status: 'completed' as const, content: [text], ...(phase ? { phase } : {}) }]),
    ...answer.calls.map((call) => ({ type: 'function_call' as const, id: `fc_${token(48)}`, call_id: call.id, name: call.name, arguments: call.argsText, status: 'completed' as const })),
  ];
}

type Emitted = Unnumbered & { usage?: Usage };

function* eventsOf(answer: Answer): Generator<Emitted> {
  yield { type: 'response.created', response: responseOf(answer, []) };
  yield { type: 'response.in_progress', response: responseOf(answer, []) };
  const items = itemsOf(answer);
  for (const [output_index, item] of items.entries()) {
    yield { type: 'response.output_item.added', output_index, item: begun(item) };
    yield* itemEvents(item, output_index, answer.calls);
    yield { type: 'response.output_item.done', output_index, item };
  }
  const response = responseOf(answer, items, endOf(answer));
  yield { type: response.status === 'incomplete' ? 'response.incomplete' : 'response.completed', response, usage: answer.usage };
}

function begun(item: Item): Item {
  if (item.type === 'message') return { ...item, status: 'in_progress', content: [] };
  if (item.type === 'reasoning') return { type: 'reasoning', id: item.id, summary: [], encrypted_content: '' };
  return { ...item, status: 'in_progress', arguments: '' };
}

function* itemEvents(item: Item, output_index: number, calls: readonly FinishedCall[]): Generator<Emitted> {
  const item_id = item.id ?? '';
  if (item.type === 'reasoning') yield* reasoningEvents(item.summary[0]?.text ?? '', { item_id, output_index, summary_index: 0 });
  if (item.type === 'message') yield* messageEvents(item, { item_id, output_index, content_index: 0 });
  if (item.type !== 'function_call') return;
  const args = calls.find(({ id }) => id === item.call_id)?.argsText ?? '';
  for (const delta of pieces(args)) yield { type: 'response.function_call_arguments.delta', item_id, output_index, delta };
  yield { type: 'response.function_call_arguments.done', item_id, output_index, arguments: args };
}

function* reasoningEvents(text: string, at: { item_id: string; output_index: number; summary_index: number }): Generator<Emitted> {
  yield { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } };
  for (const delta of pieces(text)) yield { type: 'response.reasoning_summary_text.delta', ...at, delta };
  yield { type: 'response.reasoning_summary_text.done', ...at, text };
}

function* messageEvents({ content: [part] }: OpenAI.Responses.ResponseOutputMessage, at: { item_id: string; output_index: number; content_index: number }): Generator<Emitted> {
  if (part?.type === 'output_text') {
    yield { type: 'response.content_part.added', ...at, part: { ...part, text: '' } };
    for (const delta of pieces(part.text)) yield { type: 'response.output_text.delta', ...at, delta, logprobs: [] };
    yield { type: 'response.output_text.done', ...at, text: part.text, logprobs: [] };
  }
  if (part?.type !== 'refusal') return;
  yield { type: 'response.content_part.added', ...at, part: { type: 'refusal', refusal: '' } };
  for (const delta of pieces(part.refusal)) yield { type: 'response.refusal.delta', ...at, delta };
  yield { type: 'response.refusal.done', ...at, refusal: part.refusal };
}
