import type { GateRefusal } from '@app/agent';
import { newId } from '@app/common';
import type { ModelEnd, StopReason, ToolSpec } from '@app/providers';
import { argumentsOf, contentText, isRecord, listAt, recordAt, schemaOf, textAt, tokensAt, type Json } from './json';
import { argumentsObject, plainAnswer, Transcript } from './transcript';
import { jsonEvent, type InwardCall, type InwardWire, type SseEvent } from './wire';

const STOPS: Readonly<Record<StopReason, string>> = { stop: 'end_turn', tool: 'tool_use', length: 'max_tokens', refusal: 'refusal' };
const TYPES: Readonly<Record<number, string>> = { 400: 'invalid_request_error', 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error', 404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 503: 'overloaded_error' };

/** Anthropic's Messages. */
export const anthropic: InwardWire = {
  ping: 'event: ping\ndata: {"type": "ping"}\n\n',
  read: (body) => readCall(recordAt(body, 'the body')),
  refusal: errorBody,
  refusalEvent: (refusal, status) => jsonEvent(errorBody(refusal, status), 'error'),
};

function errorBody({ code, message }: GateRefusal, status: number): object {
  return { type: 'error', error: { type: TYPES[status] ?? 'api_error', message: code === 'context_overflow' ? `prompt is too long: ${message}` : `${message} (${code})` }, request_id: null };
}

function readCall(body: Json): InwardCall {
  const model = textAt(body['model'], 'model');
  const transcript = new Transcript();
  transcript.addSystem(contentText(body['system']));
  for (const [n, message] of listAt(body['messages'], 'messages').entries()) addMessage(transcript, recordAt(message, `messages[${n}]`));
  const { system, messages } = transcript;
  return {
    request: { model, system, messages, tools: toolsOf(body['tools']), maxTokens: tokensAt(body['max_tokens']) },
    streams: body['stream'] === true,
    answer: (end) => ({ ...head(model), content: contentOf(end), stop_reason: STOPS[end.stop], stop_sequence: null, usage: usageOf(end) }),
    events: (end) => eventsOf(model, end),
  };
}

function addMessage(transcript: Transcript, { role, content }: Json): void {
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [{ type: 'text', text: contentText(content) }];
  for (const block of blocks) if (isRecord(block)) addBlock(transcript, block, role === 'assistant');
}

function addBlock(transcript: Transcript, block: Json, isAssistant: boolean): void {
  switch (block['type']) {
    case 'thinking':
    case 'redacted_thinking':
      return;
    case 'tool_use':
      return transcript.addCall(String(block['id']), String(block['name']), argumentsOf(block['input']));
    case 'tool_result':
      return transcript.addResult(String(block['tool_use_id']), contentText(block['content']), block['is_error'] === true);
    default:
      return isAssistant ? transcript.addText(contentText([block])) : transcript.addUser(contentText([block]));
  }
}

/** Tools that the vendor runs itself have no schema; we offer none of them. */
function toolsOf(tools: unknown): ToolSpec[] {
  return (Array.isArray(tools) ? (tools as unknown[]) : []).flatMap((tool) =>
    isRecord(tool) && isRecord(tool['input_schema']) ? [{ name: textAt(tool['name'], 'tools[].name'), description: contentText(tool['description']), parameters: schemaOf(tool['input_schema']) }] : [],
  );
}

function contentOf(end: ModelEnd): object[] {
  const { text, calls } = plainAnswer(end);
  return [...(text === '' ? [] : [{ type: 'text', text }]), ...calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: argumentsObject(call) }))];
}

function usageOf({ usage }: ModelEnd): object {
  const { inputTokens, cacheReadTokens, cacheWriteShortTokens, cacheWriteLongTokens, outputTokens } = usage;
  return { input_tokens: inputTokens, cache_read_input_tokens: cacheReadTokens, cache_creation_input_tokens: cacheWriteShortTokens + cacheWriteLongTokens, output_tokens: outputTokens };
}

function eventsOf(model: string, end: ModelEnd): SseEvent[] {
  const event = (type: string, more: object = {}): SseEvent => jsonEvent({ type, ...more }, type);
  const { text, calls } = plainAnswer(end);
  const block = (index: number, start: object, delta: object): SseEvent[] => [
    event('content_block_start', { index, content_block: start }), event('content_block_delta', { index, delta }), event('content_block_stop', { index }),
  ];
  const first = text === '' ? 0 : 1;
  return [
    event('message_start', { message: { ...head(model), content: [], stop_reason: null, stop_sequence: null, usage: { ...usageOf(end), output_tokens: 1 } } }),
    ...(text === '' ? [] : block(0, { type: 'text', text: '' }, { type: 'text_delta', text })),
    ...calls.flatMap((call, n) => block(first + n, { type: 'tool_use', id: call.id, name: call.name, input: {} }, { type: 'input_json_delta', partial_json: JSON.stringify(argumentsObject(call)) })),
    event('message_delta', { delta: { stop_reason: STOPS[end.stop], stop_sequence: null }, usage: usageOf(end) }),
    event('message_stop'),
  ];
}

function head(model: string): { id: string; type: string; role: string; model: string } {
  return { id: `msg_${newId().replaceAll('-', '')}`, type: 'message', role: 'assistant', model };
}
