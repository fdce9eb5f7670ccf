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
}

/** All prompt tokens of a call: what decides the price tier. */
export function promptTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteShortTokens + usage.cacheWriteLongTokens;
}
