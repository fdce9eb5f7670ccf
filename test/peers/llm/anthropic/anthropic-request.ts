// Reads a Messages request and refuses what the vendor refuses.
import type Anthropic from '@anthropic-ai/sdk';
import { asList, asObject, asPositive, asText, foreignField, type Refuse } from '../check';
import type { Conversation, Entry, PeerCall, PeerResult, PromptPiece } from '../conversation';
import { Refusal } from '../refusal';
import { signatureOf } from '../turn';
import type { VendorRequest } from '../wire';

type Params = Omit<Anthropic.MessageCreateParamsStreaming, 'user_profile_id' | 'workspace_id'>;
type Fields<T> = Readonly<Record<keyof T & string, true>>;

const FIELDS: Fields<Required<Params>> = {
  model: true, max_tokens: true, messages: true, stream: true, system: true, tools: true, tool_choice: true, thinking: true, output_config: true,
  cache_control: true, container: true, diagnostics: true, inference_geo: true, metadata: true, service_tier: true, speed: true, stop_sequences: true,
};
const TOOL: Fields<Required<Anthropic.Tool>> = {
  name: true, description: true, input_schema: true, cache_control: true, type: true, strict: true, allowed_callers: true, defer_loading: true, eager_input_streaming: true, input_examples: true,
};
const MESSAGE: Fields<Required<Anthropic.MessageParam>> = { role: true, content: true };
const BLOCKS = {
  text: { type: true, text: true, cache_control: true, citations: true } satisfies Fields<Required<Anthropic.TextBlockParam>>,
  thinking: { type: true, thinking: true, signature: true } satisfies Fields<Required<Anthropic.ThinkingBlockParam>>,
  redacted_thinking: { type: true, data: true } satisfies Fields<Required<Anthropic.RedactedThinkingBlockParam>>,
  tool_use: { type: true, id: true, name: true, input: true, cache_control: true, caller: true, toolset_name: true } satisfies Fields<Required<Anthropic.ToolUseBlockParam>>,
  tool_result: { type: true, tool_use_id: true, content: true, is_error: true, cache_control: true, toolset_name: true } satisfies Fields<Required<Anthropic.ToolResultBlockParam>>,
} as const;
const ID = /^[a-zA-Z0-9_-]{1,64}$/;
const KEY = /^sk-ant-[\w-]{8,}$/;
const ROLES_OF_BLOCKS = { text: ['user', 'assistant'], thinking: ['assistant'], redacted_thinking: ['assistant'], tool_use: ['assistant'], tool_result: ['user'] };

type Block = Record<string, unknown> & { type: keyof typeof BLOCKS };
interface Turn {
  readonly role: 'user' | 'assistant';
  readonly blocks: Block[];
}

const refuse: Refuse = (message) => {
  throw new Refusal(400, 'invalid_request_error', message);
};

export function keyOf(headers: VendorRequest['headers']): string {
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  return bearer ?? String(headers['x-api-key'] ?? '');
}

export function readRequest({ headers, body }: VendorRequest): Conversation {
  const key = keyOf(headers);
  if (!KEY.test(key) || key.includes('invalid')) throw new Refusal(401, 'authentication_error', key === '' ? 'x-api-key header is required' : 'invalid x-api-key');
  if (!headers['anthropic-version']) refuse('anthropic-version: header is required');
  const params = asObject(body, 'body', refuse);
  const foreign = foreignField(params, FIELDS);
  if (foreign) refuse(`${foreign}: Extra inputs are not permitted`);
  const model = asText(params.model, 'model', refuse);
  if (!/^claude-/.test(model)) throw new Refusal(404, 'not_found_error', `model: ${model}`);
  if (params.max_tokens === undefined) refuse('max_tokens: Field required');
  const maxTokens = asPositive(params.max_tokens, 'max_tokens', refuse);
  const thinks = checkThinking(params.thinking, maxTokens);
  const system = systemOf(params.system);
  const tools = toolsOf(params.tools);
  const turns = turnsOf(params.messages);
  checkTurns(turns, model);
  const pieces = [...tools.map(piece), ...system.map(piece), ...turns.flatMap((turn) => turn.blocks.map(piece))];
  const breakpoints = pieces.filter(({ isBreakpoint }) => isBreakpoint).length;
  if (breakpoints > 4) refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${breakpoints}.`);
  return {
    wire: 'anthropic', key, model, maxTokens, thinks, pieces, reportsUsage: true,
    stream: params.stream === true,
    system: system.map((block) => String(block.text)).join('\n'),
    tools: tools.map((tool) => String(tool.name)),
    entries: entriesOf(turns),
  };
}

function checkThinking(value: unknown, maxTokens: number): boolean {
  if (value === undefined) return true;
  const thinking = asObject(value, 'thinking', refuse) as unknown as Anthropic.ThinkingConfigParam;
  if (!['adaptive', 'enabled', 'disabled', 'between_tools'].includes(thinking.type)) refuse('thinking.type: Input tag does not match any of the expected tags');
  if (thinking.type === 'enabled' && !(thinking.budget_tokens >= 1_024)) refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  if (thinking.type === 'enabled' && thinking.budget_tokens >= maxTokens) refuse('`max_tokens` must be greater than `thinking.budget_tokens`');
  return thinking.type !== 'disabled';
}

function systemOf(value: unknown): Record<string, unknown>[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  return asList(value, 'system', refuse).map((item, n) => {
    const block = asObject(item, `system.${n}`, refuse);
    if (asText(block.text, `system.${n}.text`, refuse).trim() === '') refuse(`system.${n}: text content blocks must contain non-whitespace text`);
    return block;
  });
}

function toolsOf(value: unknown): Record<string, unknown>[] {
  if (value === undefined) return [];
  return asList(value, 'tools', refuse).map((item, n) => {
    const tool = asObject(item, `tools.${n}`, refuse);
    const foreign = foreignField(tool, TOOL);
    if (foreign) refuse(`tools.${n}.custom.${foreign}: Extra inputs are not permitted`);
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(asText(tool.name, `tools.${n}.custom.name`, refuse))) refuse(`tools.${n}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    if (asObject(tool.input_schema, `tools.${n}.custom.input_schema`, refuse).type !== 'object') refuse(`tools.${n}.custom.input_schema.type: Input should be 'object'`);
    return tool;
  });
}

/** Consecutive turns of one role are one turn, as the vendor reads them. */
function turnsOf(value: unknown): Turn[] {
  const turns: Turn[] = [];
  asList(value, 'messages', refuse).forEach((item, n) => {
    const message = asObject(item, `messages.${n}`, refuse);
    const foreign = foreignField(message, MESSAGE);
    if (foreign) refuse(`messages.${n}.${foreign}: Extra inputs are not permitted`);
    const { role } = message;
    if (role !== 'user' && role !== 'assistant') return refuse(`messages.${n}.role: Input should be 'user' or 'assistant'`);
    const content = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : asList(message.content, `messages.${n}.content`, refuse);
    if (content.length === 0) refuse(`messages.${n}: all messages must have non-empty content`);
    const blocks = content.map((block, at) => blockOf(block, role, `messages.${n}.content.${at}`));
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks });
  });
  return turns;
}

function blockOf(value: unknown, role: 'user' | 'assistant', path: string): Block {
  const block = asObject(value, path, refuse) as Block;
  const allowed = BLOCKS[block.type] as Readonly<Record<string, true>> | undefined;
  if (!allowed) return refuse(`${path}: Input tag '${String(block.type)}' found using 'type' does not match any of the expected tags`);
  const foreign = foreignField(block, allowed);
  if (foreign) refuse(`${path}.${block.type}.${foreign}: Extra inputs are not permitted`);
  if (!ROLES_OF_BLOCKS[block.type].includes(role)) refuse(`${path}: \`${block.type}\` blocks are not permitted in \`${role}\` turns`);
  if (block.type === 'text' && asText(block.text, `${path}.text`, refuse).trim() === '') refuse(`${path}: text content blocks must contain non-whitespace text`);
  if (block.type === 'tool_use') checkCall(block, path);
  return block;
}

function checkCall(block: Block, path: string): void {
  if (!ID.test(asText(block.id, `${path}.tool_use.id`, refuse))) refuse(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
  asObject(block.input, `${path}.tool_use.input`, refuse);
}

function checkTurns(turns: readonly Turn[], model: string): void {
  if (turns.length === 0) refuse('messages: at least one message is required');
  if (turns[0]?.role !== 'user') refuse('messages: first message must use the "user" role');
  if (turns.at(-1)?.role === 'assistant') refuse('This model does not support assistant message prefill. The conversation must end with a user message.');
  turns.forEach((turn, n) => {
    for (const [at, block] of turn.blocks.entries()) if (block.type === 'thinking') checkSignature(block, model, `messages.${n}.content.${at}`);
    if (turn.role === 'user') checkResults(turn, turns[n - 1], n);
  });
}

function checkSignature(block: Block, model: string, path: string): void {
  if (block.signature !== signatureOf(model, asText(block.thinking, `${path}.thinking`, refuse))) refuse(`${path}: Invalid \`signature\` in \`thinking\` block`);
}

/** Results come first in the turn after their calls, one for each. */
function checkResults(turn: Turn, before: Turn | undefined, n: number): void {
  const calls = (before?.blocks ?? []).filter(({ type }) => type === 'tool_use').map(({ id }) => String(id));
  const results = turn.blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id: id }) => String(id));
  const orphan = results.find((id) => !calls.includes(id));
  if (orphan) refuse(`messages.${n}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${orphan}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`);
  const open = calls.filter((id) => !turn.blocks.slice(0, calls.length).some((block) => block.tool_use_id === id));
  if (open.length > 0) refuse(`messages.${n - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`);
  if (new Set(results).size !== results.length) refuse(`messages.${n}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks`);
}

function piece({ cache_control: mark, ...block }: Record<string, unknown>): PromptPiece {
  return { text: JSON.stringify(block), isBreakpoint: mark !== undefined && mark !== null };
}

function entriesOf(turns: readonly Turn[]): Entry[] {
  return turns.flatMap((turn): Entry[] => {
    const text = turn.blocks.filter(({ type }) => type === 'text').map((block) => String(block.text)).join('\n');
    if (turn.role === 'assistant') {
      const calls = turn.blocks.filter(({ type }) => type === 'tool_use').map((block): PeerCall => ({ id: String(block.id), name: String(block.name), args: block.input }));
      return [{ role: 'assistant', text, calls }];
    }
    const results = turn.blocks.filter(({ type }) => type === 'tool_result').map((block): PeerResult => ({ callId: String(block.tool_use_id), text: resultText(block.content), isError: block.is_error === true }));
    return [...(results.length > 0 ? [{ role: 'tool' as const, results }] : []), ...(text === '' ? [] : [{ role: 'user' as const, text }])];
  });
}

function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map((block: unknown) => (typeof block === 'object' && block !== null && 'text' in block ? String(block.text) : '')).join('\n') : '';
}
