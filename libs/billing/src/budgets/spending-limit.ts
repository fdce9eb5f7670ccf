import { creditsFromMicros, usdFromNano } from '@app/common';
import type { Budget } from '@app/domain';

export type BudgetScope = Budget['scope'];
export type BudgetMeasure = Budget['measure'];
export type BudgetPeriodName = Budget['period'];

/** Something that limits spending, with where it stands: a budget in its period, or the `maxCredits` of a task, which its child tasks share. */
export interface SpendingLimit {
  /** Of the budget, or of the task. */
  readonly id: string;
  readonly scope: 'task' | BudgetScope;
  readonly measure: BudgetMeasure;
  readonly period: BudgetPeriodName;
  /** Microcredits, or nano-USD when it measures cost. */
  readonly limit: bigint;
  readonly used: bigint;
  readonly held: bigint;
}

/** A threshold that spending has passed. */
export interface SpendingAlert extends SpendingLimit {
  readonly percent: number;
}

const OF_SCOPE: Readonly<Record<BudgetScope, string>> = { organization: "the organization's", user: "this user's", repository: "the repository's", api_key: "the API key's", automation: "the automation's" };
const PER: Readonly<Record<BudgetPeriodName, string>> = { day: ' a day', month: ' a month', total: '' };

/** Amount of a limit for people: "12.5 credits", "USD 3.20". */
export function sayAmount(measure: BudgetMeasure, value: bigint): string {
  return measure === 'credits' ? `${creditsFromMicros(value)} credits` : `USD ${usdFromNano(value)}`;
}

/** Which limit it is, by name: "the organization's budget of 100 credits a month (<id>)". */
export function nameOfLimit({ id, scope, measure, period, limit }: SpendingLimit): string {
  if (scope === 'task') return `the cap of ${sayAmount(measure, limit)} of task ${id}`;
  return `${OF_SCOPE[scope]} budget of ${sayAmount(measure, limit)}${PER[period]} (${id})`;
}

/** Why a call was not made, for people. */
export function sayExhausted(limit: SpendingLimit): string {
  const held = limit.held > 0n ? ` and ${sayAmount(limit.measure, limit.held)} reserved` : '';
  const more = limit.scope === 'task' ? 'Resume with a higher maxCredits.' : 'Raise the budget or wait for its next period, then resume.';
  return `The next model call does not fit under ${nameOfLimit(limit)}: ${sayAmount(limit.measure, limit.used)} used${held}. ${more}`;
}

/** What a threshold means, for people. */
export function sayAlert(alert: SpendingAlert): string {
  return `${alert.percent} % of ${nameOfLimit(alert)} is used: ${sayAmount(alert.measure, alert.used)}.`;
}

/** A limit as events and webhooks show it. */
export function limitJson({ id, scope, measure, period, limit, used, held }: SpendingLimit) {
  const amount = (value: bigint): number | string => (measure === 'credits' ? creditsFromMicros(value) : usdFromNano(value));
  return { id, scope, measure, period, limit: amount(limit), used: amount(used), held: amount(held) };
}

/** Which of `percents` of a limit are reached, lowest first. Nothing reaches nothing. */
export function reachedPercents(percents: readonly number[], limit: bigint, used: bigint): number[] {
  return percents.filter((percent) => used > 0n && used * 100n >= limit * BigInt(percent)).sort((a, b) => a - b);
}
