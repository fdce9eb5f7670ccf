import type OpenAI from 'openai';
import { callsOf, repairHistory, textOf } from '../history';
import type { ModelMessage, ResultPart, ToolSpec } from '../message';
import type { ModelRequest } from '../model-provider';
import { wireArguments } from '../wire/arguments';
import { isBlank, wellFormed, wireCallId } from '../wire/text';
import type { FullCompat } from './chat-compat';

type Param = OpenAI.Chat.Completions.ChatCompletionMessageParam;

/** OpenAI refuses longer ids than 40 characters. */
const CALL_ID = /^[a-zA-Z0-9_-]{1,40}$/;

/** A call of the Chat Completions API. */
export function openAiChatRequest(request: ModelRequest, provider: string, compat: FullCompat): OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming {
  return {
    model: request.model,
    stream: true,
    ...(compat.maxTokensField === 'max_tokens' ? { max_tokens: request.maxTokens } : { max_completion_tokens: request.maxTokens }),
    ...(compat.streamUsage ? { stream_options: { include_usage: true } } : {}),
    ...(compat.promptCacheKey ? { prompt_cache_key: request.cacheKey } : {}),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(wireTool) }),
    ...effortOf(request, compat),
    messages: messagesOf(request, provider, compat),
  };
}

/** OpenAI's newer models refuse an effort together with tools on this wire. */
function effortOf({ capabilities, effort, tools }: ModelRequest, compat: FullCompat): { reasoning_effort?: 'low' | 'medium' | 'high' } {
  const thinks = capabilities.reasoning !== undefined && capabilities.reasoning !== 'none';
  const isTaken = compat.effort === 'always' || (compat.effort === 'without_tools' && tools.length === 0);
  return thinks && effort && isTaken ? { reasoning_effort: effort } : {};
}

function wireTool(tool: ToolSpec): OpenAI.Chat.Completions.ChatCompletionFunctionTool {
  return { type: 'function', function: { name: tool.name, description: tool.description, parameters: { ...tool.parameters } } };
}

function messagesOf(request: ModelRequest, provider: string, compat: FullCompat): Param[] {
  const messages: Param[] = isBlank(request.system) ? [] : [{ role: 'system', content: wellFormed(request.system) }];
  for (const message of repairHistory(request.messages)) {
    if (message.role === 'user') addUser(messages, textOf(message), compat);
    else if (message.role === 'tool') messages.push(...message.parts.flatMap((part) => (part.t === 'result' ? [toolResult(part, compat)] : [])));
    else messages.push(...assistant(message, compat.replayReasoning && message.origin?.provider === provider && message.origin.model === request.model));
  }
  if (messages.at(-1)?.role === 'assistant') messages.push({ role: 'user', content: 'Continue.' });
  return messages;
}

/** The user's texts in a row become one: many chat templates insist on alternation. */
function addUser(messages: Param[], text: string, compat: FullCompat): void {
  if (isBlank(text)) return;
  const last = messages.at(-1);
  if (last?.role === 'user' && typeof last.content === 'string') {
    last.content += `\n\n${wellFormed(text)}`;
    return;
  }
  if (compat.assistantAfterTool && last?.role === 'tool') messages.push({ role: 'assistant', content: 'Understood.' });
  messages.push({ role: 'user', content: wellFormed(text) });
}

function assistant(message: ModelMessage, withReasoning: boolean): Param[] {
  const text = textOf(message);
  const calls = callsOf(message);
  if (isBlank(text) && calls.length === 0) return [];
  const reasoning = withReasoning ? message.parts.map((part) => (part.t === 'think' ? part.text : '')).join('') : '';
  const param: Param & { reasoning_content?: string } = {
    role: 'assistant',
    content: isBlank(text) ? null : wellFormed(text),
    ...(reasoning === '' ? {} : { reasoning_content: wellFormed(reasoning) }),
    ...(calls.length === 0
      ? {}
      : { tool_calls: calls.map((call) => ({ id: wireCallId(call.id, CALL_ID), type: 'function' as const, function: { name: call.name, arguments: JSON.stringify(wireArguments(call)) } })) }),
  };
  return [param];
}

/** This wire has no flag for a failed call, so its text says it. */
function toolResult(part: ResultPart, compat: FullCompat): Param {
  const text = isBlank(part.text) ? '(no output)' : wellFormed(part.text);
  const content = part.isError && !/^error/i.test(text) ? `Error: ${text}` : text;
  return { role: 'tool', tool_call_id: wireCallId(part.id, CALL_ID), content, ...(compat.toolResultName ? { name: part.name } : {}) };
}
