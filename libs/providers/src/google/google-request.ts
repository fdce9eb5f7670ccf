import type { Content, FunctionDeclaration, GenerateContentConfig, GenerateContentParameters, Part as WirePart, ThinkingConfig, ThinkingLevel } from '@google/genai';
import { repairHistory } from '../history';
import type { CallPart, ModelMessage, Part, ResultPart, ToolSpec } from '../message';
import type { ModelRequest } from '../model-provider';
import { wireArguments } from '../wire/arguments';
import { isBlank, wellFormed, wireCallId } from '../wire/text';

const CALL_ID = /^[a-zA-Z0-9_-]{1,64}$/;
/** What the vendor takes instead of its signature for calls that another model made: without any it refuses the request. */
const FOREIGN_CALL = 'skip_thought_signature_validator';
const LEVELS = { low: 'LOW', medium: 'MEDIUM', high: 'HIGH' } as const satisfies Record<string, `${ThinkingLevel}`>;

/** Signatures of an answer's texts. `at` is the place among the parts; an empty text stands before it and is not a part of its own. */
export interface GoogleRaw {
  readonly signed: readonly { readonly at: number; readonly isEmpty: boolean; readonly sig: string }[];
}

/** A call of the Gemini API. The SDK neither runs tools nor goes on by itself. */
export function googleRequest(request: ModelRequest, provider: string): GenerateContentParameters & { config: GenerateContentConfig } {
  return {
    model: request.model,
    contents: contentsOf(request, provider),
    config: {
      maxOutputTokens: request.maxTokens,
      automaticFunctionCalling: { disable: true },
      automaticContinuation: false,
      ...(isBlank(request.system) ? {} : { systemInstruction: { parts: [{ text: wellFormed(request.system) }] } }),
      ...(request.tools.length === 0 ? {} : { tools: [{ functionDeclarations: request.tools.map(wireTool) }] }),
      ...thinkingOf(request),
    },
  };
}

function wireTool(tool: ToolSpec): FunctionDeclaration {
  return { name: tool.name, description: tool.description, parametersJsonSchema: tool.parameters };
}

/** Levels only: the newest models refuse budgets. */
function thinkingOf({ capabilities, effort }: ModelRequest): { thinkingConfig?: ThinkingConfig } {
  if (capabilities.reasoning === undefined || capabilities.reasoning === 'none') return {};
  return { thinkingConfig: { includeThoughts: true, ...(effort ? { thinkingLevel: LEVELS[effort] as ThinkingLevel } : {}) } };
}

/** Turns of one role in a row become one, but results stay apart from the user's next text: a turn that answers calls holds nothing else. */
function contentsOf(request: ModelRequest, provider: string): Content[] {
  const contents: { role: string; parts: WirePart[]; answersCalls: boolean }[] = [];
  for (const message of repairHistory(request.messages)) {
    const parts = partsOf(message, message.origin?.provider === provider && message.origin.model === request.model);
    if (parts.length === 0) continue;
    const role = message.role === 'assistant' ? 'model' : 'user';
    const answersCalls = message.role === 'tool';
    const last = contents.at(-1);
    if (last?.role === role && last.answersCalls === answersCalls) last.parts.push(...parts);
    else contents.push({ role, parts, answersCalls });
  }
  if (contents.at(-1)?.role === 'model') contents.push({ role: 'user', parts: [{ text: 'Continue.' }], answersCalls: false });
  return contents.map(({ role, parts }) => ({ role, parts }));
}

function partsOf(message: ModelMessage, isOwn: boolean): WirePart[] {
  const signed = isOwn ? ((message.origin?.raw as GoogleRaw | undefined)?.signed ?? []) : [];
  const firstCall = message.parts.findIndex((part) => part.t === 'call');
  const parts = message.parts.flatMap((part, at): WirePart[] => [...emptyTexts(signed, at), ...wirePart(part, { isOwn, isFirstCall: at === firstCall, sig: textSignature(signed, at) })]);
  return [...parts, ...emptyTexts(signed, message.parts.length)];
}

function emptyTexts(signed: GoogleRaw['signed'], place: number): WirePart[] {
  return signed.filter(({ at, isEmpty }) => isEmpty && at === place).map(({ sig }) => ({ text: '', thoughtSignature: sig }));
}

function textSignature(signed: GoogleRaw['signed'], place: number): string | undefined {
  return signed.find(({ at, isEmpty }) => !isEmpty && at === place)?.sig;
}

function wirePart(part: Part, { isOwn, isFirstCall, sig }: { isOwn: boolean; isFirstCall: boolean; sig: string | undefined }): WirePart[] {
  switch (part.t) {
    case 'text':
      return isBlank(part.text) ? [] : [{ text: wellFormed(part.text), ...(sig ? { thoughtSignature: sig } : {}) }];
    case 'think':
      return isOwn && !isBlank(part.text) ? [{ text: wellFormed(part.text), thought: true, ...(part.sig ? { thoughtSignature: part.sig } : {}) }] : [];
    case 'call':
      return [functionCall(part, isOwn ? part.sig : undefined, isFirstCall)];
    case 'result':
      return [functionResponse(part)];
  }
}

/** Of parallel calls only the first carries a signature. */
function functionCall(call: CallPart, sig: string | undefined, isFirst: boolean): WirePart {
  const signature = sig ?? (isFirst ? FOREIGN_CALL : undefined);
  return { functionCall: { id: wireCallId(call.id, CALL_ID), name: call.name, args: wireArguments(call) }, ...(signature ? { thoughtSignature: signature } : {}) };
}

function functionResponse(result: ResultPart): WirePart {
  const text = isBlank(result.text) ? '(no output)' : wellFormed(result.text);
  return { functionResponse: { id: wireCallId(result.id, CALL_ID), name: result.name, response: result.isError ? { error: text } : { output: text } } };
}
