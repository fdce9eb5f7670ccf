import { invalidParameter } from '@app/common';
import type { TimeGroup } from '@app/domain';

export const MOST_DAYS = 366;
export const DEFAULT_DAYS = 30;
/** Of a report; the totals are of all. */
export const MOST_ROWS = 1_000;
const DAY_MS = 86_400_000;

/** Whole days by UTC, both included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** The days that were asked for, or the last 30. @throws {AppError} invalid_parameter */
export function periodOf(query: { readonly from?: string; readonly to?: string }, now: Date): Period {
  const to = query.to ?? dayOf(now);
  const from = query.from ?? addDays(to, 1 - DEFAULT_DAYS);
  if (from > to) throw invalidParameter('from', 'invalid_value', `must not lie after to (${to})`);
  const days = daysBetween(from, to) + 1;
  if (days > MOST_DAYS) throw invalidParameter('from', 'invalid_value', `to ${to} makes ${days} days; a report covers at most ${MOST_DAYS}`);
  return { from, to };
}

export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

export function addDays(day: string, days: number): string {
  return dayOf(new Date(Date.parse(day) + days * DAY_MS));
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** The days of the period, in order. Counted, as the day after the last one of the year 9999 has no text. */
export function daysOf({ from, to }: Period): string[] {
  return Array.from({ length: daysBetween(from, to) + 1 }, (_, n) => addDays(from, n));
}

/** The first day of each time of the period, in order. */
export function timesOf(period: Period, by: TimeGroup): string[] {
  return [...new Set(daysOf(period).map(START[by]))];
}

const START: Readonly<Record<TimeGroup, (day: string) => string>> = {
  day: (day) => day,
  // Sunday is day 0 of the week by JavaScript, and the last one of it here.
  week: (day) => addDays(day, -((new Date(day).getUTCDay() + 6) % 7)),
  month: (day) => `${day.slice(0, 8)}01`,
};
