import type OpenAI from 'openai';
import { repairHistory, textOf } from '../history';
import type { CallPart, ModelMessage, Part, ResultPart, ToolSpec } from '../message';
import type { ModelRequest } from '../model-provider';
import { wireArguments } from '../wire/arguments';
import { isBlank, wellFormed, wireCallId } from '../wire/text';

type Item = OpenAI.Responses.ResponseInputItem;
type Phase = OpenAI.Responses.ResponseOutputMessage['phase'];

const CALL_ID = /^[a-zA-Z0-9_-]{1,64}$/;
/** The vendor refuses less. */
const LEAST_OUTPUT = 16;

/** What only this vendor understands of an answer: its reasoning as it sent it (a think part's `sig` names the item), and the phase of each text. */
export interface ResponsesRaw {
  readonly reasoning?: readonly OpenAI.Responses.ResponseReasoningItem[];
  readonly phases?: readonly (Phase | null)[];
}

/** A call of the Responses API that leaves nothing behind at the vendor. */
export function openAiResponsesRequest(request: ModelRequest, provider: string, withSummaries: boolean): OpenAI.Responses.ResponseCreateParamsStreaming {
  return {
    model: request.model,
    stream: true,
    store: false,
    max_output_tokens: Math.max(LEAST_OUTPUT, request.maxTokens),
    prompt_cache_key: request.cacheKey,
    ...(isBlank(request.system) ? {} : { instructions: wellFormed(request.system) }),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(wireTool), parallel_tool_calls: true }),
    ...reasoningOf(request, withSummaries),
    input: inputOf(request, provider),
  };
}

/** Models that do not reason refuse to be asked for it. */
function reasoningOf({ capabilities, effort }: ModelRequest, withSummaries: boolean): Pick<OpenAI.Responses.ResponseCreateParamsStreaming, 'include' | 'reasoning'> {
  if (capabilities.reasoning === undefined || capabilities.reasoning === 'none') return {};
  const reasoning = { ...(effort ? { effort } : {}), ...(withSummaries ? { summary: 'auto' as const } : {}) };
  return { include: ['reasoning.encrypted_content'], ...(Object.keys(reasoning).length === 0 ? {} : { reasoning }) };
}

function wireTool(tool: ToolSpec): OpenAI.Responses.FunctionTool {
  return { type: 'function', name: tool.name, description: tool.description, parameters: { ...tool.parameters }, strict: false };
}

function inputOf(request: ModelRequest, provider: string): Item[] {
  const items = repairHistory(request.messages).flatMap((message): Item[] => {
    if (message.role === 'user') return userText(textOf(message));
    if (message.role === 'tool') return message.parts.flatMap((part) => (part.t === 'result' ? [callOutput(part)] : []));
    return assistantItems(message, message.origin?.provider === provider && message.origin.model === request.model);
  });
  return isAnswer(items.at(-1)) ? [...items, ...userText('Continue.')] : items;
}

function userText(text: string): Item[] {
  return isBlank(text) ? [] : [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: wellFormed(text) }] }];
}

function isAnswer(item: Item | undefined): boolean {
  return item !== undefined && 'role' in item && item.role === 'assistant';
}

/** Reasoning goes back only in front of what it led to: alone the vendor refuses it. */
function assistantItems(message: ModelMessage, isOwn: boolean): Item[] {
  const raw = (isOwn ? (message.origin?.raw as ResponsesRaw | undefined) : undefined) ?? {};
  const items: Item[] = [];
  let texts = 0;
  for (const part of message.parts) {
    const phase = part.t === 'text' ? raw.phases?.[texts++] : undefined;
    items.push(...itemOf(part, raw, phase));
  }
  while (items.at(-1)?.type === 'reasoning') items.pop();
  return items;
}

function itemOf(part: Part, raw: ResponsesRaw, phase: Phase | null | undefined): Item[] {
  switch (part.t) {
    case 'text':
      return isBlank(part.text) ? [] : [{ type: 'message', role: 'assistant', content: wellFormed(part.text), ...(phase ? { phase } : {}) }];
    case 'think':
      return (raw.reasoning ?? []).filter(({ id, encrypted_content: sealed }) => id === part.sig && sealed);
    case 'call':
      return [functionCall(part)];
    case 'result':
      return [];
  }
}

/** Without the item's own id: nothing is stored that it could name. */
function functionCall(call: CallPart): Item {
  return { type: 'function_call', call_id: wireCallId(call.id, CALL_ID), name: call.name, arguments: JSON.stringify(wireArguments(call)) };
}

/** This wire has no flag for a failed call, so its text says it. */
function callOutput(part: ResultPart): Item {
  const text = isBlank(part.text) ? '(no output)' : wellFormed(part.text);
  return { type: 'function_call_output', call_id: wireCallId(part.id, CALL_ID), output: part.isError && !/^error/i.test(text) ? `Error: ${text}` : text };
}
