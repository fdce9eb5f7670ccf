import type Anthropic from '@anthropic-ai/sdk';
import type { Part } from '../message';
import { ModelError } from '../model-error';
import type { ModelChunk, ModelEnd, StopReason } from '../model-provider';
import { plausibleUsage, type Usage } from '../usage';
import { parseArguments } from '../wire/arguments';
import type { AnthropicRaw } from './anthropic-request';

const STOPS: Record<Anthropic.StopReason, StopReason> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  // Only server tools pause a turn; we offer none, so the answer is simply not finished.
  pause_turn: 'length',
  refusal: 'refusal',
};

interface Draft {
  readonly kind: 'text' | 'think' | 'redacted' | 'call';
  text: string;
  sig: string;
  id: string;
  name: string;
}

type Counts = Partial<Record<keyof Anthropic.Usage, unknown>> & Partial<Pick<Anthropic.Usage, 'input_tokens' | 'output_tokens' | 'cache_creation' | 'cache_creation_input_tokens' | 'cache_read_input_tokens' | 'output_tokens_details'>>;

/** Puts the events of one stream together. */
export class AnthropicAnswer {
  readonly #drafts = new Map<number, Draft>();
  #counts: Counts | null = null;
  #stop: Anthropic.StopReason | null = null;
  #id: string | null = null;
  hasEnded = false;

  /** What the vendor reported so far. */
  get usage(): Usage | undefined {
    return this.#counts ? usageOf(this.#counts) : undefined;
  }

  /** Takes in an event; what of it is shown, or a sign of life. */
  take(event: Anthropic.RawMessageStreamEvent): ModelChunk {
    switch (event.type) {
      case 'message_start':
        this.#id = event.message.id;
        this.#counts = event.message.usage;
        break;
      case 'content_block_start':
        this.#drafts.set(event.index, draftOf(event.content_block));
        break;
      case 'content_block_delta':
        return this.#add(event.index, event.delta);
      case 'message_delta':
        this.#stop = event.delta.stop_reason;
        this.#counts = { ...this.#counts, ...known(event.usage) };
        break;
      case 'message_stop':
        this.hasEnded = true;
        break;
      case 'content_block_stop':
        break;
    }
    return { t: 'delta', kind: 'think', text: '' };
  }

  /** The end chunk. @throws {ModelError} when the window was full before the model said anything. */
  end(provider: string, model: string): ModelEnd {
    const drafts = [...this.#drafts.entries()].sort(([a], [b]) => a - b).map(([, draft]) => draft).filter((draft) => draft.kind !== 'text' || draft.text !== '');
    const usage = usageOf(this.#counts ?? {});
    const parts = drafts.map(partOf);
    if (this.#stop === 'model_context_window_exceeded' && parts.length === 0) {
      throw new ModelError('context_overflow', 'the conversation fills the model\'s whole context window', { provider, usage });
    }
    const redacted = drafts.flatMap((draft, n) => (draft.kind === 'redacted' ? [n] : []));
    const raw: AnthropicRaw = { redacted };
    const origin = { provider, model, ...(redacted.length > 0 ? { raw } : {}) };
    return { t: 'end', message: { role: 'assistant', parts, origin }, stop: STOPS[this.#stop ?? 'end_turn'] ?? 'stop', usage, responseId: this.#id };
  }

  #add(index: number, delta: Anthropic.RawContentBlockDelta): ModelChunk {
    const draft = this.#drafts.get(index);
    if (draft) {
      if (delta.type === 'text_delta') draft.text += delta.text;
      if (delta.type === 'thinking_delta') draft.text += delta.thinking;
      if (delta.type === 'input_json_delta') draft.text += delta.partial_json;
      if (delta.type === 'signature_delta') draft.sig += delta.signature;
    }
    if (delta.type === 'text_delta') return { t: 'delta', kind: 'text', text: delta.text };
    return { t: 'delta', kind: 'think', text: delta.type === 'thinking_delta' ? delta.thinking : '' };
  }
}

function draftOf(block: Anthropic.RawContentBlockStartEvent['content_block']): Draft {
  const empty = { text: '', sig: '', id: '', name: '' };
  if (block.type === 'thinking') return { ...empty, kind: 'think', text: block.thinking, sig: block.signature };
  if (block.type === 'redacted_thinking') return { ...empty, kind: 'redacted', sig: block.data };
  if (block.type === 'tool_use') return { ...empty, kind: 'call', id: block.id, name: block.name, text: startingInput(block.input) };
  // Anything else comes from the vendor's own tools, none of which we offer.
  return { ...empty, kind: 'text', text: block.type === 'text' ? block.text : '' };
}

/** Streams begin a call with {}, and its text follows; a server may also give the whole input at once. */
function startingInput(input: unknown): string {
  return typeof input === 'object' && input !== null && Object.keys(input).length > 0 ? JSON.stringify(input) : '';
}

function partOf(draft: Draft): Part {
  if (draft.kind === 'call') return { t: 'call', id: draft.id, name: draft.name, ...parseArguments(draft.text) };
  if (draft.kind === 'text') return { t: 'text', text: draft.text };
  return { t: 'think', text: draft.text, ...(draft.sig === '' ? {} : { sig: draft.sig }) };
}

/** The closing counts, without the fields that are null there and were given at the start. */
function known(usage: Anthropic.MessageDeltaUsage): Counts {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}

function usageOf(counts: Counts): Usage {
  const { cache_creation: creation } = counts;
  return plausibleUsage({
    inputTokens: counts.input_tokens ?? 0,
    cacheReadTokens: counts.cache_read_input_tokens ?? 0,
    cacheWriteShortTokens: creation ? creation.ephemeral_5m_input_tokens : (counts.cache_creation_input_tokens ?? 0),
    cacheWriteLongTokens: creation ? creation.ephemeral_1h_input_tokens : 0,
    outputTokens: counts.output_tokens ?? 0,
    reasoningTokens: counts.output_tokens_details?.thinking_tokens ?? 0,
    raw: counts,
  });
}
