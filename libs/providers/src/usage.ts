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

/** Far more than any call takes; what it would cost still fits its column. */
const MOST_TOKENS = 1_000_000_000;

/** The counts as they can be kept and priced: servers of the customer's own report whatever they like, also below 0, as text, or more reasoning than output. */
export function plausibleUsage(usage: Usage): Usage {
  const outputTokens = plausible(usage.outputTokens);
  return {
    ...usage,
    inputTokens: plausible(usage.inputTokens),
    cacheReadTokens: plausible(usage.cacheReadTokens),
    cacheWriteShortTokens: plausible(usage.cacheWriteShortTokens),
    cacheWriteLongTokens: plausible(usage.cacheWriteLongTokens),
    outputTokens,
    reasoningTokens: Math.min(plausible(usage.reasoningTokens), outputTokens),
  };
}

function plausible(count: unknown): number {
  return typeof count === 'number' && count > 0 ? Math.min(Math.round(count), MOST_TOKENS) : 0;
}

/** All prompt tokens of a call: what decides the price tier. */
export function promptTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteShortTokens + usage.cacheWriteLongTokens;
}

/** Tokens of a text when nobody counted them: four characters each, never 0. */
export function estimateTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}
