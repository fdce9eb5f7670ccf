/**
 * Answered calls are counted by latency: class n goes up to 250 ms times the (n-1)-th power of the fourth root of 2. The first has what took less, the last what took more than 12
 * minutes.
 */
export const LATENCY_CLASSES = 48;
export const FIRST_CLASS_MS = 250;
const CLASSES_PER_DOUBLING = 4;

/** SQL: the class of a call of the alias, from 1 on; null: not answered, or its time is not known. */
export function latencyClass(call: string): string {
  const doublings = `ln(greatest(${call}.latency_ms, 1)::float8 / ${FIRST_CLASS_MS}) / ln(2::float8)`;
  return `CASE WHEN ${call}.outcome = 'ok' AND ${call}.latency_ms IS NOT NULL THEN least(${LATENCY_CLASSES}, greatest(1, ceil(${doublings} * ${CLASSES_PER_DOUBLING})::integer + 1)) END`;
}

/**
 * The latency that the given share of calls did not exceed, `classes` of which each has its count; null: no calls. That of a quarter of a second up to 12 minutes is within 10 % of
 * the exact one: it is told by the middle of its class (by the logarithm), which is an eighth root of 2 from either end.
 */
export function latencyQuantile(classes: readonly number[], share: number, longestMs: number): number | null {
  const calls = classes.reduce((sum, count) => sum + count, 0);
  if (calls === 0) return null;
  let left = calls * share;
  const index = classes.findIndex((count) => (left -= count) <= 0 && count > 0);
  return Math.min(longestMs, index === LATENCY_CLASSES - 1 ? longestMs : Math.round(FIRST_CLASS_MS * 2 ** ((index - 0.5) / CLASSES_PER_DOUBLING)));
}
