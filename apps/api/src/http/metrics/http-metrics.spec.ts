import { EventEmitter } from 'node:events';
import { metricsRegistry } from '@app/telemetry';
import type { Response } from 'express';
import type { HttpRequest } from '../http-request';
import { measureRequest } from './http-metrics';

interface Answer {
  readonly status?: number;
  readonly finished?: boolean;
  readonly type?: string;
}

function answered(request: object, { status = 404, finished = true, type = 'application/json' }: Answer = {}): void {
  const response = Object.assign(new EventEmitter(), { statusCode: status, writableFinished: finished, writeHead: () => undefined, getHeader: () => type });
  measureRequest(request as HttpRequest, response as unknown as Response)();
}

const lines = async (): Promise<string[]> => (await metricsRegistry.text()).split('\n').filter((line) => line.startsWith('async_coder_http_request_duration_seconds_count{'));

it('makes no new series of 10,000 different paths and methods', async () => {
  for (let n = 0; n < 10_000; n++) answered({ method: `M${n}`, originalUrl: `/api/v1/${n}`, route: n % 2 === 0 ? undefined : { path: '/{*path}' } });
  expect(await lines()).toEqual(['async_coder_http_request_duration_seconds_count{method="other",route="unmatched",status="4xx"} 10000']);
});

it('tells streams and callers who went before the answer apart', async () => {
  const request = { method: 'GET', route: { path: '/api/v1/tasks/:id' } };
  answered(request, { status: 200, finished: false });
  answered(request, { status: 200, finished: false, type: 'text/event-stream; charset=utf-8' });
  expect((await lines()).slice(1)).toEqual([
    'async_coder_http_request_duration_seconds_count{method="GET",route="/api/v1/tasks/:id",status="aborted"} 1',
    'async_coder_http_request_duration_seconds_count{method="GET",route="/api/v1/tasks/:id",status="2xx"} 1',
  ]);
});
