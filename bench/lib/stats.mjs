export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The middle 90 % of the medians of 2,000 resamples, with a fixed sequence of chances so that a result can be computed again. */
export function interval(values, resamples = 2_000) {
  let state = 42;
  const chance = () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
  const medians = Array.from({ length: resamples }, () => median(values.map(() => values[Math.floor(chance() * values.length)]))).sort((a, b) => a - b);
  return [percentile(medians, 0.05), percentile(medians, 0.95)];
}

/** PASS when the interval's worse end clears the gate, FAIL when its better end does not. */
export function verdict({ direction, gate }, [low, high]) {
  const clears = (value) => (direction === 'up' ? value >= gate : value <= gate);
  const [worse, better] = direction === 'up' ? [low, high] : [high, low];
  if (clears(worse)) return 'PASS';
  return clears(better) ? 'INCONCLUSIVE' : 'FAIL';
}
