import { declareError } from '@app/common';

export const SANDBOX_UNAVAILABLE = declareError('sandbox_unavailable', 503, 'The sandbox cannot be started');
export const SETUP_SECRETS_LEFT = declareError('setup_secrets_left', 500, 'Set-up may have left secrets');
export const SANDBOX_STUCK = declareError('sandbox_stuck', 500, 'The sandbox did not end');
