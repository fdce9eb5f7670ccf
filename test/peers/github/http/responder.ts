import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Reply } from './exchange';
import { jsonText } from './json';
import { Refusal } from './refusal';

const LIMIT = 5_000;
const HOUR_SECONDS = 3_600;

export function replyOf(error: unknown): Reply {
  if (error instanceof Refusal) return { status: error.status, body: error.body(), headers: error.headers };
  return { status: 500, body: { message: `Server Error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` } };
}

/** Sends an answer of the REST API: 304 when the client already has it. */
export function sendReply(response: ServerResponse, { status, body, text, contentType, headers = {} }: Reply, about: { etag?: string; rate?: number; now: number }): void {
  const content = text ?? (body === undefined ? '' : jsonText(body));
  const etag = `W/"${createHash('sha256').update(content).digest('hex')}"`;
  const common = { ...headers, 'x-github-media-type': 'github.v3; format=json', 'x-github-request-id': createHash('sha1').update(String(Math.random())).digest('hex').slice(0, 16).toUpperCase(), ...rateHeaders(about) };
  if (status === 200 && about.etag === etag) {
    response.writeHead(304, { ...common, etag });
    response.end();
    return;
  }
  response.writeHead(status, { ...common, ...(status === 200 ? { etag, 'cache-control': 'private, max-age=60, s-maxage=60' } : {}), ...(content === '' ? {} : { 'content-type': contentType ?? 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(content) }) });
  response.end(content);
}

function rateHeaders({ rate, now }: { rate?: number; now: number }): Record<string, string> {
  if (rate === undefined) return {};
  const reset = (Math.floor(now / 1000 / HOUR_SECONDS) + 1) * HOUR_SECONDS;
  return { 'x-ratelimit-limit': String(LIMIT), 'x-ratelimit-remaining': String(Math.max(0, LIMIT - rate)), 'x-ratelimit-used': String(rate), 'x-ratelimit-reset': String(reset), 'x-ratelimit-resource': 'core' };
}
