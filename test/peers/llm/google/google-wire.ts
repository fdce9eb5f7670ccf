// The Gemini API, typed by the vendor's SDK: what does not fit its types does not compile.
import type { BlockedReason, FinishReason, GenerateContentResponse, GenerateContentResponseUsageMetadata, Part } from '@google/genai';
import type { Fault } from '../faults';
import { Refusal } from '../refusal';
import { token, type Answer, type Usage } from '../turn';
import { pieces, type StreamEvent, type Wire } from '../wire';
import { keyOf, modelOf, readRequest, servesPath } from './google-request';
import { newSignature } from './google-signatures';

/** As it travels: the SDK's class adds getters only. */
type Chunk = Pick<GenerateContentResponse, 'candidates' | 'modelVersion' | 'promptFeedback' | 'responseId' | 'usageMetadata'>;

const FINISH: Record<Answer['stop'], `${FinishReason}`> = { stop: 'STOP', tool: 'STOP', refusal: 'SAFETY', length: 'MAX_TOKENS', window: 'MAX_TOKENS' };

const BY_STATUS: Readonly<Record<number, readonly [status: string, message: string]>> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  402: ['RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'],
  403: ['PERMISSION_DENIED', 'The caller does not have permission.'],
  404: ['NOT_FOUND', 'The model is not found.'],
  413: ['INVALID_ARGUMENT', 'Request payload size exceeds the limit.'],
  429: ['RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'],
  499: ['CANCELLED', 'The operation was cancelled.'],
  500: ['INTERNAL', 'An internal error has occurred.'],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  504: ['DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'],
};

export const googleWire: Wire = {
  name: 'google',
  requestIdHeader: null,
  hasCacheBreakpoints: false,
  countsCacheWrites: false,
  serves: servesPath,
  newRequestId: () => token(22),
  keyOf,
  modelOf,
  read: readRequest,
  checkWindow(prompt, window) {
    if (prompt > window) throw new Refusal(400, 'INVALID_ARGUMENT', `The input token count (${prompt}) exceeds the maximum number of tokens allowed (${window}).`);
  },
  faultRefusal(fault: Fault) {
    const status = fault.status ?? 503;
    const [name, message] = BY_STATUS[status] ?? ['INTERNAL', 'An internal error has occurred.'];
    const details = fault.retryDelay === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: fault.retryDelay }];
    return new Refusal(status, fault.type ?? name, fault.message ?? message, { details, ...(fault.code ? { code: fault.code } : {}), headers: fault.headers ?? {} });
  },
  message: (answer) => ({ ...chunkOf(answer, [...thoughts(answer), ...texts(answer), ...calls(answer)], answer.usage), ...finishOf(answer) }),
  *events(answer) {
    for (const { usage, chunk } of chunksOf(answer)) yield { event: null, data: chunk, usage };
  },
  errorBody: errorOf,
  errorEvent: (refusal): StreamEvent => ({ event: null, data: errorOf(refusal) }),
};

function errorOf({ status, type, message, facts }: Refusal): unknown {
  const reason = facts.code ? [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: facts.code, domain: 'googleapis.com' }] : [];
  const details = [...reason, ...(facts.details ?? [])];
  return { error: { code: status, message, status: type, ...(details.length > 0 ? { details } : {}) } };
}

function usageOf(usage: Usage): GenerateContentResponseUsageMetadata {
  const prompt = usage.inputTokens + usage.cacheReadTokens;
  return {
    promptTokenCount: prompt,
    ...(usage.cacheReadTokens > 0 ? { cachedContentTokenCount: usage.cacheReadTokens } : {}),
    ...(usage.outputTokens > 0 ? { candidatesTokenCount: usage.outputTokens - usage.reasoningTokens } : {}),
    ...(usage.reasoningTokens > 0 ? { thoughtsTokenCount: usage.reasoningTokens } : {}),
    totalTokenCount: prompt + usage.outputTokens,
  };
}

function chunkOf(answer: Answer, parts: Part[], usage: Usage): Chunk {
  return { candidates: [{ index: 0, content: { role: 'model', parts } }], modelVersion: answer.model, responseId: answer.id, usageMetadata: usageOf(usage) };
}

const thoughts = ({ thinking }: Answer): Part[] => [...pieces(thinking)].map((text) => ({ text, thought: true }));
const texts = ({ text }: Answer): Part[] => [...pieces(text)].map((piece) => ({ text: piece }));

/** Only the first of parallel calls is signed. */
function calls(answer: Answer): Part[] {
  if (isBroken(answer)) return [];
  return answer.calls.map(({ id, name, argsText }, n) => ({ functionCall: { id, name, args: JSON.parse(argsText) as Record<string, unknown> }, ...(n === 0 ? { thoughtSignature: newSignature(answer.model) } : {}) }));
}

/** This API gives arguments as objects: what the model wrote otherwise, it names a malformed call. */
function isBroken({ calls: made }: Answer): boolean {
  return made.some(({ argsText }) => !isObject(argsText));
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function finishOf(answer: Answer): Pick<Chunk, 'candidates'> {
  // The signature of an answer without calls comes last, with an empty text.
  const parts: Part[] = answer.thinking !== '' && answer.calls.length === 0 ? [{ text: '', thoughtSignature: newSignature(answer.model) }] : [];
  const isMalformed = isBroken(answer) && answer.stop !== 'length';
  const finishReason = (isMalformed ? 'MALFORMED_FUNCTION_CALL' : FINISH[answer.stop]) as FinishReason;
  const finishMessage = `Malformed function call: ${answer.calls.map(({ name, argsText }) => `call:default_api:${name}${argsText}`).join(' ')}`;
  return { candidates: [{ index: 0, content: { role: 'model', parts }, finishReason, ...(isMalformed ? { finishMessage } : {}) }] };
}

/** Refused before the model saw it. */
function blocked(answer: Answer): Chunk {
  const { inputTokens, cacheReadTokens } = answer.usage;
  return { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' as BlockedReason }, modelVersion: answer.model, responseId: answer.id, usageMetadata: { promptTokenCount: inputTokens + cacheReadTokens, totalTokenCount: inputTokens + cacheReadTokens } };
}

function* chunksOf(answer: Answer): Generator<{ usage: Usage; chunk: Chunk }> {
  const started: Usage = { ...answer.usage, outputTokens: 0, reasoningTokens: 0 };
  if (answer.stop === 'refusal' && answer.text === '') {
    yield { usage: started, chunk: blocked(answer) };
    return;
  }
  for (const part of [...thoughts(answer), ...texts(answer), ...calls(answer)]) yield { usage: started, chunk: chunkOf(answer, [part], started) };
  yield { usage: answer.usage, chunk: { ...chunkOf(answer, [], answer.usage), ...finishOf(answer) } };
}
