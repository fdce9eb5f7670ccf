import { AppError, declareError } from '@app/common';

export const PROVIDER_TIMEOUT = declareError('provider_timeout', 504, 'The provider did not answer in time', 'warn');

export function providerTimeout(provider: string, latencyMs: number): AppError {
  return new AppError(PROVIDER_TIMEOUT, `${provider} gave no answer within ${Math.round(latencyMs / 1_000)} seconds. Try again later.`, { members: { latencyMs } });
}
