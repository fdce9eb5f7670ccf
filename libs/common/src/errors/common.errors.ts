import { AppError, type InputFault } from './app-error';
import { declareError } from './error-registry';

export const MALFORMED_JSON = declareError('malformed_json', 400, 'The body is not readable JSON');
export const INVALID_PARAMETER = declareError('invalid_parameter', 400, 'A parameter is not valid');
export const INVALID_CURSOR = declareError('invalid_cursor', 400, 'The cursor is not valid here');
export const FORBIDDEN = declareError('forbidden', 403, 'You may not do this');
export const NOT_FOUND = declareError('not_found', 404, 'Not found');
export const METHOD_NOT_ALLOWED = declareError('method_not_allowed', 405, 'This method is not allowed here');
export const NOT_ACCEPTABLE = declareError('not_acceptable', 406, 'No acceptable representation');
export const VERSION_CONFLICT = declareError('version_conflict', 412, 'The resource has changed');
export const PAYLOAD_TOO_LARGE = declareError('payload_too_large', 413, 'The body is too large');
export const UNSUPPORTED_MEDIA_TYPE = declareError('unsupported_media_type', 415, 'This media type is not supported');
export const VALIDATION_FAILED = declareError('validation_failed', 422, 'The input is not valid');
export const UNSAFE_URL = declareError('unsafe_url', 422, 'We may not call this address');
export const RATE_LIMITED = declareError('rate_limited', 429, 'Too many requests');
export const INTERNAL = declareError('internal', 500, 'Something went wrong on our side');
export const NOT_READY = declareError('not_ready', 503, 'Not ready', 'warn');
export const INTEGRATION_NOT_CONFIGURED = declareError('integration_not_configured', 503, 'This integration is not configured', 'warn');
export const INTEGRATION_NOT_CONNECTED = declareError('integration_not_connected', 422, 'This integration is not connected');
export const GITHUB_PERMISSION_MISSING = declareError('github_permission_missing', 403, 'The GitHub App may not do this');

/** Missing, foreign or not visible: always this same answer. */
export function notFound(): AppError {
  return new AppError(NOT_FOUND, 'There is no such resource, or you cannot see it.');
}

/** A readable body with wrong values (422). */
export function validationFailed(errors: readonly InputFault[]): AppError {
  const first = errors[0];
  const where = first ? `${first.pointer || first.parameter || 'the body'}: ${first.detail}` : 'see "errors"';
  return new AppError(VALIDATION_FAILED, errors.length > 1 ? `${where} (and ${errors.length - 1} more)` : where, { errors });
}

/** A body value that is well-formed but wrong (422), with one pointer such as "/branch". */
export function invalidField(pointer: string, code: string, detail: string): AppError {
  return validationFailed([{ pointer, code, detail }]);
}

/** A query, header or path value that is wrong (400). */
export function invalidParameter(parameter: string, code: string, detail: string): AppError {
  return new AppError(INVALID_PARAMETER, `${parameter}: ${detail}`, { errors: [{ pointer: '', parameter, code, detail }] });
}
