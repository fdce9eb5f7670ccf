import { AppError, declareError } from '@app/common';

export const TOO_MANY_STREAMS = declareError('too_many_streams', 429, 'Too many event streams are open');

export function tooManyStreams(limit: number): AppError {
  return new AppError(TOO_MANY_STREAMS, `You have ${limit} event streams open; close one first.`, { members: { limit }, headers: { 'Retry-After': '5' } });
}
