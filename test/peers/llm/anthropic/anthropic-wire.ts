// The Anthropic Messages API, typed by the vendor's SDK: what does not fit its types does not compile.
import type Anthropic from '@anthropic-ai/sdk';
import type { Fault } from '../faults';
import { Refusal } from '../refusal';
import { token, type Answer, type Usage } from '../turn';
import { modelInBody, pieces, type StreamEvent, type Wire } from '../wire';
import { keyOf, readRequest } from './anthropic-request';

type Event = Anthropic.RawMessageStreamEvent;

const STOPS: Record<Answer['stop'], Anthropic.StopReason> = { stop: 'end_turn', tool: 'tool_use', refusal: 'refusal', length: 'max_tokens', window: 'model_context_window_exceeded' };

const BY_STATUS: Readonly<Record<number, readonly [type: Anthropic.ErrorType, message: string]>> = {
  400: ['invalid_request_error', 'The request is not valid.'],
  401: ['authentication_error', 'invalid x-api-key'],
  402: ['billing_error', 'Your credit balance is too low to access the Anthropic API.'],
  403: ['permission_error', 'Your API key does not have permission to use the specified resource.'],
  404: ['not_found_error', 'The requested resource could not be found.'],
  413: ['invalid_request_error', 'Request exceeds the maximum allowed number of bytes.'],
  429: ['rate_limit_error', 'This request would exceed your organization\'s rate limit.'],
  500: ['api_error', 'Internal server error'],
  504: ['timeout_error', 'The request timed out while processing.'],
  529: ['overloaded_error', 'Overloaded'],
};

export const anthropicWire: Wire = {
  name: 'anthropic',
  requestIdHeader: 'request-id',
  hasCacheBreakpoints: true,
  countsCacheWrites: true,
  serves: (path) => path === '/v1/messages',
  newRequestId: () => `req_01${token(22)}`,
  keyOf: ({ headers }) => keyOf(headers),
  modelOf: modelInBody,
  read: readRequest,
  checkWindow(prompt, window) {
    if (prompt > window) throw new Refusal(400, 'invalid_request_error', `prompt is too long: ${prompt} tokens > ${window} maximum`);
  },
  faultRefusal(fault: Fault) {
    const status = fault.status ?? 529;
    const [type, message] = BY_STATUS[status] ?? ['api_error', 'Internal server error'];
    return new Refusal(status, fault.type ?? type, fault.message ?? message, { ...(fault.code ? { code: fault.code } : {}), headers: fault.headers ?? {} });
  },
  message: (answer) => messageOf(answer, contentOf(answer), STOPS[answer.stop], answer.usage),
  *events(answer) {
    for (const { event, usage } of eventsOf(answer)) yield { event: event.type, data: event, ...(usage ? { usage } : {}) };
  },
  errorBody: errorOf,
  errorEvent: (refusal, requestId): StreamEvent => ({ event: 'error', data: errorOf(refusal, requestId) }),
};

function errorOf(refusal: Refusal, requestId: string): Anthropic.ErrorResponse & { error: { details?: { error_code: string } } } {
  const error = { type: refusal.type, message: refusal.message, ...(refusal.facts.code ? { details: { error_code: refusal.facts.code } } : {}) } as Anthropic.ErrorObject;
  return { type: 'error', error, request_id: requestId } satisfies Anthropic.ErrorResponse;
}

function contentOf(answer: Answer): Anthropic.ContentBlock[] {
  return [
    ...(answer.thinking === '' ? [] : [{ type: 'thinking', thinking: answer.thinking, signature: answer.signature } satisfies Anthropic.ThinkingBlock]),
    ...(answer.text === '' ? [] : [{ type: 'text', text: answer.text, citations: null } satisfies Anthropic.TextBlock]),
    ...answer.calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: inputOf(call.argsText), caller: { type: 'direct' } }) satisfies Anthropic.ToolUseBlock),
  ];
}

/** Outside a stream the vendor parses the arguments itself; what is not JSON arrives empty. */
function inputOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return {};
  }
}

function usageOf(usage: Usage): Anthropic.Usage {
  return {
    input_tokens: usage.inputTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation_input_tokens: usage.cacheWriteShortTokens + usage.cacheWriteLongTokens,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWriteShortTokens, ephemeral_1h_input_tokens: usage.cacheWriteLongTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: 'standard',
  };
}

function messageOf(answer: Answer, content: Anthropic.ContentBlock[], stop: Anthropic.StopReason | null, usage: Usage): Anthropic.Message {
  return {
    id: answer.id, type: 'message', role: 'assistant', model: answer.model, content, container: null, diagnostics: null,
    stop_reason: stop, stop_sequence: null, stop_details: stop === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null, usage: usageOf(usage),
  };
}

function* eventsOf(answer: Answer): Generator<{ event: Event | { type: 'ping' }; usage?: Usage }> {
  const started: Usage = { ...answer.usage, outputTokens: 1, reasoningTokens: 0 };
  yield { event: { type: 'message_start', message: messageOf(answer, [], null, started) } satisfies Event, usage: started };
  yield { event: { type: 'ping' } };
  let index = 0;
  for (const block of contentOf(answer)) yield* blockEvents(block, index++, answer);
  const { server_tool_use, output_tokens, output_tokens_details, input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usageOf(answer.usage);
  const { stop_reason, stop_sequence, stop_details, container } = messageOf(answer, [], STOPS[answer.stop], answer.usage);
  const usage = { server_tool_use, output_tokens, output_tokens_details, input_tokens, cache_read_input_tokens, cache_creation_input_tokens };
  yield { event: { type: 'message_delta', delta: { stop_reason, stop_sequence, stop_details, container }, usage } satisfies Event, usage: answer.usage };
  yield { event: { type: 'message_stop' } satisfies Event };
}

function* blockEvents(block: Anthropic.ContentBlock, index: number, answer: Answer): Generator<{ event: Event }> {
  const delta = (change: Anthropic.RawContentBlockDelta): { event: Event } => ({ event: { type: 'content_block_delta', index, delta: change } satisfies Event });
  if (block.type === 'thinking') {
    yield { event: { type: 'content_block_start', index, content_block: { type: 'thinking', thinking: '', signature: '' } } satisfies Event };
    for (const thinking of pieces(block.thinking)) yield delta({ type: 'thinking_delta', thinking });
    yield delta({ type: 'signature_delta', signature: block.signature });
  } else if (block.type === 'text') {
    yield { event: { type: 'content_block_start', index, content_block: { type: 'text', text: '', citations: null } } satisfies Event };
    for (const text of pieces(block.text)) yield delta({ type: 'text_delta', text });
  } else if (block.type === 'tool_use') {
    yield { event: { type: 'content_block_start', index, content_block: { ...block, input: {} } } satisfies Event };
    const args = answer.calls.find(({ id }) => id === block.id)?.argsText ?? '{}';
    // The vendor sends {} as no text at all.
    if (args !== '{}') for (const partial_json of pieces(args)) yield delta({ type: 'input_json_delta', partial_json });
  }
  yield { event: { type: 'content_block_stop', index } satisfies Event };
}
