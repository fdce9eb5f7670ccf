import type { GateRefusal } from '@app/agent';
import type { ModelEnd, StopReason, ToolSpec } from '@app/providers';
import { contentText, isRecord, listAt, recordAt, schemaOf, tokensAt, type Json } from './json';
import { argumentsObject, plainAnswer, Transcript } from './transcript';
import { BadCall, jsonEvent, type InwardCall, type InwardWire, type PathFacts } from './wire';

const FINISH: Readonly<Record<StopReason, string>> = { stop: 'STOP', tool: 'STOP', length: 'MAX_TOKENS', refusal: 'SAFETY' };
const STATUS: Readonly<Record<number, string>> = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 402: 'FAILED_PRECONDITION', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 503: 'UNAVAILABLE' };

/** Google's generateContent. */
export const google: InwardWire = {
  ping: ': waiting\n\n',
  read: (body, path) => readCall(recordAt(body, 'the body'), path),
  refusal: errorBody,
  refusalEvent: (refusal, status) => jsonEvent(errorBody(refusal, status)),
};

function errorBody({ code, message }: GateRefusal, status: number): object {
  return { error: { code: status, message: `${message} (${code})`, status: STATUS[status] ?? 'INTERNAL' } };
}

function readCall(body: Json, { model, streams }: PathFacts): InwardCall {
  if (model === null) throw new BadCall('the path names no model');
  const transcript = new Transcript();
  const instruction = body['systemInstruction'] ?? body['system_instruction'];
  if (isRecord(instruction)) transcript.addSystem(contentText(instruction['parts']));
  const ids = new CallIds();
  for (const [n, content] of listAt(body['contents'], 'contents').entries()) addContent(transcript, recordAt(content, `contents[${n}]`), ids);
  const settings = isRecord(body['generationConfig']) ? body['generationConfig'] : {};
  const { system, messages } = transcript;
  const answer = (end: ModelEnd): object => answerOf(model, end);
  return { request: { model, system, messages, tools: toolsOf(body['tools']), maxTokens: tokensAt(settings['maxOutputTokens']) }, streams, answer, events: (end) => [jsonEvent(answer(end))] };
}

/** Calls may have no id on this wire: a result then belongs to the oldest open call of its name. */
class CallIds {
  private count = 0;
  private readonly open: { readonly id: string; readonly name: string }[] = [];

  call(id: unknown, name: string): string {
    const known = typeof id === 'string' && id !== '' ? id : `call_${++this.count}`;
    this.open.push({ id: known, name });
    return known;
  }

  result(id: unknown, name: string): string {
    const at = this.open.findIndex((call) => (typeof id === 'string' && id !== '' ? call.id === id : call.name === name));
    return at < 0 ? 'unknown' : (this.open.splice(at, 1)[0]?.id ?? 'unknown');
  }
}

function addContent(transcript: Transcript, { role, parts }: Json, ids: CallIds): void {
  for (const part of Array.isArray(parts) ? parts.filter(isRecord) : []) {
    const { functionCall, functionResponse, thought } = part;
    if (isRecord(functionCall)) {
      const name = String(functionCall['name']);
      transcript.addCall(ids.call(functionCall['id'], name), name, isRecord(functionCall['args']) ? functionCall['args'] : {});
    } else if (isRecord(functionResponse)) {
      const { response } = functionResponse;
      const isError = isRecord(response) && 'error' in response && !('output' in response);
      transcript.addResult(ids.result(functionResponse['id'], String(functionResponse['name'])), resultText(response), isError);
    } else if (thought !== true) {
      const text = contentText([part]);
      if (role === 'model') transcript.addText(text);
      else transcript.addUser(text);
    }
  }
}

function resultText(response: unknown): string {
  if (!isRecord(response)) return '';
  const only = response['output'] ?? response['error'];
  return typeof only === 'string' ? only : JSON.stringify(response);
}

function toolsOf(tools: unknown): ToolSpec[] {
  return (Array.isArray(tools) ? tools.filter(isRecord) : []).flatMap((tool) => {
    const declared = tool['functionDeclarations'] ?? tool['function_declarations'];
    return (Array.isArray(declared) ? declared.filter(isRecord) : []).map((one) => ({ name: String(one['name']), description: contentText(one['description']), parameters: schemaOf(one['parametersJsonSchema'] ?? lowerTypes(one['parameters'])) }));
  });
}

/** Google's own schemas write types in capitals. */
function lowerTypes(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(lowerTypes);
  if (!isRecord(schema)) return schema;
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, name === 'type' && typeof value === 'string' ? value.toLowerCase() : lowerTypes(value)]));
}

function answerOf(model: string, end: ModelEnd): object {
  const { text, calls, promptTokens } = plainAnswer(end);
  const { outputTokens, reasoningTokens, cacheReadTokens } = end.usage;
  const parts = [...(text === '' ? [] : [{ text }]), ...calls.map((call) => ({ functionCall: { id: call.id, name: call.name, args: argumentsObject(call) } }))];
  return {
    candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: FINISH[end.stop] }], modelVersion: model,
    usageMetadata: {
      promptTokenCount: promptTokens, cachedContentTokenCount: cacheReadTokens, candidatesTokenCount: outputTokens - reasoningTokens, thoughtsTokenCount: reasoningTokens, totalTokenCount: promptTokens + outputTokens,
    },
  };
}
