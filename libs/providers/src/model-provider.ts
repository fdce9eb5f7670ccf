import type { ModelMessage, ToolSpec } from './message';
import type { Usage } from './usage';

/** What a model row says may be sent to it. A missing flag means not known. */
export interface ModelCapabilities {
  readonly tools?: boolean;
  readonly samplingParams?: boolean;
  readonly forcedToolUse?: boolean;
  readonly promptCache?: boolean;
  readonly reasoning?: 'none' | 'extended' | 'adaptive' | 'always_adaptive';
  readonly [flag: string]: unknown;
}

export interface ModelRequest {
  /** The vendor's id of the model. */
  readonly model: string;
  readonly capabilities: ModelCapabilities;
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ToolSpec[];
  /** Output tokens at most. */
  readonly maxTokens: number;
  readonly effort?: 'low' | 'medium' | 'high';
  /** Stable per task: helps vendors find their prompt cache. */
  readonly cacheKey: string;
}

export type StopReason = 'stop' | 'tool' | 'length' | 'refusal';

/** The last chunk of every successful stream; exactly one. */
export interface ModelEnd {
  readonly t: 'end';
  readonly message: ModelMessage;
  readonly stop: StopReason;
  readonly usage: Usage;
  /** The vendor's id of this answer or request. */
  readonly responseId: string | null;
}

/** A delta with an empty text is only a sign of life: the model is at work on something that is not shown. */
export type ModelChunk = { readonly t: 'delta'; readonly kind: 'text' | 'think'; readonly text: string } | ModelEnd;

/** One AI vendor on one wire, with one credential. Implementations never retry and never read the environment. */
export abstract class ModelProvider {
  /** Name of the vendor's row: "anthropic", "openai", "custom" ... */
  abstract readonly name: string;

  /**
   * Streams one answer: any number of deltas, then one end.
   * @throws {ModelError} and nothing else, also when the stream breaks off.
   */
  abstract stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk>;
}
