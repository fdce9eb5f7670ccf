import { AppError, creditsFromMicros, declareError } from '@app/common';

export const INSUFFICIENT_CREDITS = declareError('insufficient_credits', 402, 'Not enough credits');
export const BUDGET_EXHAUSTED = declareError('budget_exhausted', 402, 'A budget is used up');

/** `required` and `available` in credits, as in the answer. */
export function insufficientCredits(requiredMicro: bigint, availableMicro: bigint, debtMicro: bigint): AppError {
  const required = creditsFromMicros(requiredMicro);
  const available = creditsFromMicros(availableMicro);
  const detail = debtMicro > 0n
    ? `The organization owes ${creditsFromMicros(debtMicro)} credits from a refund; buy credits to go on.`
    : `This needs about ${required} credits; ${available} are free. Buy credits or wait for the next period.`;
  return new AppError(INSUFFICIENT_CREDITS, detail, { members: { required, available } });
}
