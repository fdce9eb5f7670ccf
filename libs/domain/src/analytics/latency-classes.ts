/** Answered calls are counted by latency: class n goes up to 250 ms times the n-th power of the fourth root of 2, the last one has no end (over 14 minutes). */
export const LATENCY_CLASSES = 48;
export const FIRST_CLASS_MS = 250;
const CLASSES_PER_DOUBLING = 4;

/** SQL: the class of a call of the alias, from 1 on; null: not answered, or its time is not known. */
export function latencyClass(call: string): string {
  const doublings = `ln(greatest(${call}.latency_ms, 1)::float8 / ${FIRST_CLASS_MS}) / ln(2::float8)`;
  return `CASE WHEN ${call}.outcome = 'ok' AND ${call}.latency_ms IS NOT NULL THEN least(${LATENCY_CLASSES}, greatest(1, ceil(${doublings} * ${CLASSES_PER_DOUBLING})::integer + 1)) END`;
}

/** The latency that the given share of calls did not exceed, within 10 % of the exact one; null: no calls. */
export function latencyQuantile(classes: readonly number[], share: number, longestMs: number): number | null {
  const wanted = classes.reduce((sum, calls) => sum + calls, 0) * share;
  if (wanted === 0) return null;
  let before = 0;
  for (const [index, calls] of classes.entries()) {
    if (before + calls >= wanted && calls > 0) return Math.min(longestMs, Math.round(within(index, (wanted - before) / calls)));
    before += calls;
  }
  return longestMs;
}

/** Calls are taken to be spread evenly over their class, by the logarithm. */
function within(index: number, share: number): number {
  return FIRST_CLASS_MS * 2 ** ((index - 1 + share) / CLASSES_PER_DOUBLING);
}
