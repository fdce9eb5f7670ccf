import type { OpenAPIObject } from '@nestjs/swagger';
import type { Route } from '../routes/route-table';

type Parameter = { name: string; in: 'header'; required: false; description: string; schema: object };
type Headers = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>;
type References = Record<string, { $ref: string }>;

const text = (description: string, example: string, more: object = {}): { description: string; schema: object; example: string } => ({ description, schema: { type: 'string', ...more }, example });

export const RESPONSE_HEADERS: Headers = {
  'X-Request-Id': { ...text('Id of this request, in our logs too: yours when it has 8 to 128 letters, digits, - or _.', 'req_a1b2c3d4e5f6g7h8', { pattern: '^[A-Za-z0-9_-]{8,128}$' }), required: true },
  'RateLimit-Policy': text('The limits that count here: quota `q` in a window of `w` seconds.', '"default";q=600;w=60'),
  RateLimit: text('What is left (`r`), and in how many seconds it is full again (`t`).', '"default";r=598;t=42'),
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 }, example: 12 },
  'WWW-Authenticate': text('Which credential is wanted, and what was wrong.', 'Bearer realm="async-coder", error="invalid_token"'),
  ETag: text('Version of what is shown: send it as `If-None-Match` or `If-Match`.', '"7-42"', { pattern: '^(W/)?".*"$' }),
  Location: { ...text('Address of what was created.', '/api/v1/tasks/0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a'), required: true },
  Link: text('Where the next page is.', '</api/v1/tasks?cursor=WyJjMSIs>; rel="next"'),
  'Idempotency-Replayed': { description: 'The answer is the first call\'s.', schema: { type: 'string', enum: ['true'] }, example: 'true' },
};

const REQUEST_ID = header('X-Request-Id', 'Echoed in the answer and in our logs.', 'my-request-0001');
const ORGANIZATION = header('X-Organization-Id', 'The organization to act in; absent: your default one.', undefined, { format: 'uuid' });
const IF_NONE_MATCH = header('If-None-Match', 'Answers 304 when the tag still holds.', '"7-42"');
const IF_MATCH = header('If-Match', 'Answers 412 when the tag no longer holds.', '"7-42"');
const KEY = { minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]{1,255}$' };

/** Request headers by what the route is. */
export function requestHeaders(route: Route, isIdempotent: boolean): Parameter[] {
  const forMethod: Readonly<Record<string, Parameter>> = { GET: IF_NONE_MATCH, PUT: IF_MATCH, PATCH: IF_MATCH, DELETE: IF_MATCH, POST: idempotencyKey(isIdempotent) };
  const own = forMethod[route.method];
  return [...(own ? [own] : []), ...(route.policy === 'public' ? [] : [ORGANIZATION]), REQUEST_ID];
}

function idempotencyKey(isIdempotent: boolean): Parameter {
  const about = isIdempotent ? 'Kept 24 h: the same call with the same key gets the same answer.' : 'Accepted; this call may be repeated anyway.';
  // No example: a key that is copied belongs to another call.
  return header('Idempotency-Key', about, undefined, KEY);
}

/** Headers of an answer, by reference. */
export function answerHeaders(status: string, facts: { hasLimits: boolean; hasTag: boolean; isPage: boolean; isIdempotent: boolean }): References {
  const good = status.startsWith('2') || status === '304';
  const names = [
    'X-Request-Id',
    ...(facts.hasLimits ? ['RateLimit-Policy', 'RateLimit'] : []),
    ...(good && facts.hasTag ? ['ETag'] : []),
    ...(good && facts.isPage ? ['Link'] : []),
    ...(status.startsWith('2') && facts.isIdempotent ? ['Idempotency-Replayed'] : []),
    ...(status === '401' ? ['WWW-Authenticate'] : []),
    ...(['429', '503'].includes(status) ? ['Retry-After'] : []),
  ];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function header(name: string, description: string, example?: string, schema: object = {}): Parameter {
  return { name, in: 'header', required: false, description, schema: { type: 'string', ...schema }, ...(example === undefined ? {} : { example }) };
}
