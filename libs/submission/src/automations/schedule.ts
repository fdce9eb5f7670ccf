import { CronExpressionParser } from 'cron-parser';

/** Ticks nearer to each other than this are a loop, not a schedule. */
const LEAST_GAP_MS = 5 * 60_000;
const TICKS_LOOKED_AT = 24;
/** Five fields of plain cron: what the parser would also take (seconds, `H`, `@daily`, `?`) is not promised by the API. */
const FIELD = String.raw`[0-9A-Za-z*,/\-]+`;
const FIVE_FIELDS = new RegExp(`^${FIELD}(?: ${FIELD}){4}$`);
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

export interface Schedule {
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** What is wrong with a schedule; null: nothing. */
export function scheduleFault({ cron, timeZone }: Schedule): { readonly field: 'cron' | 'timeZone'; readonly detail: string } | null {
  if (!isTimeZone(timeZone)) return { field: 'timeZone', detail: 'must be the IANA name of a time zone, such as Europe/Berlin' };
  if (cron.length > 100 || !FIVE_FIELDS.test(cron) || /(?:^| )\S*H/.test(cron)) return { field: 'cron', detail: 'must be five fields of cron: minute, hour, day of month, month, day of week' };
  try {
    return tooDense(cron, timeZone) ? { field: 'cron', detail: 'runs must lie at least 5 minutes apart' } : null;
  } catch {
    return { field: 'cron', detail: 'is no cron expression that ever comes true' };
  }
}

/**
 * The first tick after a moment. An hour that the clocks skip counts with the next, one that they repeat counts once, as cron does; a
 * schedule of every hour goes through both.
 */
export function nextTick({ cron, timeZone }: Schedule, after: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();
}

function tooDense(cron: string, timeZone: string): boolean {
  const ticks = CronExpressionParser.parse(cron, { tz: timeZone });
  let before = ticks.next().getTime();
  for (let seen = 1; seen < TICKS_LOOKED_AT; seen++) {
    const tick = ticks.next().getTime();
    if (tick - before < LEAST_GAP_MS) return true;
    before = tick;
  }
  return false;
}

function isTimeZone(name: string): boolean {
  if (name.length > 64 || !ZONE.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
