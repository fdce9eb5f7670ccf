import { AppError, declareError } from '@app/common';

export const INVALID_SIGNATURE = declareError('invalid_signature', 401, 'The signature is not valid');
export const INVALID_WEBHOOK_PAYLOAD = declareError('invalid_webhook_payload', 400, 'The webhook is not readable');

/** Always the same words: a forger learns nothing about which part was wrong. */
export function invalidSignature(): AppError {
  return new AppError(INVALID_SIGNATURE, 'The delivery is not signed by its sender, or its time is more than 5 minutes off.');
}
