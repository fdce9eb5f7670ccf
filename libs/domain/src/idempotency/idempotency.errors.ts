import { AppError, declareError } from '@app/common';

export const IDEMPOTENCY_IN_PROGRESS = declareError('idempotency_in_progress', 409, 'The first call with this key is still running');
export const IDEMPOTENCY_MISMATCH = declareError('idempotency_mismatch', 422, 'This key was used for another call');

/** Most calls take far less than a second. */
const RETRY_AFTER_SECONDS = 1;

export function idempotencyInProgress(): AppError {
  return new AppError(IDEMPOTENCY_IN_PROGRESS, 'A call with this Idempotency-Key is still running; repeat yours a little later to get its answer.', {
    headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
  });
}

export function idempotencyMismatch(): AppError {
  return new AppError(IDEMPOTENCY_MISMATCH, 'This Idempotency-Key was used with another method, path or body; use a new key for a new call.');
}
