import type { CreditDay, CreditHistory } from '@app/domain';
import { addDays, dayOf, daysBetween, type Period } from './analytics-period';

const DAY_MS = 86_400_000;
/** The pace is that of today and so many days before. */
export const PACE_DAYS = 7;
/** Nobody plans further. */
const MOST_DAYS_LEFT = 3_650;

export interface BurnDownDay extends CreditDay {
  readonly otherMicro: bigint;
  readonly balanceMicro: bigint;
}

/** How the credits went, and how long they last. */
export interface BurnDown extends Pick<CreditHistory, 'availableMicro' | 'heldMicro' | 'debtMicro'> {
  readonly period: Period;
  readonly days: readonly BurnDownDay[];
  readonly pace: { readonly days: number; readonly perDayMicro: bigint };
  readonly daysLeft: number | null;
  readonly emptyOn: string | null;
  readonly nextExpiry: { readonly at: Date; readonly micro: bigint } | null;
}

/** The first day that a burn-down of the period has to know. */
export function firstDayNeeded({ from }: Period, now: Date): string {
  const pace = addDays(dayOf(now), 1 - PACE_DAYS);
  return from < pace ? from : pace;
}

/** @param history since `firstDayNeeded` */
export function burnDown(history: CreditHistory, period: Period, now: Date): Omit<BurnDown, 'nextExpiry'> {
  const { availableMicro, heldMicro, debtMicro } = history;
  const pace = paceOf(history, now);
  const left = availableMicro + heldMicro - debtMicro;
  const daysLeft = pace.perDayMicro === 0n ? null : Math.max(0, Math.floor((Number(left) / Number(pace.perDayMicro)) * 10) / 10);
  const emptyOn = daysLeft === null || daysLeft > MOST_DAYS_LEFT ? null : dayOf(new Date(now.getTime() + daysLeft * DAY_MS));
  return { period, availableMicro, heldMicro, debtMicro, pace, daysLeft, emptyOn, days: shownDays(history, period, now) };
}

/** Each day of the period up to today, also those on which nothing happened. */
function shownDays({ openingMicro, days }: CreditHistory, { from, to }: Period, now: Date): BurnDownDay[] {
  const moved = new Map(days.map((day) => [day.date, day]));
  let balance = days.reduce((sum, day) => (day.date < from ? sum + day.netMicro : sum), openingMicro);
  const shown: BurnDownDay[] = [];
  const today = dayOf(now);
  for (let date = from; date <= to && date <= today; date = addDays(date, 1)) {
    const day = moved.get(date) ?? { date, spentMicro: 0n, grantedMicro: 0n, purchasedMicro: 0n, expiredMicro: 0n, netMicro: 0n };
    balance += day.netMicro;
    shown.push({ ...day, otherMicro: day.netMicro + day.spentMicro + day.expiredMicro - day.grantedMicro - day.purchasedMicro, balanceMicro: balance });
  }
  return shown;
}

/** What was spent in the last days, by the time that they took: today counts as far as it has come. */
function paceOf({ openingMicro, days }: CreditHistory, now: Date): BurnDown['pace'] {
  const today = dayOf(now);
  const first = addDays(today, 1 - PACE_DAYS);
  const spent = days.reduce((sum, day) => (day.date >= first && day.date <= today ? sum + day.spentMicro : sum), 0n);
  // An account that is younger than that has had no more days.
  const began = openingMicro === 0n ? days[0]?.date : undefined;
  const since = began !== undefined && began > first ? began : first;
  const full = daysBetween(since, today);
  const elapsedMs = full * DAY_MS + Math.max(3_600_000, now.getTime() - Date.parse(today));
  return { days: full + 1, perDayMicro: (spent * BigInt(DAY_MS)) / BigInt(Math.round(elapsedMs)) };
}
