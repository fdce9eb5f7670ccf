import { interval, median } from './stats.mjs';

/** Arms in turns, forward and then backward, so that what drifts falls on all alike; `measure` gives a slice of an arm. */
export async function inTurns(arms, rounds, measure) {
  const slices = new Map(arms.map((arm) => [arm, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const arm of round % 2 === 0 ? arms : [...arms].reverse()) slices.get(arm).push(await measure(arm, round));
  }
  return slices;
}

/** The ratio of each round's pair. */
export function ratios(above, below, of = (value) => value) {
  return above.map((slice, n) => of(slice) / of(below[n]));
}

export function summary(values) {
  const [low, high] = interval(values);
  return { median: median(values), low, high };
}

/** `task` for each of `count` numbers, at most `inFlight` at once. */
export async function inFlight(count, inFlightAtMost, task) {
  let next = 0;
  const lane = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: inFlightAtMost }, lane));
}

/** Calls at a fixed rate, whether or not those before have come to an end; `intended` is when each was due. */
export async function openLoop({ count, everyMs }, task) {
  const began = performance.now();
  const calls = [];
  for (let n = 0; n < count; n += 1) {
    const intended = began + n * everyMs;
    const left = intended - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    calls.push(task(n, intended));
  }
  return Promise.all(calls);
}
