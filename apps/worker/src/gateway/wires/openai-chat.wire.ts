import type { GateRefusal } from '@app/agent';
import { newId } from '@app/common';
import type { ModelEnd, StopReason, ToolSpec } from '@app/providers';
import { argumentsOf, contentText, isRecord, listAt, recordAt, schemaOf, textAt, tokensAt, type Json } from './json';
import { argumentsText, plainAnswer, Transcript } from './transcript';
import { jsonEvent, type InwardCall, type InwardWire, type SseEvent } from './wire';

const FINISH: Readonly<Record<StopReason, string>> = { stop: 'stop', tool: 'tool_calls', length: 'length', refusal: 'content_filter' };

/** OpenAI's Chat Completions. */
export const openAiChat: InwardWire = {
  ping: ': waiting\n\n',
  read: (body) => readCall(recordAt(body, 'the body')),
  refusal: openAiError,
  refusalEvent: (refusal, status) => jsonEvent(openAiError(refusal, status)),
};

/** An error as both of OpenAI's APIs give it. */
export function openAiError({ code, message }: GateRefusal, status: number): object {
  const type = status === 401 ? 'authentication_error' : status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, param: null, code: code === 'context_overflow' ? 'context_length_exceeded' : code } };
}

function readCall(body: Json): InwardCall {
  const model = textAt(body['model'], 'model');
  const transcript = new Transcript();
  for (const [n, message] of listAt(body['messages'], 'messages').entries()) addMessage(transcript, recordAt(message, `messages[${n}]`));
  const options = isRecord(body['stream_options']) ? body['stream_options'] : {};
  const { system, messages } = transcript;
  return {
    request: { model, system, messages, tools: toolsOf(body['tools']), maxTokens: tokensAt(body['max_completion_tokens'], body['max_tokens']) },
    streams: body['stream'] === true,
    answer: (end) => completion(model, end),
    events: (end) => chunks(model, end, options['include_usage'] === true),
  };
}

function addMessage(transcript: Transcript, message: Json): void {
  const text = contentText(message['content']);
  switch (message['role']) {
    case 'system':
    case 'developer':
      return transcript.addSystem(text);
    case 'tool':
      return transcript.addResult(String(message['tool_call_id']), text);
    case 'assistant':
      return addAssistant(transcript, text, message['tool_calls']);
    default:
      return transcript.addUser(text);
  }
}

function addAssistant(transcript: Transcript, text: string, calls: unknown): void {
  transcript.addText(text);
  for (const [n, call] of (Array.isArray(calls) ? (calls as unknown[]) : []).entries()) {
    const { id, function: called } = recordAt(call, `tool_calls[${n}]`);
    const { name, arguments: args } = recordAt(called, `tool_calls[${n}].function`);
    transcript.addCall(String(id), String(name), argumentsOf(args));
  }
}

function toolsOf(tools: unknown): ToolSpec[] {
  return (Array.isArray(tools) ? (tools as unknown[]) : []).flatMap((tool) => {
    const definition = isRecord(tool) ? tool['function'] : undefined;
    if (!isRecord(definition)) return [];
    return [{ name: textAt(definition['name'], 'tools[].function.name'), description: contentText(definition['description']), parameters: schemaOf(definition['parameters']) }];
  });
}

function toolCalls(end: ModelEnd): object[] {
  return plainAnswer(end).calls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: argumentsText(call) } }));
}

function usageOf(end: ModelEnd): object {
  const { promptTokens } = plainAnswer(end);
  const { outputTokens, cacheReadTokens, reasoningTokens } = end.usage;
  return {
    prompt_tokens: promptTokens, completion_tokens: outputTokens, total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cacheReadTokens }, completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}

function completion(model: string, end: ModelEnd): object {
  const { text, calls } = plainAnswer(end);
  const message = { role: 'assistant', content: text === '' && calls.length > 0 ? null : text, refusal: null, ...(calls.length > 0 ? { tool_calls: toolCalls(end) } : {}) };
  return { ...head(model, 'chat.completion'), choices: [{ index: 0, message, finish_reason: FINISH[end.stop], logprobs: null }], usage: usageOf(end) };
}

function chunks(model: string, end: ModelEnd, withUsage: boolean): SseEvent[] {
  const shared = head(model, 'chat.completion.chunk');
  const chunk = (delta: object, finish: string | null = null): SseEvent => jsonEvent({ ...shared, choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }] });
  const { text } = plainAnswer(end);
  return [
    chunk({ role: 'assistant', content: '' }),
    ...(text === '' ? [] : [chunk({ content: text })]),
    ...toolCalls(end).map((call, index) => chunk({ tool_calls: [{ index, ...call }] })),
    chunk({}, FINISH[end.stop]),
    ...(withUsage ? [jsonEvent({ ...shared, choices: [], usage: usageOf(end) })] : []),
    { name: null, data: '[DONE]' },
  ];
}

function head(model: string, object: string): { id: string; object: string; created: number; model: string } {
  return { id: `chatcmpl-${newId()}`, object, created: Math.floor(Date.now() / 1000), model };
}
