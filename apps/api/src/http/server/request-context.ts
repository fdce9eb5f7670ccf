import { randomUUID } from 'node:crypto';
import { type LogFields, type Logger, withLogContext } from '@app/common';
import { withActor } from '@app/domain';
import { currentTraceparent, newTraceparent, parseTraceparent, withTraceContext } from '@app/telemetry';
import type { NextFunction, Response } from 'express';
import { type HttpRequest, pathOf } from '../http-request';
import { measureRequest } from '../metrics/http-metrics';

const ACCEPTED_ID = /^[A-Za-z0-9_-]{8,128}$/;
/** Probes come every few seconds and say nothing. */
const QUIET = /^\/(health|metrics)\b/;
const SLOW_MS = 1_000;

/** Gives each request its id, puts it into every log line made on its behalf, and writes one line when it is answered. */
export function requestContext(logger: Logger) {
  return (request: HttpRequest, response: Response, next: NextFunction): void => {
    const given = request.headers['x-request-id'];
    request.requestId = typeof given === 'string' && ACCEPTED_ID.test(given) ? given : `req_${randomUUID()}`;
    response.setHeader('X-Request-Id', request.requestId);
    response.setHeader('Cache-Control', 'no-store');
    const started = performance.now();
    const measured = measureRequest(request, response);
    const traceparent = currentTraceparent() ?? parseTraceparent(header(request, 'traceparent'))?.text ?? newTraceparent();
    const traceId = traceparent.slice(3, 35);
    response.once('close', () => {
      measured();
      logAnswer(logger, request, response, { traceId, ms: performance.now() - started });
    });
    const actor = { type: 'system', id: null, ipAddress: request.ip ?? null, userAgent: printable(request.headers['user-agent']), requestId: request.requestId } as const;
    withTraceContext(traceparent, () => withLogContext({ requestId: request.requestId, traceId }, () => withActor(actor, next)));
  };
}

function header(request: HttpRequest, name: string): string | undefined {
  const given = request.headers[name];
  return Array.isArray(given) ? given[0] : given;
}

/** An odd User-Agent may hold bytes that no text column takes. */
function printable(header: string | undefined): string | null {
  return header?.replace(/[^\x20-\x7e]/g, '?') ?? null;
}

function logAnswer(logger: Logger, request: HttpRequest, response: Response, { traceId, ms }: { traceId: string; ms: number }): void {
  const fields: LogFields = {
    requestId: request.requestId,
    traceId,
    method: request.method,
    path: pathOf(request).slice(0, 200),
    status: response.writableFinished ? response.statusCode : 499,
    ms: Math.round(ms),
    userId: request.principal?.userId,
    organizationId: request.principal?.organizationId,
  };
  if (QUIET.test(pathOf(request)) && response.statusCode < 400) logger.debug('answered', fields);
  else if (ms > SLOW_MS && !isStream(response)) logger.warn('answered slowly', fields);
  else logger.info('answered', fields);
}

function isStream(response: Response): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream');
}
