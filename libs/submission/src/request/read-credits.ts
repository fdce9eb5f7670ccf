import { microsFromCredits } from '@app/common';

const MOST_CREDITS_MICRO = 1_000_000_000_000_000n;

/** A JSON number as microcredits, read from its shortest text: 14.9 is 14900000, exactly. Null when it is no amount above 0 with at most six decimals. */
export function readCredits(value: unknown): bigint | null {
  if (typeof value !== 'number') return null;
  try {
    const micros = microsFromCredits(String(value));
    return micros > 0n && micros <= MOST_CREDITS_MICRO ? micros : null;
  } catch {
    return null;
  }
}
