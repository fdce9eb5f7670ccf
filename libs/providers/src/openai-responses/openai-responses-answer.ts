import type OpenAI from 'openai';
import type { Part } from '../message';
import type { ModelChunk, ModelEnd, ModelRequest, StopReason } from '../model-provider';
import { plausibleUsage, type Usage } from '../usage';
import { parseArguments } from '../wire/arguments';
import { estimatedUsage } from '../wire/estimated-usage';
import { newCallId } from '../wire/text';
import { checkWindow } from '../wire/window';
import type { ResponsesRaw } from './openai-responses-request';

type Event = OpenAI.Responses.ResponseStreamEvent;
type Item = OpenAI.Responses.ResponseOutputItem;
type Reasoning = OpenAI.Responses.ResponseReasoningItem;
type Message = OpenAI.Responses.ResponseOutputMessage;

const ENDS: readonly string[] = ['response.completed', 'response.incomplete', 'response.failed'] satisfies Event['type'][];
const ALIVE: ModelChunk = { t: 'delta', kind: 'think', text: '' };

/** One item of the answer as far as it was streamed; `done` is how the vendor says it in the end. */
interface Draft {
  readonly item: Item;
  text: string;
  refusal: string;
  args: string;
  done: Item | null;
}

/** Puts the events of one stream together. */
export class OpenAiResponsesAnswer {
  readonly #drafts = new Map<number, Draft>();
  #response: OpenAI.Responses.Response | null = null;
  #summaries = new Map<string, number>();
  hasEnded = false;

  /** What the vendor reported so far; it does so at the end. */
  get usage(): Usage | undefined {
    return this.#response?.usage ? usageOf(this.#response.usage) : undefined;
  }

  /** The response as it failed; null: it did not. */
  get failure(): OpenAI.Responses.Response | null {
    return this.#response?.status === 'failed' || this.#response?.status === 'cancelled' ? this.#response : null;
  }

  /** Takes in an event; what of it is shown, or a sign of life. */
  take(event: Event): ModelChunk {
    if ('response' in event) {
      this.#response = event.response;
      this.hasEnded = ENDS.includes(event.type);
    } else if (event.type === 'response.output_item.added' || event.type === 'response.output_item.done') this.#setItem(event);
    else if ('delta' in event) return this.#add(event);
    return ALIVE;
  }

  /** The end chunk. @throws {ModelError} when the window was full before the model said anything. */
  end(provider: string, request: ModelRequest): ModelEnd {
    const items = this.#items();
    const parts = items.flatMap(partsOf);
    const usage = this.usage ?? estimatedUsage(request, parts);
    if (this.#response?.incomplete_details?.reason === 'max_output_tokens') checkWindow({ provider, isEmpty: parts.length === 0, usage });
    const raw = rawOf(items);
    const origin = { provider, model: request.model, ...(raw ? { raw } : {}) };
    return { t: 'end', message: { role: 'assistant', parts, origin }, stop: this.#stop(items), usage, responseId: this.#response?.id ?? null };
  }

  #setItem({ type, output_index: at, item }: Extract<Event, { item: Item }>): void {
    const draft = this.#drafts.get(at) ?? { item, text: '', refusal: '', args: '', done: null };
    this.#drafts.set(at, type === 'response.output_item.done' ? { ...draft, done: item } : draft);
  }

  #add(event: Extract<Event, { delta: unknown }>): ModelChunk {
    const draft = 'output_index' in event ? this.#drafts.get(event.output_index) : undefined;
    if (event.type === 'response.output_text.delta') return said(event.delta, draft, 'text');
    if (event.type === 'response.refusal.delta') return said(event.delta, draft, 'refusal');
    if (event.type === 'response.function_call_arguments.delta' && draft) draft.args += event.delta;
    if (event.type !== 'response.reasoning_summary_text.delta') return ALIVE;
    return { t: 'delta', kind: 'think', text: this.#paragraph(event.item_id, event.summary_index) + event.delta };
  }

  /** Summaries come in several parts, each about something new. */
  #paragraph(item: string, summary: number): string {
    const before = this.#summaries.get(item);
    this.#summaries.set(item, summary);
    return before === undefined || before === summary ? '' : '\n\n';
  }

  /** The items in order. Some servers repeat none of them at the end, so what was streamed decides. */
  #items(): Item[] {
    const streamed = [...this.#drafts.entries()].sort(([a], [b]) => a - b).map(([, draft]) => draft.done ?? finished(draft));
    return streamed.length > 0 ? streamed : (this.#response?.output ?? []);
  }

  #stop(items: readonly Item[]): StopReason {
    const reason = this.#response?.incomplete_details?.reason;
    if (reason === 'content_filter' || items.some((item) => item.type === 'message' && item.content.some(({ type }) => type === 'refusal'))) return 'refusal';
    if (this.#response?.status === 'incomplete') return 'length';
    return items.some(({ type }) => type === 'function_call') ? 'tool' : 'stop';
  }
}

function said(text: string, draft: Draft | undefined, field: 'text' | 'refusal'): ModelChunk {
  if (draft) draft[field] += text;
  return { t: 'delta', kind: 'text', text };
}

/** An item that the stream left open, as far as it came. */
function finished({ item, text, refusal, args }: Draft): Item {
  if (item.type === 'function_call') return { ...item, arguments: args === '' ? item.arguments : args };
  if (item.type !== 'message') return item;
  const content: Message['content'] = [
    ...(text === '' ? [] : [{ type: 'output_text' as const, text, annotations: [] }]),
    ...(refusal === '' ? [] : [{ type: 'refusal' as const, refusal }]),
  ];
  return { ...item, content: content.length > 0 ? content : item.content };
}

/** Items of other types come from the vendor's own tools, none of which we offer. */
function partsOf(item: Item): Part[] {
  if (item.type === 'reasoning') return [{ t: 'think', text: item.summary.map(({ text }) => text).join('\n\n'), sig: item.id }];
  if (item.type === 'function_call') return [{ t: 'call', id: item.call_id || newCallId(), name: item.name, ...parseArguments(item.arguments) }];
  return item.type === 'message' && textOf(item) !== '' ? [{ t: 'text', text: textOf(item) }] : [];
}

function textOf(item: Message): string {
  return item.content.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join('');
}

/** What has to be kept for this vendor; undefined: nothing. */
function rawOf(items: readonly Item[]): ResponsesRaw | undefined {
  const reasoning = items.filter((item): item is Reasoning => item.type === 'reasoning' && Boolean(item.encrypted_content)).map(replayed);
  const phases = items.filter((item): item is Message => item.type === 'message' && textOf(item) !== '').map(({ phase }) => phase ?? null);
  const hasPhases = phases.some((phase) => phase !== null);
  if (reasoning.length === 0 && !hasPhases) return undefined;
  return { ...(reasoning.length > 0 ? { reasoning } : {}), ...(hasPhases ? { phases } : {}) };
}

/** A reasoning item as it may be sent again. */
function replayed({ id, type, summary, content, encrypted_content }: Reasoning): Reasoning {
  return { id, type, summary, ...(content ? { content } : {}), encrypted_content: encrypted_content ?? null };
}

/** This wire's prompt count includes what was read from and written to the cache. */
function usageOf(usage: OpenAI.Responses.ResponseUsage): Usage {
  const details: Partial<OpenAI.Responses.ResponseUsage.InputTokensDetails> = usage.input_tokens_details ?? {};
  const read = details.cached_tokens ?? 0;
  const byLife = details.cache_write_tokens_details;
  const short = byLife ? byLife.ttl_30m_tokens : (details.cache_write_tokens ?? 0);
  const long = byLife ? byLife.ttl_12h_tokens : 0;
  return plausibleUsage({
    inputTokens: Math.max(0, (usage.input_tokens ?? 0) - read - short - long),
    cacheReadTokens: read,
    cacheWriteShortTokens: short,
    cacheWriteLongTokens: long,
    outputTokens: usage.output_tokens ?? 0,
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
    raw: usage,
  });
}
