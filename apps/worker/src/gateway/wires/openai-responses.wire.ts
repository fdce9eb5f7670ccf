import { newId } from '@app/common';
import type { ModelEnd, ToolSpec } from '@app/providers';
import { argumentsOf, contentText, isRecord, recordAt, schemaOf, textAt, tokensAt, type Json } from './json';
import { openAiError } from './openai-chat.wire';
import { argumentsText, plainAnswer, Transcript } from './transcript';
import { BadCall, jsonEvent, type InwardCall, type InwardWire, type SseEvent } from './wire';

/** Tools that take free text: the model is offered a function with one string. */
const FREE_TEXT = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'], additionalProperties: false };

/** OpenAI's Responses, as far as agents use it: nothing is stored, so the whole conversation comes with each call. */
export const openAiResponses: InwardWire = {
  ping: ': waiting\n\n',
  read: (body) => readCall(recordAt(body, 'the body')),
  refusal: openAiError,
  refusalEvent: (refusal, status) => {
    const { error } = openAiError(refusal, status) as { error: object };
    return jsonEvent({ type: 'response.failed', sequence_number: 0, response: { id: `resp_${newId()}`, object: 'response', status: 'failed', output: [], error } }, 'response.failed');
  },
};

function readCall(body: Json): InwardCall {
  const model = textAt(body['model'], 'model');
  if (typeof body['previous_response_id'] === 'string') throw new BadCall('previous_response_id: nothing is stored here; send the whole conversation');
  const transcript = new Transcript();
  if (typeof body['instructions'] === 'string') transcript.addSystem(body['instructions']);
  const input = body['input'];
  if (typeof input === 'string') transcript.addUser(input);
  else for (const item of Array.isArray(input) ? (input as unknown[]) : []) if (isRecord(item)) addItem(transcript, item);
  const tools = Array.isArray(body['tools']) ? body['tools'].filter(isRecord) : [];
  const free = new Set(tools.filter((tool) => tool['type'] === 'custom').map((tool) => String(tool['name'])));
  const { system, messages } = transcript;
  return {
    request: { model, system, messages, tools: tools.flatMap(toolOf), maxTokens: tokensAt(body['max_output_tokens']) },
    streams: body['stream'] === true,
    answer: (end) => responseOf({ model, id: newResponseId() }, end, outputOf(end, free)),
    events: (end) => eventsOf({ model, id: newResponseId() }, end, outputOf(end, free)),
  };
}

function addItem(transcript: Transcript, item: Json): void {
  switch (item['type']) {
    case 'function_call':
      return transcript.addCall(String(item['call_id']), String(item['name']), argumentsOf(item['arguments']));
    case 'custom_tool_call':
      return transcript.addCall(String(item['call_id']), String(item['name']), { input: contentText(item['input']) });
    case 'function_call_output':
    case 'custom_tool_call_output':
      return transcript.addResult(String(item['call_id']), contentText(item['output']));
    case 'message':
    case undefined:
      return addMessage(transcript, item);
    default:
      // Reasoning is put back where its turn is known; tools of the vendor's own are not offered.
      return;
  }
}

function addMessage(transcript: Transcript, { role, content }: Json): void {
  const text = contentText(content);
  if (role === 'system' || role === 'developer') transcript.addSystem(text);
  else if (role === 'assistant') transcript.addText(text);
  else transcript.addUser(text);
}

function toolOf(tool: Json): ToolSpec[] {
  const { type, name, description, parameters } = tool;
  if ((type !== 'function' && type !== 'custom') || typeof name !== 'string') return [];
  return [{ name, description: contentText(description), parameters: type === 'custom' ? FREE_TEXT : schemaOf(parameters) }];
}

type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

function outputOf(end: ModelEnd, free: ReadonlySet<string>): Item[] {
  const { text, calls } = plainAnswer(end);
  const said: Item[] = text === '' ? [] : [{ id: `msg_${newId()}`, type: 'message', status: 'completed', role: 'assistant', content: [{ type: 'output_text', text, annotations: [], logprobs: [] }] }];
  return [
    ...said,
    ...calls.map((call): Item => {
      const shared = { call_id: call.id, name: call.name, status: 'completed' };
      if (!free.has(call.name)) return { id: `fc_${newId()}`, type: 'function_call', ...shared, arguments: argumentsText(call) };
      return { id: `ctc_${newId()}`, type: 'custom_tool_call', ...shared, input: isRecord(call.args) ? contentText(call.args['input']) : argumentsText(call) };
    }),
  ];
}

interface Identity {
  readonly model: string;
  readonly id: string;
}

function responseOf({ model, id }: Identity, end: ModelEnd, output: readonly Item[]): object {
  const { promptTokens } = plainAnswer(end);
  const { outputTokens, cacheReadTokens, reasoningTokens } = end.usage;
  const cut = end.stop === 'length' ? 'max_output_tokens' : end.stop === 'refusal' ? 'content_filter' : null;
  return {
    id, object: 'response', created_at: Math.floor(Date.now() / 1000), model, status: cut === null ? 'completed' : 'incomplete', output, error: null,
    incomplete_details: cut === null ? null : { reason: cut }, parallel_tool_calls: true, tool_choice: 'auto', tools: [], instructions: null, metadata: {}, temperature: null, top_p: null,
    usage: {
      input_tokens: promptTokens, input_tokens_details: { cached_tokens: cacheReadTokens }, output_tokens: outputTokens, output_tokens_details: { reasoning_tokens: reasoningTokens }, total_tokens: promptTokens + outputTokens,
    },
  };
}

function eventsOf(identity: Identity, end: ModelEnd, output: readonly Item[]): SseEvent[] {
  const whole = responseOf(identity, end, output) as Json;
  const begun = { ...whole, status: 'in_progress', output: [], usage: null, incomplete_details: null };
  const last = whole['status'] === 'completed' ? 'response.completed' : 'response.incomplete';
  const bare: [string, object][] = [
    ['response.created', { response: begun }], ['response.in_progress', { response: begun }],
    ...output.flatMap((item, n) => itemEvents(item, n)),
    [last, { response: whole }],
  ];
  return bare.map(([type, more], sequence) => jsonEvent({ type, sequence_number: sequence, ...more }, type));
}

function itemEvents(item: Item, output_index: number): [string, object][] {
  const at = { item_id: item.id, output_index };
  const done: [string, object] = ['response.output_item.done', { output_index, item }];
  const added = (empty: object): [string, object] => ['response.output_item.added', { output_index, item: { ...item, ...empty, status: 'in_progress' } }];
  if (item.type === 'function_call') {
    return [added({ arguments: '' }), ['response.function_call_arguments.delta', { ...at, delta: item['arguments'] }], ['response.function_call_arguments.done', { ...at, name: item['name'], arguments: item['arguments'] }], done];
  }
  if (item.type === 'custom_tool_call') return [added({ input: '' }), ['response.custom_tool_call_input.delta', { ...at, delta: item['input'] }], ['response.custom_tool_call_input.done', { ...at, input: item['input'] }], done];
  const [part] = item['content'] as { text: string }[];
  const text = part?.text ?? '';
  const place = { ...at, content_index: 0 };
  return [
    added({ content: [] }), ['response.content_part.added', { ...place, part: { ...part, text: '' } }], ['response.output_text.delta', { ...place, delta: text, logprobs: [] }],
    ['response.output_text.done', { ...place, text, logprobs: [] }], ['response.content_part.done', { ...place, part }], done,
  ];
}

function newResponseId(): string {
  return `resp_${newId().replaceAll('-', '')}`;
}
