// Reads a Chat Completions request and refuses what the vendor refuses. Models named gpt-* are OpenAI's own; others stand for
// the servers that imitate it, which know older and newer fields.
import type OpenAI from 'openai';
import { asList, asObject, asPositive, asText, foreignField, type Refuse } from '../check';
import type { Conversation, Entry, PeerCall } from '../conversation';
import { Refusal } from '../refusal';
import type { VendorRequest } from '../wire';

type Params = OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming;
type Fields<T> = Readonly<Record<keyof T & string, true>>;
type Message = Record<string, unknown>;

const FIELDS: Fields<Required<Params>> = {
  messages: true, model: true, stream: true, audio: true, frequency_penalty: true, function_call: true, functions: true, logit_bias: true, logprobs: true,
  max_completion_tokens: true, max_tokens: true, metadata: true, modalities: true, moderation: true, n: true, parallel_tool_calls: true, prediction: true,
  presence_penalty: true, prompt_cache_key: true, prompt_cache_options: true, prompt_cache_retention: true, reasoning_effort: true, response_format: true,
  safety_identifier: true, seed: true, service_tier: true, stop: true, store: true, stream_options: true, temperature: true, tool_choice: true, tools: true,
  top_logprobs: true, top_p: true, user: true, verbosity: true, web_search_options: true,
};
const BY_ROLE: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  system: { role: true, content: true, name: true },
  developer: { role: true, content: true, name: true },
  user: { role: true, content: true, name: true },
  assistant: { role: true, content: true, tool_calls: true, name: true, refusal: true, audio: true, function_call: true },
  tool: { role: true, content: true, tool_call_id: true },
};
/** What servers that are not OpenAI's take besides. */
const EXTRA: Readonly<Record<string, Readonly<Record<string, true>>>> = { assistant: { reasoning_content: true }, tool: { name: true } };
const LONGEST_ID = 40;

const refuse: Refuse = (message) => {
  throw new Refusal(400, 'invalid_request_error', message);
};

export function isOpenAiModel(model: string): boolean {
  return model.startsWith('gpt-');
}

export function keyOf(headers: VendorRequest['headers']): string {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

export function readRequest({ headers, body }: VendorRequest): Conversation {
  const key = keyOf(headers);
  const params = asObject(body, 'body', refuse);
  const model = asText(params.model, 'model', refuse);
  const isOpenAi = isOpenAiModel(model);
  checkKey(key, isOpenAi);
  if (model.includes('no-such')) throw new Refusal(404, 'invalid_request_error', `The model \`${model}\` does not exist or you do not have access to it.`, { code: 'model_not_found' });
  const foreign = foreignField(params, FIELDS);
  if (foreign) throw new Refusal(400, 'invalid_request_error', `Unrecognized request argument supplied: ${foreign}`, { param: foreign });
  checkLimits(params, isOpenAi);
  const tools = toolsOf(params.tools);
  if (isOpenAi && tools.length > 0 && params.reasoning_effort !== undefined) {
    throw new Refusal(400, 'invalid_request_error', `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. Please use /v1/responses instead.`, { param: 'reasoning_effort' });
  }
  const messages = asList(params.messages, 'messages', refuse).map((item, n) => messageOf(item, n, isOpenAi));
  checkCalls(messages);
  const maxTokens = asPositive(params.max_completion_tokens ?? params.max_tokens ?? 4_096, 'max_completion_tokens', refuse);
  const options = params.stream_options as { include_usage?: boolean } | undefined;
  return {
    wire: 'openai-chat', key, model, maxTokens, thinks: true,
    stream: params.stream === true,
    reportsUsage: options?.include_usage === true,
    system: messages.filter(({ role }) => role === 'system' || role === 'developer').map(contentText).join('\n'),
    tools: tools.map(({ name }) => name),
    entries: entriesOf(messages),
    pieces: [...tools.map((tool) => JSON.stringify(tool)), ...messages.map((message) => JSON.stringify(message))].map((text) => ({ text, isBreakpoint: false })),
  };
}

export function checkKey(key: string, isOpenAi: boolean): void {
  if (key === '') throw new Refusal(401, 'invalid_request_error', 'You didn\'t provide an API key. You need to provide your API key in an Authorization header using Bearer auth.');
  if ((isOpenAi && !/^sk-[\w-]{8,}$/.test(key)) || key.includes('invalid')) {
    throw new Refusal(401, 'invalid_request_error', `Incorrect API key provided: ${key}. You can find your API key at https://platform.openai.com/account/api-keys.`, { code: 'invalid_api_key' });
  }
}

function checkLimits(params: Message, isOpenAi: boolean): void {
  if (isOpenAi && params.max_tokens !== undefined) {
    throw new Refusal(400, 'invalid_request_error', 'Unsupported parameter: \'max_tokens\' is not supported with this model. Use \'max_completion_tokens\' instead.', { code: 'unsupported_parameter', param: 'max_tokens' });
  }
  if (params.stream_options !== undefined && params.stream !== true) refuse('The \'stream_options\' parameter is only allowed when \'stream\' is enabled.');
}

function toolsOf(value: unknown): { name: string }[] {
  if (value === undefined) return [];
  return asList(value, 'tools', refuse).map((item, n) => {
    const tool = asObject(item, `tools[${n}]`, refuse);
    if (tool.type !== 'function') refuse(`Invalid value: '${String(tool.type)}'. Supported values are: 'function' and 'custom'.`);
    const definition = asObject(tool.function, `tools[${n}].function`, refuse);
    const name = asText(definition.name, `tools[${n}].function.name`, refuse);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) refuse(`Invalid 'tools[${n}].function.name': string does not match pattern.`);
    if (asObject(definition.parameters, `tools[${n}].function.parameters`, refuse).type !== 'object') refuse(`Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"'.`);
    return { ...definition, name };
  });
}

function messageOf(value: unknown, n: number, isOpenAi: boolean): Message {
  const message = asObject(value, `messages[${n}]`, refuse);
  const role = String(message.role);
  const allowed = BY_ROLE[role];
  if (!allowed) return refuse(`Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`);
  const foreign = foreignField(message, isOpenAi ? allowed : { ...allowed, ...EXTRA[role] });
  if (foreign) throw new Refusal(400, 'invalid_request_error', `Unknown parameter: 'messages[${n}].${foreign}'.`, { code: 'unknown_parameter', param: `messages[${n}].${foreign}` });
  const isCall = role === 'assistant' && Array.isArray(message.tool_calls) && message.tool_calls.length > 0;
  if (typeof message.content !== 'string' && !Array.isArray(message.content) && !isCall) refuse(`Invalid value for 'content': expected a string, got null. (messages[${n}])`);
  for (const call of callsOf(message)) {
    if (call.id.length > LONGEST_ID) refuse(`Invalid 'messages[${n}].tool_calls[0].id': string too long. Expected a string with maximum length ${LONGEST_ID}, but got a string with length ${call.id.length} instead.`);
  }
  return message;
}

/** After a turn with calls come their results, each once, before anything else. */
function checkCalls(messages: readonly Message[]): void {
  if (messages.length === 0) refuse('Invalid \'messages\': empty array. Expected an array with minimum length 1, but got an empty array instead.');
  let open: string[] = [];
  for (const [n, message] of messages.entries()) {
    if (message.role === 'tool') {
      const id = String(message.tool_call_id);
      if (!open.includes(id)) refuse(`Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'. (messages[${n}])`);
      open = open.filter((other) => other !== id);
    } else {
      checkAnswered(open);
      open = callsOf(message).map(({ id }) => id);
    }
  }
  checkAnswered(open);
}

function checkAnswered(open: readonly string[]): void {
  if (open.length > 0) refuse(`An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(', ')}`);
}

function callsOf(message: Message): PeerCall[] {
  if (!Array.isArray(message.tool_calls)) return [];
  return message.tool_calls.map((item: unknown) => {
    const call = asObject(item, 'tool_calls', refuse);
    const { name, arguments: text } = asObject(call.function, 'tool_calls.function', refuse);
    return { id: asText(call.id, 'tool_calls.id', refuse), name: String(name), args: argumentsOf(asText(text, 'tool_calls.function.arguments', refuse)) };
  });
}

function argumentsOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return refuse('Invalid arguments of a tool call: not JSON');
  }
}

function contentText(message: Message): string {
  if (typeof message.content === 'string') return message.content;
  return Array.isArray(message.content) ? message.content.map((part: unknown) => (typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '')).join('\n') : '';
}

function entriesOf(messages: readonly Message[]): Entry[] {
  const entries: Entry[] = [];
  for (const message of messages) {
    const text = contentText(message);
    const last = entries.at(-1);
    if (message.role === 'user') entries.push({ role: 'user', text });
    if (message.role === 'assistant') entries.push({ role: 'assistant', text, calls: callsOf(message) });
    if (message.role !== 'tool') continue;
    const result = { callId: String(message.tool_call_id), text, isError: text.startsWith('Error: ') };
    if (last?.role === 'tool') entries[entries.length - 1] = { role: 'tool', results: [...last.results, result] };
    else entries.push({ role: 'tool', results: [result] });
  }
  return entries;
}
