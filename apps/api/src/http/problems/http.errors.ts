import { declareError } from '@app/common';

export const CONFLICT = declareError('conflict', 409, 'This exists already');
export const REQUEST_TIMEOUT = declareError('request_timeout', 503, 'The request took too long', 'warn');
export const UNAVAILABLE = declareError('unavailable', 503, 'Temporarily unavailable', 'warn');
