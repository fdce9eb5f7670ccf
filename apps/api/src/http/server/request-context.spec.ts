import { EventEmitter } from 'node:events';
import { Logger } from '@app/common';
import { currentTraceparent } from '@app/telemetry';
import type { Response } from 'express';
import type { HttpRequest } from '../http-request';
import { requestContext } from './request-context';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

interface Seen {
  readonly lines: Record<string, unknown>[];
  readonly traceparent: string | null;
  readonly headers: Record<string, unknown>;
}

/** One request through the middleware, with a line logged by whoever handles it. */
function handled(headers: Record<string, string>): Seen {
  let text = '';
  const logger = Logger.create('debug', 'api', { write: (line: string) => void (text += line) });
  const answered: Record<string, unknown> = {};
  const response = Object.assign(new EventEmitter(), { statusCode: 200, writableFinished: true, writeHead: () => undefined, getHeader: () => 'application/json', setHeader: (name: string, value: unknown) => (answered[name] = value) });
  let traceparent: string | null = null;
  requestContext(logger)({ headers, method: 'GET', originalUrl: '/api/v1/tasks', ip: '127.0.0.1' } as unknown as HttpRequest, response as unknown as Response, () => {
    traceparent = currentTraceparent();
    logger.info('handled');
  });
  response.emit('close');
  return { lines: text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>), traceparent, headers: answered };
}

it('takes up the id and the trace of the caller, and puts both into every line', () => {
  const seen = handled({ 'x-request-id': 'caller-12345', traceparent: `00-${TRACE}-b7ad6b7169203331-01` });
  expect(seen.lines.map(({ msg, requestId, traceId }) => [msg, requestId, traceId])).toEqual([['handled', 'caller-12345', TRACE], ['answered', 'caller-12345', TRACE]]);
  expect([seen.headers['X-Request-Id'], seen.traceparent]).toEqual(['caller-12345', `00-${TRACE}-b7ad6b7169203331-01`]);
});

it.each([
  ['nothing', undefined],
  ['words', 'not a trace'],
  ['only zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
  ['more than a trace', `00-${TRACE}-b7ad6b7169203331-01\n{"level":"error"}`],
])('begins a trace of its own when the caller sends %s', (_, traceparent) => {
  const first = handled({ 'x-request-id': 'no', ...(traceparent === undefined ? {} : { traceparent }) });
  const second = handled({});
  const ids = [first, second].flatMap(({ lines }) => lines.map(({ traceId }) => traceId as string));
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id) && id !== TRACE)).toBe(true);
  expect(new Set(ids).size).toBe(2);
  expect(first.headers['X-Request-Id']).toMatch(/^req_[0-9a-f-]{36}$/);
});
