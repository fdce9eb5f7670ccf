/** Whole days by UTC, 'YYYY-MM-DD', both included, of an organization. */
export interface AnalyticsPeriod {
  readonly organizationId: string;
  readonly from: string;
  readonly to: string;
}

/** Any time, from an instant on, before another, of an organization. */
export interface AnalyticsTime {
  readonly organizationId: string;
  readonly from: Date;
  readonly to: Date;
}

/** A time taken apart: the whole days by UTC in it (if none, the first lies after the last), and what is before and after them. */
export interface DaysWithin {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly before: readonly [from: Date, to: Date];
  readonly after: readonly [from: Date, to: Date];
}

const DAY_MS = 86_400_000;
const NO_DAYS = { firstDay: '2000-01-02', lastDay: '2000-01-01' } as const;

export function daysWithin({ from, to }: Pick<AnalyticsTime, 'from' | 'to'>): DaysWithin {
  const begin = Math.ceil(from.getTime() / DAY_MS) * DAY_MS;
  const end = Math.floor(to.getTime() / DAY_MS) * DAY_MS;
  if (begin >= end) return { ...NO_DAYS, before: [from, to], after: [to, to] };
  const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
  return { firstDay: dayOf(begin), lastDay: dayOf(end - DAY_MS), before: [from, new Date(begin)], after: [new Date(end), to] };
}

/** SQL: whether a time lies in the days `$2` to `$3`. */
export function inPeriod(time: string): string {
  return `${time} >= $2::date::timestamp AT TIME ZONE 'UTC' AND ${time} < ($3::date + 1)::timestamp AT TIME ZONE 'UTC'`;
}

/** SQL: the day, the Monday of the week or the first of the month in which a day lies, as text. */
export const TIME_KEYS = {
  day: (day: string) => `${day}::text`,
  week: (day: string) => `date_trunc('week', ${day}::timestamp)::date::text`,
  month: (day: string) => `date_trunc('month', ${day}::timestamp)::date::text`,
} as const;
export const TIME_GROUPS = ['day', 'week', 'month'] as const;
export type TimeGroup = (typeof TIME_GROUPS)[number];

/** How the rows of a report are told apart: an expression over the alias `x`, and where the key's name stands. */
export interface GroupSql {
  readonly key: string;
  readonly label: string;
  readonly join: string;
}

const named = (key: string, table: string, label: string): GroupSql => ({ key: `${key}::text`, label: `n.${label}`, join: `LEFT JOIN ${table} n ON n.id = s.key::uuid` });
const plain = (key: string): GroupSql => ({ key, label: 'NULL::text', join: '' });

export const GROUPS = {
  day: plain(TIME_KEYS.day('x.date')),
  week: plain(TIME_KEYS.week('x.date')),
  month: plain(TIME_KEYS.month('x.date')),
  model: named('x.model_id', 'ai_models', 'name'),
  mode: plain('x.mode'),
  repository: named('x.repository_id', 'repositories', 'full_name'),
  user: named('x.user_id', 'users', 'username'),
} as const;
