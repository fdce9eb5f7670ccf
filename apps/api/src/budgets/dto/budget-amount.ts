import type { BudgetMeasure } from '@app/billing';
import { creditsFromMicros, nanoFromUsd, usdFromNano } from '@app/common';
import { readCredits } from '@app/submission';
import { ValidateBy } from 'class-validator';

const USD = /^\d{1,9}(\.\d{1,9})?$/;

/** How a limit or a counter is written: credits as a number, US dollars as text. */
export const AMOUNT_SCHEMA = { oneOf: [{ type: 'number', minimum: 0, maximum: 1_000_000_000, description: 'Credits, at most 6 decimals.' }, { type: 'string', pattern: USD.source, description: 'US dollars, at most 9 decimals.' }] };

/** An amount as it is shown. */
export function shownAmount(measure: BudgetMeasure, value: bigint): number | string {
  return measure === 'credits' ? creditsFromMicros(value) : usdFromNano(value);
}

/** An amount that was sent, in microcredits or nano-USD; null: not one of this measure. 0 lets nothing be spent. */
export function readAmount(measure: BudgetMeasure, amount: unknown): bigint | null {
  if (measure === 'credits') return amount === 0 ? 0n : readCredits(amount);
  return typeof amount === 'string' && USD.test(amount) ? nanoFromUsd(amount) : null;
}

/** A number of credits, or US dollars as text; which of them, the measure decides. */
export function IsAmount(): PropertyDecorator {
  const validate = (value: unknown): boolean => readAmount('credits', value) !== null || readAmount('cost', value) !== null;
  return ValidateBy({ name: 'isAmount', validator: { validate, defaultMessage: () => '$property must be credits as a number with at most 6 decimals, or US dollars as text with at most 9' } });
}
