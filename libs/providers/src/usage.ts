/**
 * Tokens of one call in disjoint parts: the prompt is input + cacheRead + cacheWriteShort + cacheWriteLong, and reasoning
 * is inside output. `raw` is the usage object as the vendor sent it.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteShortTokens: number;
  readonly cacheWriteLongTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly raw: unknown;
  /** The vendor reported nothing, so the counts were estimated from the text. */
  readonly isEstimated?: boolean;
}

/** All prompt tokens of a call: what decides the price tier. */
export function promptTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteShortTokens + usage.cacheWriteLongTokens;
}

/** Tokens of a text when nobody counted them: four characters each, never 0. */
export function estimateTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}
