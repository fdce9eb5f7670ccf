import type Anthropic from '@anthropic-ai/sdk';
import { repairHistory } from '../history';
import type { ModelMessage, Part, ToolSpec } from '../message';
import type { ModelRequest } from '../model-provider';
import { wireArguments } from '../wire/arguments';
import { isBlank, wellFormed, wireCallId } from '../wire/text';

type Block = Anthropic.ContentBlockParam;
type Turn = { role: 'user' | 'assistant'; content: Block[] };

const CALL_ID = /^[a-zA-Z0-9_-]{1,64}$/;
const EPHEMERAL = { cache_control: { type: 'ephemeral' } } as const;
const THINKING_BUDGET = { low: 2_048, medium: 8_192, high: 16_384 } as const;
/** The vendor's least budget, and the room that must be left for the answer itself. */
const LEAST_BUDGET = 1_024;

/** Positions of redacted thinking among the parts of a turn: kept in `origin.raw`, because the block has another shape. */
export interface AnthropicRaw {
  readonly redacted: readonly number[];
}

/** A call of the Messages API. Four cache breakpoints at most: last tool, system, last two user turns. */
export function anthropicRequest(request: ModelRequest, provider: string): Anthropic.MessageCreateParamsStreaming {
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    stream: true,
    ...(isBlank(request.system) ? {} : { system: [{ type: 'text', text: wellFormed(request.system), ...EPHEMERAL }] }),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map((tool, n) => wireTool(tool, n === request.tools.length - 1)) }),
    messages: withBreakpoints(turnsOf(request, provider)),
    ...thinkingOf(request),
  };
}

function wireTool(tool: ToolSpec, isLast: boolean): Anthropic.Tool {
  return { name: tool.name, description: tool.description, input_schema: { ...tool.parameters, type: 'object' }, ...(isLast ? EPHEMERAL : {}) };
}

function thinkingOf({ capabilities, effort, maxTokens }: ModelRequest): Pick<Anthropic.MessageCreateParams, 'thinking' | 'output_config'> {
  const { reasoning } = capabilities;
  if (reasoning === 'adaptive' || reasoning === 'always_adaptive') {
    return { thinking: { type: 'adaptive', display: 'summarized' }, ...(effort ? { output_config: { effort } } : {}) };
  }
  if (reasoning !== 'extended' || effort === undefined || maxTokens < 2 * LEAST_BUDGET) return {};
  return { thinking: { type: 'enabled', budget_tokens: Math.min(THINKING_BUDGET[effort], maxTokens - LEAST_BUDGET) } };
}

/** Alternating turns: a tool's results and the user's next text are one turn, results first. */
function turnsOf(request: ModelRequest, provider: string): Turn[] {
  const turns: Turn[] = [];
  for (const message of repairHistory(request.messages)) {
    const content = blocksOf(message, message.origin?.provider === provider && message.origin.model === request.model);
    if (content.length === 0) continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  // A conversation that ends with the model's own turn would be a prefill, which newer models refuse.
  if (turns.at(-1)?.role === 'assistant') turns.push({ role: 'user', content: [{ type: 'text', text: 'Continue.' }] });
  return turns;
}

function blocksOf(message: ModelMessage, isOwn: boolean): Block[] {
  const redacted = new Set(isOwn ? ((message.origin?.raw as AnthropicRaw | undefined)?.redacted ?? []) : []);
  return message.parts.flatMap((part, n) => blockOf(part, isOwn, redacted.has(n)));
}

function blockOf(part: Part, isOwn: boolean, isRedacted: boolean): Block[] {
  switch (part.t) {
    case 'text':
      return isBlank(part.text) ? [] : [{ type: 'text', text: wellFormed(part.text) }];
    case 'think':
      if (!isOwn || part.sig === undefined) return [];
      return [isRedacted ? { type: 'redacted_thinking', data: part.sig } : { type: 'thinking', thinking: part.text, signature: part.sig }];
    case 'call':
      return [{ type: 'tool_use', id: wireCallId(part.id, CALL_ID), name: part.name, input: wireArguments(part) }];
    case 'result':
      return [{ type: 'tool_result', tool_use_id: wireCallId(part.id, CALL_ID), content: isBlank(part.text) ? '(no output)' : wellFormed(part.text), ...(part.isError ? { is_error: true } : {}) }];
  }
}

/** Marks the last block of the last two user turns: the newest writes the cache, the one before is what this call reads. */
function withBreakpoints(turns: readonly Turn[]): Anthropic.MessageParam[] {
  const marked = turns.map((turn, n) => ({ turn, n })).filter(({ turn }) => turn.role === 'user').slice(-2).map(({ n }) => n);
  return turns.map((turn, n) => {
    const last = turn.content.at(-1);
    if (!marked.includes(n) || !last) return turn;
    return { role: turn.role, content: [...turn.content.slice(0, -1), { ...last, ...EPHEMERAL }] };
  });
}
