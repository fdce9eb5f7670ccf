import { AppError, FORBIDDEN, INTERNAL, INVALID_PARAMETER, MALFORMED_JSON, METHOD_NOT_ALLOWED, notFound, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE } from '@app/common';
import { HttpException } from '@nestjs/common';
import { fromDatabase } from './database-errors';

/** Errors of the body parser, by its `type`. */
const BODY_FAULTS: Readonly<Record<string, () => AppError>> = {
  'entity.parse.failed': () => new AppError(MALFORMED_JSON, 'The body is not JSON.'),
  'entity.verify.failed': () => new AppError(MALFORMED_JSON, 'The body is not JSON.'),
  'entity.too.large': () => new AppError(PAYLOAD_TOO_LARGE, 'The body is larger than this route takes.'),
  'encoding.unsupported': () => new AppError(UNSUPPORTED_MEDIA_TYPE, 'Send the body without Content-Encoding.'),
  'charset.unsupported': () => new AppError(UNSUPPORTED_MEDIA_TYPE, 'Send the body as UTF-8.'),
  'request.aborted': () => new AppError(MALFORMED_JSON, 'The body ended early.'),
  'request.size.invalid': () => new AppError(MALFORMED_JSON, 'The body is not as long as Content-Length says.'),
};

/** Any error as one of ours. What was not foreseen becomes `internal`, with the original as its cause and nothing of its text. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof HttpException) return fromNest(error);
  return fromDatabase(error) ?? new AppError(INTERNAL, 'The error was recorded; quote the request id when you report it.', { cause: error });
}

/** The 405 for a path that exists under other methods. */
export function methodNotAllowed(allow: readonly string[]): AppError {
  return new AppError(METHOD_NOT_ALLOWED, `Use ${allow.join(', ')}.`, { headers: { Allow: allow.join(', ') } });
}

/** Nest throws these itself: for the router, for the body parser, for a path it cannot decode. */
function fromNest(error: HttpException): AppError {
  const type = (error.cause as { type?: unknown } | undefined)?.type;
  const bodyFault = typeof type === 'string' ? BODY_FAULTS[type] : undefined;
  if (bodyFault) return bodyFault();
  const status = error.getStatus();
  if (status === 403) return new AppError(FORBIDDEN, 'You may not do this.');
  if (status === 404) return notFound();
  if (status === 413) return new AppError(PAYLOAD_TOO_LARGE, 'The body is larger than this route takes.');
  if (status === 415) return new AppError(UNSUPPORTED_MEDIA_TYPE, 'Send application/json.');
  if (status >= 400 && status < 500) return new AppError(INVALID_PARAMETER, 'The request is not readable.');
  return new AppError(INTERNAL, 'The error was recorded; quote the request id when you report it.', { cause: error });
}
