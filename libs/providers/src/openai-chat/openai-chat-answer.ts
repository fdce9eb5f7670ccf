import type OpenAI from 'openai';
import type { Part } from '../message';
import type { ModelChunk, ModelEnd, ModelRequest, StopReason } from '../model-provider';
import { plausibleUsage, type Usage } from '../usage';
import { parseArguments } from '../wire/arguments';
import { estimatedUsage } from '../wire/estimated-usage';
import { newCallId } from '../wire/text';
import { checkWindow } from '../wire/window';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type CallDelta = NonNullable<Chunk['choices'][number]['delta']['tool_calls']>[number];
/** Fields that compatible servers add for the model's reasoning. */
type Delta = Chunk['choices'][number]['delta'] & { reasoning_content?: string | null; reasoning?: string | null };

interface CallDraft {
  id: string;
  name: string;
  args: string;
  readonly index: number | undefined;
}

/** Puts the chunks of one stream together. */
export class OpenAiChatAnswer {
  #text = '';
  #thinking = '';
  #refusal = '';
  readonly #calls: CallDraft[] = [];
  #finish: string | null = null;
  #usage: OpenAI.CompletionUsage | null = null;
  #id: string | null = null;

  get usage(): Usage | undefined {
    return this.#usage === null ? undefined : usageOf(this.#usage);
  }

  get hasEnded(): boolean {
    return this.#finish !== null;
  }

  /** Takes in a chunk; what of it is shown, or a sign of life. */
  take(chunk: Chunk): ModelChunk {
    this.#id ??= chunk.id || 'unnamed';
    if (chunk.usage) this.#usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (!choice) return { t: 'delta', kind: 'think', text: '' };
    if (choice.finish_reason) this.#finish = choice.finish_reason;
    return this.#add(choice.delta ?? {});
  }

  /** The end chunk. @throws {ModelError} when the window was full before the model said anything. */
  end(provider: string, request: ModelRequest): ModelEnd {
    const parts = this.#parts();
    const usage = this.usage ?? estimatedUsage(request, parts);
    if (this.#finish === 'length') checkWindow({ provider, isEmpty: parts.length === 0, usage });
    return { t: 'end', message: { role: 'assistant', parts, origin: { provider, model: request.model } }, stop: this.#stop(), usage, responseId: this.#id };
  }

  #add(delta: Delta): ModelChunk {
    for (const call of delta.tool_calls ?? []) this.#addCall(call);
    const thinking = delta.reasoning_content ?? delta.reasoning ?? '';
    const text = delta.content ?? '';
    this.#thinking += thinking;
    this.#text += text;
    this.#refusal += delta.refusal ?? '';
    return text === '' ? { t: 'delta', kind: 'think', text: thinking } : { t: 'delta', kind: 'text', text };
  }

  /** Some servers leave the index out, or give every call index 0: a new id then begins a new call. */
  #addCall(delta: CallDelta): void {
    const { id = '', function: { name = '', arguments: args = '' } = {} } = delta;
    const call = this.#draftFor(id, delta.index);
    call.id ||= id;
    call.name ||= name;
    call.args += args;
  }

  #draftFor(id: string, index: number | undefined): CallDraft {
    const known = this.#calls.findLast((call) => index === undefined || call.index === index);
    if (known !== undefined && (id === '' || known.id === '' || id === known.id)) return known;
    const draft: CallDraft = { id: '', name: '', args: '', index };
    this.#calls.push(draft);
    return draft;
  }

  #parts(): Part[] {
    const text = this.#text + this.#refusal;
    return [
      ...(this.#thinking === '' ? [] : [{ t: 'think' as const, text: this.#thinking }]),
      ...(text === '' ? [] : [{ t: 'text' as const, text }]),
      ...this.#calls.map((call): Part => ({ t: 'call', id: call.id || newCallId(), name: call.name, ...parseArguments(call.args) })),
    ];
  }

  /** Servers disagree on the reason beside tool calls, so the calls themselves decide. */
  #stop(): StopReason {
    if (this.#finish === 'length') return 'length';
    if (this.#finish === 'content_filter' || this.#refusal !== '') return 'refusal';
    return this.#calls.length > 0 ? 'tool' : 'stop';
  }
}

/** This wire's prompt count includes what was read from and written to the cache. */
function usageOf(usage: OpenAI.CompletionUsage): Usage {
  const read = usage.prompt_tokens_details?.cached_tokens ?? 0;
  const written = usage.prompt_tokens_details?.cache_write_tokens ?? 0;
  return plausibleUsage({
    inputTokens: Math.max(0, usage.prompt_tokens - read - written),
    cacheReadTokens: read,
    cacheWriteShortTokens: written,
    cacheWriteLongTokens: 0,
    outputTokens: usage.completion_tokens,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    raw: usage,
  });
}
