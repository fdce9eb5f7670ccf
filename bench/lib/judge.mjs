import { median, interval, verdict } from './stats.mjs';

/** Two equal things further apart than this: nothing of the run is decided. */
const SAME = [0.85, 1.18];

/** Whether equal things came out equal in a group's run. */
export function isCalm({ same }) {
  return Object.values(same).every((values) => values.length > 0 && interval(values).every((end) => end >= SAME[0] && end <= SAME[1]));
}

/** PASS, FAIL, INCONCLUSIVE or SKIPPED, and how far beyond the gate the median is. */
export function judge(goal, figures) {
  const samples = figures.samples[goal.id] ?? [];
  if (figures.error !== null) return { id: goal.id, word: 'FAIL', why: 'the run broke off, see above' };
  if (figures.failed?.[goal.id]) return { id: goal.id, word: 'FAIL', why: `its part broke off: ${figures.failed[goal.id]}` };
  if (samples.length === 0) return { id: goal.id, word: 'SKIPPED', why: figures.skipped[goal.id] ?? 'not measured in this run' };
  const range = interval(samples);
  const at = median(samples);
  const plain = verdict(goal, range);
  const isNoise = !isCalm(figures) && plain !== 'INCONCLUSIVE';
  return { id: goal.id, word: isNoise ? 'INCONCLUSIVE' : plain, ...(isNoise ? { why: `equal arms came out too far apart; else ${plain}` } : {}), at, range, pairs: samples.length, reached: reached(goal, at) };
}

function reached(goal, at) {
  const clears = (value) => value !== undefined && (goal.direction === 'up' ? at >= value : at <= value);
  return ['stretch', 'target', 'gate'].find((level) => clears(goal[level])) ?? null;
}
