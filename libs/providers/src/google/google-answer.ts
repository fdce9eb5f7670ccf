import type { BlockedReason, Candidate, FinishReason, FunctionCall, GenerateContentResponse, GenerateContentResponseUsageMetadata, Part as WirePart } from '@google/genai';
import type { Part } from '../message';
import { ModelError } from '../model-error';
import type { ModelChunk, ModelEnd, ModelRequest, StopReason } from '../model-provider';
import { plausibleUsage, type Usage } from '../usage';
import { objectArguments } from '../wire/arguments';
import { estimatedUsage } from '../wire/estimated-usage';
import { newCallId } from '../wire/text';
import { checkWindow } from '../wire/window';
import type { GoogleRaw } from './google-request';

const STOPS: Partial<Record<`${FinishReason}`, StopReason>> = {
  MAX_TOKENS: 'length',
  CONTINUATION: 'length',
  SAFETY: 'refusal',
  RECITATION: 'refusal',
  BLOCKLIST: 'refusal',
  PROHIBITED_CONTENT: 'refusal',
  SPII: 'refusal',
};
/** The model meant to call a tool and wrote something that is no call: what was read of it is not to be trusted. The SDK keeps the vendor's words to itself. */
const BROKEN_CALLS: readonly string[] = ['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL'] satisfies `${FinishReason}`[];

interface Draft {
  readonly kind: 'text' | 'think' | 'call';
  text: string;
  sig: string;
  readonly call: FunctionCall | null;
}

/** Puts the chunks of one stream together. */
export class GoogleAnswer {
  readonly #drafts: Draft[] = [];
  #usage: GenerateContentResponseUsageMetadata | null = null;
  #finish: Candidate['finishReason'];
  #blocked: { reason: `${BlockedReason}`; message: string } | null = null;
  #id: string | null = null;

  /** What the vendor reported so far: each chunk counts anew. */
  get usage(): Usage | undefined {
    return this.#usage === null ? undefined : usageOf(this.#usage);
  }

  get hasEnded(): boolean {
    return this.#finish !== undefined || this.#blocked !== null;
  }

  /** Takes in a chunk; what of it is shown, or a sign of life. */
  take(chunk: GenerateContentResponse): ModelChunk[] {
    this.#note(chunk);
    const candidate = chunk.candidates?.[0];
    this.#finish = candidate?.finishReason ?? this.#finish;
    const deltas = (candidate?.content?.parts ?? []).map((part) => this.#add(part));
    return deltas.length > 0 ? deltas : [{ t: 'delta', kind: 'think', text: '' }];
  }

  /** The end chunk. @throws {ModelError} when the prompt was blocked, or the window was full before the model said anything. */
  end(provider: string, request: ModelRequest): ModelEnd {
    const { parts, raw } = this.#message();
    const usage = this.usage ?? estimatedUsage(request, parts);
    if (this.#blocked) throw new ModelError('refusal', `the prompt was blocked: ${[this.#blocked.reason, this.#blocked.message].filter(Boolean).join(', ')}`, { provider, vendorCode: this.#blocked.reason, usage });
    if (`${this.#finish}` === 'MAX_TOKENS') checkWindow({ provider, isEmpty: parts.length === 0, usage });
    const origin = { provider, model: request.model, ...(raw ? { raw } : {}) };
    return { t: 'end', message: { role: 'assistant', parts, origin }, stop: this.#stop(parts), usage, responseId: this.#id };
  }

  #note({ responseId, usageMetadata, promptFeedback }: GenerateContentResponse): void {
    this.#id ??= responseId ?? null;
    if (usageMetadata) this.#usage = { ...this.#usage, ...usageMetadata };
    if (promptFeedback?.blockReason) this.#blocked = { reason: promptFeedback.blockReason, message: promptFeedback.blockReasonMessage ?? '' };
  }

  /** Texts in a row are one, unless one of them is signed: that one stays as it came. */
  #add(part: WirePart): ModelChunk {
    const draft = draftOf(part);
    const last = this.#drafts.at(-1);
    if (last && draft.kind !== 'call' && last.kind === draft.kind && last.sig + draft.sig === '') last.text += draft.text;
    else this.#drafts.push(draft);
    return { t: 'delta', kind: draft.kind === 'text' ? 'text' : 'think', text: draft.kind === 'call' ? '' : draft.text };
  }

  #message(): { parts: Part[]; raw: GoogleRaw | undefined } {
    const parts: Part[] = [];
    const signed: GoogleRaw['signed'][number][] = [];
    for (const draft of this.#drafts) {
      if (draft.kind === 'text' && draft.sig !== '') signed.push({ at: parts.length, isEmpty: draft.text === '', sig: draft.sig });
      if (draft.kind === 'call' || draft.text !== '') parts.push(partOf(draft));
    }
    if (BROKEN_CALLS.includes(this.#finish ?? '')) return { parts: parts.filter(({ t }) => t === 'think'), raw: undefined };
    return { parts, raw: signed.length > 0 ? { signed } : undefined };
  }

  #stop(parts: readonly Part[]): StopReason {
    const stop = STOPS[this.#finish ?? 'STOP'];
    return stop ?? (parts.some(({ t }) => t === 'call') ? 'tool' : 'stop');
  }
}

function draftOf({ text = '', thought, thoughtSignature: sig = '', functionCall: call }: WirePart): Draft {
  return { kind: call ? 'call' : thought ? 'think' : 'text', text, sig, call: call ?? null };
}

function partOf({ kind, text, sig, call }: Draft): Part {
  if (call) return { t: 'call', id: call.id || newCallId(), name: call.name ?? '', ...objectArguments(call.args), ...(sig === '' ? {} : { sig }) };
  return kind === 'think' ? { t: 'think', text, ...(sig === '' ? {} : { sig }) } : { t: 'text', text };
}

/** This wire's prompt count includes what was read from the cache; writing to it is not counted. Thoughts stand beside the answer. */
function usageOf(usage: GenerateContentResponseUsageMetadata): Usage {
  const read = usage.cachedContentTokenCount ?? 0;
  const thoughts = usage.thoughtsTokenCount ?? 0;
  return plausibleUsage({
    inputTokens: Math.max(0, (usage.promptTokenCount ?? 0) - read) + (usage.toolUsePromptTokenCount ?? 0),
    cacheReadTokens: read,
    cacheWriteShortTokens: 0,
    cacheWriteLongTokens: 0,
    outputTokens: (usage.candidatesTokenCount ?? 0) + thoughts,
    reasoningTokens: thoughts,
    raw: usage,
  });
}
