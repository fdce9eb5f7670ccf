// Reads a Responses request and refuses what the vendor refuses.
import type OpenAI from 'openai';
import { asList, asObject, asPositive, asText, foreignField, type Refuse } from '../check';
import type { Conversation, Entry, PeerCall } from '../conversation';
import { checkKey, isOpenAiModel, keyOf } from '../openai-chat/openai-chat-request';
import { Refusal } from '../refusal';
import { signatureOf } from '../turn';
import type { VendorRequest } from '../wire';

type Params = OpenAI.Responses.ResponseCreateParamsStreaming;
type Fields<T> = Readonly<Record<keyof T & string, true>>;
type Item = Record<string, unknown>;

const FIELDS: Fields<Required<Params>> = {
  model: true, input: true, instructions: true, stream: true, store: true, include: true, max_output_tokens: true, tools: true, tool_choice: true, parallel_tool_calls: true,
  reasoning: true, prompt_cache_key: true, prompt_cache_options: true, prompt_cache_retention: true, text: true, temperature: true, top_p: true, top_logprobs: true, truncation: true,
  access_programs: true, background: true, context_management: true, conversation: true, image: true, max_tool_calls: true, metadata: true, moderation: true, previous_response_id: true,
  prompt: true, safety_identifier: true, service_tier: true, stream_options: true, user: true,
};
const TOOL: Fields<Required<OpenAI.Responses.FunctionTool>> = { type: true, name: true, description: true, parameters: true, strict: true, allowed_callers: true, async: true, defer_loading: true, output_schema: true };
const ITEMS = {
  message: { type: true, role: true, content: true, phase: true, id: true, status: true } satisfies Fields<Required<OpenAI.Responses.ResponseOutputMessage>>,
  reasoning: { type: true, id: true, summary: true, content: true, encrypted_content: true, status: true } satisfies Fields<Required<OpenAI.Responses.ResponseReasoningItem>>,
  function_call: { type: true, id: true, call_id: true, name: true, arguments: true, status: true, async: true, caller: true, namespace: true } satisfies Fields<Required<OpenAI.Responses.ResponseFunctionToolCall>>,
  function_call_output: { type: true, id: true, call_id: true, output: true, status: true, caller: true, name: true, namespace: true } satisfies Fields<Required<OpenAI.Responses.ResponseInputItem.FunctionCallOutput>>,
} as const;
const CONTENT: Readonly<Record<string, readonly string[]>> = { user: ['input_text'], system: ['input_text'], developer: ['input_text'], assistant: ['output_text', 'refusal'] };
const EFFORTS: readonly unknown[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const LONGEST_ID = 64;
const LEAST_OUTPUT = 16;

const refuse: Refuse = (message) => {
  throw new Refusal(400, 'invalid_request_error', message);
};

function refuseField(message: string, param: string, code: string): never {
  throw new Refusal(400, 'invalid_request_error', message, { param, code });
}

export function readRequest({ headers, body }: VendorRequest): Conversation {
  const key = keyOf(headers);
  const params = asObject(body, 'body', refuse);
  const model = asText(params.model, 'model', refuse);
  checkKey(key, true);
  if (!isOpenAiModel(model) || model.includes('no-such')) throw new Refusal(404, 'invalid_request_error', `The model \`${model}\` does not exist or you do not have access to it.`, { code: 'model_not_found' });
  const foreign = foreignField(params, FIELDS);
  if (foreign) refuseField(`Unknown parameter: '${foreign}'.`, foreign, 'unknown_parameter');
  checkParams(params, key);
  const tools = toolsOf(params.tools);
  const items = itemsOf(params.input);
  checkReasoning(items, model);
  checkCalls(items);
  const instructions = params.instructions === undefined || params.instructions === null ? '' : asText(params.instructions, 'instructions', refuse);
  return {
    wire: 'openai-responses', key, model, reportsUsage: true,
    maxTokens: asPositive(params.max_output_tokens ?? 4_096, 'max_output_tokens', refuse),
    thinks: (params.reasoning as OpenAI.Reasoning | undefined)?.effort !== 'none',
    stream: params.stream === true,
    system: instructions,
    tools: tools.map(({ name }) => name),
    entries: entriesOf(items),
    pieces: [...tools.map((tool) => JSON.stringify(tool)), instructions, ...items.map((item) => JSON.stringify(item))].map((text) => ({ text, isBreakpoint: false })),
  };
}

function checkParams(params: Item, key: string): void {
  const { max_output_tokens: most, reasoning, include } = params;
  if (typeof most === 'number' && most < LEAST_OUTPUT) refuseField(`Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${LEAST_OUTPUT}, but got ${most} instead.`, 'max_output_tokens', 'integer_below_min_value');
  for (const name of ['temperature', 'top_p']) if (params[name] !== undefined) refuseField(`Unsupported parameter: '${name}' is not supported with this model.`, name, 'unsupported_parameter');
  if (params.previous_response_id !== undefined) refuseField('Previous response cannot be used for this organization due to Zero Data Retention.', 'previous_response_id', 'previous_response_not_found');
  if (include !== undefined && asList(include, 'include', refuse).some((name) => name !== 'reasoning.encrypted_content')) refuse('Invalid value in \'include\'.');
  if (reasoning !== undefined) checkEffort(asObject(reasoning, 'reasoning', refuse), key);
}

function checkEffort({ effort, summary }: Item, key: string): void {
  if (effort !== undefined && !EFFORTS.includes(effort)) refuseField('Invalid value of \'reasoning.effort\'.', 'reasoning.effort', 'invalid_value');
  if (summary !== undefined && key.includes('unverified')) refuseField('Your organization must be verified to generate reasoning summaries.', 'reasoning.summary', 'unsupported_value');
}

function toolsOf(value: unknown): { name: string }[] {
  if (value === undefined) return [];
  return asList(value, 'tools', refuse).map((item, n) => {
    const tool = asObject(item, `tools[${n}]`, refuse);
    const foreign = foreignField(tool, TOOL);
    if (foreign) refuseField(`Unknown parameter: 'tools[${n}].${foreign}'.`, `tools[${n}].${foreign}`, 'unknown_parameter');
    if (tool.type !== 'function') refuse(`Invalid value: '${String(tool.type)}'.`);
    const name = asText(tool.name, `tools[${n}].name`, refuse);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) refuse(`Invalid 'tools[${n}].name': string does not match pattern.`);
    if (asObject(tool.parameters, `tools[${n}].parameters`, refuse).type !== 'object') refuse(`Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"'.`);
    if (typeof tool.strict !== 'boolean') refuseField(`Missing required parameter: 'tools[${n}].strict'.`, `tools[${n}].strict`, 'missing_required_parameter');
    return { ...tool, name };
  });
}

function itemsOf(value: unknown): Item[] {
  if (typeof value === 'string') return [{ type: 'message', role: 'user', content: value }];
  const items = asList(value, 'input', refuse).map((entry, n) => {
    const item = asObject(entry, `input[${n}]`, refuse);
    return itemOf({ ...item, type: item.type ?? 'message' }, n);
  });
  return items.length > 0 ? items : refuse('Invalid \'input\': empty array. Expected an array with minimum length 1, but got an empty array instead.');
}

function itemOf(item: Item, n: number): Item {
  const allowed = ITEMS[item.type as keyof typeof ITEMS] as Readonly<Record<string, true>> | undefined;
  if (!allowed) return refuseField(`Invalid value: '${String(item.type)}'.`, `input[${n}]`, 'invalid_value');
  const foreign = foreignField(item, allowed);
  if (foreign) refuseField(`Unknown parameter: 'input[${n}].${foreign}'.`, `input[${n}].${foreign}`, 'unknown_parameter');
  if (item.type === 'message') checkMessage(item, n);
  if (item.type === 'function_call' || item.type === 'function_call_output') {
    const id = asText(item.call_id, `input[${n}].call_id`, refuse);
    if (id.length > LONGEST_ID) refuseField(`Invalid 'input[${n}].call_id': string too long. Expected a string with maximum length ${LONGEST_ID}, but got a string with length ${id.length} instead.`, `input[${n}].call_id`, 'string_above_max_length');
  }
  if (item.type === 'function_call') asText(item.arguments, `input[${n}].arguments`, refuse);
  if (item.type === 'function_call_output') asText(item.output, `input[${n}].output`, refuse);
  // Nothing of this conversation was stored, so no item of it can be named.
  if (item.type !== 'reasoning' && typeof item.id === 'string') throw new Refusal(404, 'invalid_request_error', `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false.`);
  return item;
}

function checkMessage(item: Item, n: number): void {
  const types = CONTENT[String(item.role)] ?? refuse(`Invalid value: '${String(item.role)}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`);
  if (typeof item.content === 'string') return;
  asList(item.content, `input[${n}].content`, refuse).forEach((entry, at) => {
    const part = asObject(entry, `input[${n}].content[${at}]`, refuse);
    if (!types.includes(String(part.type))) refuse(`Invalid value: '${String(part.type)}'. Supported values are: ${types.join(', ')}. (input[${n}].content[${at}])`);
  });
}

/** Reasoning belongs to the model that had it, unchanged, and stands in front of what it led to. */
function checkReasoning(items: readonly Item[], model: string): void {
  for (const [n, item] of items.entries()) {
    if (item.type !== 'reasoning') continue;
    const summary = asList(item.summary, `input[${n}].summary`, refuse) as { text: string }[];
    if (typeof item.encrypted_content !== 'string') throw new Refusal(404, 'invalid_request_error', `Item with id '${String(item.id)}' not found. Items are not persisted when \`store\` is set to false.`);
    if (item.encrypted_content !== signatureOf(model, summary.map(({ text }) => text).join('\n\n'))) refuseField('The encrypted content could not be verified.', `input[${n}]`, 'invalid_encrypted_content');
    const next = items[n + 1];
    const leadsOn = next?.type === 'function_call' || next?.type === 'reasoning' || (next?.type === 'message' && next.role === 'assistant');
    if (!leadsOn) refuse(`Item '${String(item.id)}' of type 'reasoning' was provided without its required following item.`);
  }
}

function checkCalls(items: readonly Item[]): void {
  const open = new Set<string>();
  for (const item of items) {
    const id = String(item.call_id);
    if (item.type === 'function_call') open.add(id);
    else if (item.type === 'function_call_output' && !open.delete(id)) refuseField(`No tool call found for function call output with call_id ${id}.`, 'input', 'invalid_value');
    else if (item.type === 'message' && open.size > 0) break;
  }
  const [missing] = open;
  if (missing !== undefined) refuseField(`No tool output found for function call ${missing}.`, 'input', 'invalid_value');
}

function entriesOf(items: readonly Item[]): Entry[] {
  const entries: Entry[] = [];
  for (const item of items) {
    const last = entries.at(-1);
    if (item.type === 'function_call_output') {
      const text = String(item.output);
      const results = [...(last?.role === 'tool' ? last.results : []), { callId: String(item.call_id), text, isError: text.startsWith('Error: ') }];
      if (last?.role === 'tool') entries.pop();
      entries.push({ role: 'tool', results });
    } else if (item.type === 'message' && item.role !== 'assistant') entries.push({ role: 'user', text: textOf(item) });
    else entries.push(joined(last?.role === 'assistant' ? entries.pop() : undefined, item));
  }
  return entries;
}

/** All items of the model between two of the user's are one turn. */
function joined(turn: Entry | undefined, item: Item): Entry {
  const { text = '', calls = [] } = turn?.role === 'assistant' ? turn : {};
  if (item.type === 'function_call') return { role: 'assistant', text, calls: [...calls, callOf(item)] };
  return { role: 'assistant', calls, text: item.type === 'message' ? [text, textOf(item)].filter((part) => part !== '').join('\n') : text };
}

function callOf(item: Item): PeerCall {
  try {
    return { id: String(item.call_id), name: String(item.name), args: JSON.parse(String(item.arguments)) as unknown };
  } catch {
    return refuse('Invalid arguments of a function call: not JSON');
  }
}

function textOf({ content }: Item): string {
  if (typeof content === 'string') return content;
  return (content as { text?: string; refusal?: string }[]).map((part) => part.text ?? part.refusal ?? '').join('\n');
}
