import { slope, type Sample } from './samples';

/** What may grow in a minute, once everything is warm. */
const MOST_PER_MINUTE: Readonly<Record<string, number>> = { rssMb: 1, descriptors: 0.5, connections: 0.5, workerFiles: 50, workerMb: 2, temporary: 0.5, redisKeys: 0.5 };
/** What may be more at the end, when nothing runs any more, than at the beginning. Memory is judged by its slope alone. */
const MOST_LEFT: Readonly<Record<string, number>> = { descriptors: 20, connections: 8, temporary: 3, redisKeys: 30, workspaces: 0 };
/** The part of the run that only warms it up; never more than so many minutes. */
const WARM_UP = 0.25;
const MOST_WARM_UP = 15;
/** A slope over less is noise. */
const LEAST_MINUTES = 20;

export interface Judged {
  readonly name: string;
  readonly found: number;
  readonly most: number;
  readonly isGood: boolean;
}

/** By slope over what came after the warm-up (empty when the run was too short for one), and by what is left over. */
export function judge(samples: readonly Sample[], resting: { readonly before: Sample; readonly after: Sample }): { slopes: Judged[]; leftOver: Judged[]; isLongEnough: boolean } {
  const last = samples.at(-1)?.minute ?? 0;
  const warm = samples.filter(({ minute }) => minute >= Math.min(last * WARM_UP, MOST_WARM_UP));
  const isLongEnough = last - (warm[0]?.minute ?? 0) >= LEAST_MINUTES;
  const names = Object.keys(samples.at(-1)?.values ?? {});
  const slopes = names.flatMap((name) => judgeOne(name, slope(warm, name), MOST_PER_MINUTE));
  const leftOver = names.flatMap((name) => judgeOne(name, (resting.after.values[name] ?? 0) - (resting.before.values[name] ?? 0), MOST_LEFT));
  return { slopes, leftOver, isLongEnough };
}

/** Values of one process are called `<process> <value>`. */
function judgeOne(name: string, found: number, limits: Readonly<Record<string, number>>): Judged[] {
  const most = limits[name.split(' ').at(-1)!];
  return most === undefined ? [] : [{ name, found: Math.round(found * 1_000) / 1_000, most, isGood: found <= most }];
}
