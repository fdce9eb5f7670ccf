import type { AiModelPrice } from '@app/domain';
import type { ModelErrorKind, PriceRow, Usage } from '@app/providers';
import type { NewUsage } from './usage.store';

/** Price rows as the arithmetic takes them. */
export function priceSetOf(rows: readonly AiModelPrice[]): PriceRow[] {
  return rows.map((row) => ({
    id: row.id, minPromptTokens: row.minPromptTokens, input: row.inputUmtok, output: row.outputUmtok, cacheRead: row.cacheReadUmtok,
    cacheWriteShort: row.cacheWriteShortUmtok, cacheWriteLong: row.cacheWriteLongUmtok,
  }));
}

/** What a vendor reported, as a usage row keeps it; null: it reported nothing. */
export function reportedUsage(usage: Usage | null): Pick<NewUsage, 'tokens' | 'isEstimated' | 'rawUsage'> {
  if (!usage) return { tokens: { input: 0, cacheRead: 0, cacheWriteShort: 0, cacheWriteLong: 0, output: 0, reasoning: 0 }, isEstimated: false, rawUsage: null };
  return {
    tokens: {
      input: usage.inputTokens, cacheRead: usage.cacheReadTokens, cacheWriteShort: usage.cacheWriteShortTokens, cacheWriteLong: usage.cacheWriteLongTokens,
      output: usage.outputTokens, reasoning: usage.reasoningTokens,
    },
    isEstimated: usage.isEstimated ?? false,
    rawUsage: usage.raw,
  };
}

const ROW_OUTCOMES: Readonly<Partial<Record<'ok' | ModelErrorKind, NewUsage['outcome']>>> = {
  ok: 'ok', rate_limit: 'rate_limited', overloaded: 'overloaded', timeout: 'timeout', aborted: 'aborted', refusal: 'refused',
};

/** How a call ended, in the words of a usage row. */
export function usageOutcome(outcome: 'ok' | ModelErrorKind): NewUsage['outcome'] {
  return ROW_OUTCOMES[outcome] ?? 'error';
}
