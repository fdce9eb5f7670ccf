import { invalidParameter } from '@app/common';
import type { HttpRequest } from '../../http/http-request';

/** Where a reader of a stream comes back. @throws {AppError} invalid_parameter when it is not a number */
export function lastEventId(request: HttpRequest): number {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return 0;
  if (typeof header !== 'string' || !/^\d{1,15}$/.test(header)) throw invalidParameter('Last-Event-ID', 'invalid_format', 'must be the id of an event: a number');
  return Number(header);
}
