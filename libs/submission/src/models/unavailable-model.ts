import { PLAN_LIMIT_MODEL } from '@app/billing';
import { AppError, type ErrorKind } from '@app/common';
import { INVALID_MODEL, MODEL_UNAVAILABLE } from '@app/domain';

export const UNAVAILABLE_REASONS = ['no_key', 'no_price', 'plan', 'provider_down', 'retired', 'not_installed'] as const;
/** Why an organization cannot use a model now. */
export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

const WHY: Readonly<Record<UnavailableReason, string>> = {
  no_key: 'its provider has no key here',
  no_price: 'it has no price yet',
  plan: 'your plan does not include it',
  provider_down: 'its provider does not answer',
  retired: 'it was retired',
  not_installed: 'what reaches it is not installed here',
};

/** Why a caller does not get the model they asked for; the fault is theirs to mend at /model. */
export function refusedModel(kind: ErrorKind, detail: string): AppError {
  return new AppError(kind, detail, { errors: [{ pointer: '/model', code: kind.code, detail }] });
}

export function unknownModel(requested: string): AppError {
  return refusedModel(INVALID_MODEL, `there is no model ${JSON.stringify(requested)}; GET /models lists them`);
}

export function unavailableModel(name: string, reason: UnavailableReason): AppError {
  return reason === 'plan' ? refusedModel(PLAN_LIMIT_MODEL, `${name}: ${WHY.plan}`) : refusedModel(MODEL_UNAVAILABLE, `${name} cannot be used now: ${WHY[reason]}`);
}
