import { metrics, routeTemplate } from '@app/telemetry';
import type { Response } from 'express';
import type { HttpRequest } from '../http-request';

/** What no route took: scanners ask for a new path with every call. */
const UNMATCHED = 'unmatched';
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Measures one request; the returned function is called when its answer is over. */
export function measureRequest(request: HttpRequest, response: Response): () => void {
  const started = performance.now();
  let firstByteMs: number | null = null;
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((...all: Parameters<typeof writeHead>) => {
    firstByteMs ??= performance.now() - started;
    return writeHead(...all);
  }) as typeof response.writeHead;
  metrics.httpInFlight.change({}, 1);
  return () => {
    metrics.httpInFlight.change({}, -1);
    const ms = isStream(response) ? (firstByteMs ?? 0) : performance.now() - started;
    metrics.httpRequests.observe({ method: methodOf(request), route: routeTemplate(request) ?? UNMATCHED, status: statusOf(response) }, ms / 1_000);
  };
}

function methodOf({ method }: HttpRequest): string {
  return METHODS.includes(method) ? method : 'other';
}

/** A caller who went before the answer counts apart: nobody was served, and nobody failed. */
function statusOf(response: Response): string {
  return response.writableFinished || isStream(response) ? `${Math.floor(response.statusCode / 100)}xx` : 'aborted';
}

function isStream(response: Response): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream');
}
