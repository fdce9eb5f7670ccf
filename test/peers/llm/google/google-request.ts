// Reads a generateContent request and refuses what the vendor refuses.
import type { Content, FunctionDeclaration, GenerationConfig, Part as SdkPart } from '@google/genai';
import { asList, asObject, asText, foreignField, type Refuse } from '../check';
import type { Conversation, Entry, PeerCall, PeerResult } from '../conversation';
import { Refusal } from '../refusal';
import type { VendorRequest } from '../wire';
import { checkSignatures } from './google-signatures';
import { callsIn, responsesIn, type Part, type Turn } from './google-turn';

type Fields<T> = Readonly<Record<keyof T & string, true>>;

const FIELDS: Readonly<Record<string, true>> = {
  contents: true, systemInstruction: true, tools: true, toolConfig: true, safetySettings: true, generationConfig: true, cachedContent: true, serviceTier: true, store: true, labels: true, continuationToken: true,
};
const CONFIG: Fields<Required<GenerationConfig>> = {
  maxOutputTokens: true, thinkingConfig: true, temperature: true, topK: true, topP: true, candidateCount: true, stopSequences: true, responseMimeType: true, responseSchema: true,
  responseJsonSchema: true, responseLogprobs: true, logprobs: true, presencePenalty: true, frequencyPenalty: true, seed: true, responseModalities: true, mediaResolution: true, speechConfig: true,
  audioTimestamp: true, enableAffectiveDialog: true, enableEnhancedCivicAnswers: true, modelSelectionConfig: true, routingConfig: true, translationConfig: true, audioTranscriptionConfig: true,
  responseFormat: true,
};
const CONTENT: Fields<Required<Content>> = { role: true, parts: true };
/** What the API takes; its SDK knows more, for other services. */
const PART: Partial<Fields<Required<SdkPart>>> = { text: true, thought: true, thoughtSignature: true, functionCall: true, functionResponse: true, inlineData: true, fileData: true };
const DECLARATION: Fields<Required<FunctionDeclaration>> = { name: true, description: true, parameters: true, parametersJsonSchema: true, response: true, responseJsonSchema: true, behavior: true };
const LEVELS: readonly unknown[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];
const PATH = /^\/v1(?:beta)?\/models\/([^/:]+):(streamGenerateContent|generateContent)$/;

const refuse: Refuse = (message) => {
  throw new Refusal(400, 'INVALID_ARGUMENT', message);
};

export function servesPath(path: string): boolean {
  return PATH.test(path);
}

export function modelOf({ url }: VendorRequest): string | null {
  const [, model] = PATH.exec(url.pathname) ?? [];
  return model === undefined ? null : decodeURIComponent(model);
}

export function keyOf({ url, headers }: VendorRequest): string {
  return String(headers['x-goog-api-key'] ?? url.searchParams.get('key') ?? '');
}

export function readRequest(request: VendorRequest): Conversation {
  const key = keyOf(request);
  const model = modelOf(request) ?? '';
  checkAccess(key, model);
  const body = asObject(request.body, 'body', refuse);
  noForeign(body, FIELDS, '');
  const config = body.generationConfig === undefined ? {} : asObject(body.generationConfig, 'generation_config', refuse);
  noForeign(config, CONFIG, 'generation_config');
  const tools = toolsOf(body.tools);
  const system = body.systemInstruction === undefined ? '' : textOf(asParts(asObject(body.systemInstruction, 'system_instruction', refuse).parts, 'system_instruction.parts'));
  const turns = asList(body.contents ?? refuse('* GenerateContentRequest.contents: contents is not specified'), 'contents', refuse).map(turnOf);
  checkTurns(turns);
  checkSignatures(turns, model, refuse);
  return {
    wire: 'google', key, model, system, reportsUsage: true,
    thinks: thinks(config.thinkingConfig, model),
    maxTokens: maxTokensOf(config.maxOutputTokens),
    stream: request.url.pathname.endsWith(':streamGenerateContent'),
    tools: tools.map((tool) => String(tool.name)),
    entries: entriesOf(turns),
    pieces: [system, ...tools.map((tool) => JSON.stringify(tool)), ...turns.flatMap(({ role, parts }) => parts.map((part) => JSON.stringify([role, part])))].map((text) => ({ text, isBreakpoint: false })),
  };
}

function checkAccess(key: string, model: string): void {
  if (key === '') throw new Refusal(403, 'PERMISSION_DENIED', 'Method doesn\'t allow unregistered callers (callers without established identity).');
  if (key.includes('invalid')) throw new Refusal(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', { code: 'API_KEY_INVALID' });
  if (!model.startsWith('gemini-')) throw new Refusal(404, 'NOT_FOUND', `models/${model} is not found for API version v1beta, or is not supported for generateContent.`);
}

function noForeign(value: Record<string, unknown>, allowed: Readonly<Record<string, true>>, path: string): void {
  const foreign = foreignField(value, allowed);
  if (foreign) refuse(`Invalid JSON payload received. Unknown name "${foreign}"${path === '' ? '' : ` at '${path}'`}: Cannot find field.`);
}

function maxTokensOf(value: unknown): number {
  if (value === undefined) return 8_192;
  return typeof value === 'number' && value > 0 ? value : refuse('* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.');
}

function thinks(value: unknown, model: string): boolean {
  if (value === undefined) return false;
  const { includeThoughts, thinkingLevel, thinkingBudget } = asObject(value, 'generation_config.thinking_config', refuse);
  if (thinkingBudget !== undefined && model.startsWith('gemini-4')) refuse('Thinking budget is not supported for this model. Use thinking level instead.');
  if (thinkingLevel !== undefined && !LEVELS.includes(thinkingLevel)) refuse('Invalid value at \'generation_config.thinking_config.thinking_level\'');
  return includeThoughts === true;
}

function toolsOf(value: unknown): Record<string, unknown>[] {
  if (value === undefined) return [];
  return asList(value, 'tools', refuse).flatMap((entry, n) => {
    const tool = asObject(entry, `tools[${n}]`, refuse);
    return asList(tool.functionDeclarations, `tools[${n}].function_declarations`, refuse).map((item, at) => declarationOf(item, `tools[${n}].function_declarations[${at}]`));
  });
}

function declarationOf(value: unknown, path: string): Record<string, unknown> {
  const declared = asObject(value, path, refuse);
  noForeign(declared, DECLARATION, path);
  if (!/^[a-zA-Z_][\w.:-]{0,63}$/.test(asText(declared.name, `${path}.name`, refuse))) refuse(`* GenerateContentRequest.${path}.name: Invalid function name.`);
  if (declared.parameters !== undefined && declared.parametersJsonSchema !== undefined) refuse(`${path}: parameters and parameters_json_schema are mutually exclusive.`);
  if (asObject(declared.parametersJsonSchema ?? declared.parameters, `${path}.parameters`, refuse).type !== 'object') refuse(`* GenerateContentRequest.${path}.parameters: schema should be of type OBJECT.`);
  return declared;
}

function turnOf(value: unknown, n: number): Turn {
  const content = asObject(value, `contents[${n}]`, refuse);
  noForeign(content, CONTENT, `contents[${n}]`);
  const { role } = content;
  if (role !== 'user' && role !== 'model') return refuse('Please use a valid role: user, model.');
  return { role, parts: asParts(content.parts, `contents[${n}].parts`) };
}

function asParts(value: unknown, path: string): Part[] {
  const parts = asList(value, path, refuse).map((entry, n) => {
    const part = asObject(entry, `${path}[${n}]`, refuse);
    noForeign(part, PART, `${path}[${n}]`);
    const data = ['text', 'functionCall', 'functionResponse', 'inlineData', 'fileData'].filter((name) => part[name] !== undefined);
    if (data.length !== 1) refuse(`* GenerateContentRequest.${path}[${n}].data: required oneof field 'data' must have one initialized field`);
    return part;
  });
  return parts.length > 0 ? parts : refuse(`* GenerateContentRequest.${path}: contents.parts must not be empty.`);
}

/** Calls follow the user or results, results follow their calls, as many as there were. */
function checkTurns(turns: readonly Turn[]): void {
  if (turns.length === 0) refuse('* GenerateContentRequest.contents: contents is not specified');
  if (turns[0]?.role !== 'user') refuse('Please ensure that the conversation begins with a user turn.');
  if (turns.at(-1)?.role !== 'user') refuse('Please ensure that single turn requests end with a user role or the role field is empty.');
  turns.forEach((turn, n) => checkTurn(turn, turns[n - 1]));
}

function checkTurn(turn: Turn, before: Turn | undefined): void {
  const calls = callsIn(before);
  const responses = responsesIn(turn);
  if (callsIn(turn).length > 0 && before?.role !== 'user') refuse('Please ensure that function call turn comes immediately after a user turn or after a function response turn.');
  if (calls.length !== responses.length) refuse('Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.');
  if (responses.length > 0 && responses.length !== turn.parts.length) refuse('Please ensure that a function response turn holds function responses only.');
  checkPairs(calls, responses);
}

function checkPairs(calls: readonly Part[], responses: readonly Part[]): void {
  for (const { functionResponse } of responses) {
    const { id, name } = asObject(functionResponse, 'function_response', refuse);
    const call = calls.map(({ functionCall }) => functionCall as Record<string, unknown>).find((made) => (id === undefined ? made.name === name : made.id === id));
    if (call?.name !== name) refuse(`Function response ${String(name)} (${String(id)}) does not match a function call of the turn before.`);
  }
}

function entriesOf(turns: readonly Turn[]): Entry[] {
  return turns.map((turn, n): Entry => {
    const text = textOf(turn.parts);
    if (turn.role === 'model') return { role: 'assistant', text, calls: callsIn(turn).map((part, at) => callOf(part, `${n}-${at}`)) };
    const results = responsesIn(turn).map((part, at) => resultOf(part, `${n - 1}-${at}`));
    return results.length > 0 ? { role: 'tool', results } : { role: 'user', text };
  });
}

/** Without ids calls and results meet by their place. */
function callOf({ functionCall }: Part, place: string): PeerCall {
  const { id, name, args } = functionCall as { id?: string; name: string; args?: unknown };
  return { id: id ?? place, name, args: args ?? {} };
}

function resultOf({ functionResponse }: Part, place: string): PeerResult {
  const { id, response } = functionResponse as { id?: string; response: Record<string, unknown> };
  const isError = response.error !== undefined;
  const told = isError ? response.error : (response.output ?? response);
  return { callId: id ?? place, text: typeof told === 'string' ? told : JSON.stringify(told), isError };
}

function textOf(parts: readonly Part[]): string {
  return parts.filter(({ thought }) => thought !== true).map(({ text }) => (typeof text === 'string' ? text : '')).filter((text) => text !== '').join('\n');
}
