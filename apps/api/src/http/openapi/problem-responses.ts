import { AppError, declaredErrors, type ErrorKind } from '@app/common';
import { problemSlug, toProblem } from '../problems/problem';
import type { Route } from '../routes/route-table';
import { requirementsOf } from './credentials';
import { PROBLEM_ADVICE } from './problem-advice';

export const PROBLEM_JSON = 'application/problem+json';
const EXAMPLE_INSTANCE = '/api/v1/tasks';

/** What decides which errors an operation can answer with. */
export interface OperationFacts {
  readonly isIdempotent: boolean;
  readonly hasCursor: boolean;
  /** Codes that the operation names itself. */
  readonly own: readonly string[];
}

/** Codes an operation can answer with: what its kind implies, and what it names itself. Names that no module of this process declares are left out. */
export function problemCodes(route: Route, facts: OperationFacts): ErrorKind[] {
  const changes = route.method !== 'GET';
  const names = new Set([
    ...['invalid_parameter', 'internal', 'unavailable', 'request_timeout', 'rate_limited'],
    ...(route.path.includes(':') ? ['not_found'] : []),
    ...(route.policy === 'public' ? [] : OF_CALLER),
    ...(requirementsOf(route).some((way) => 'clerk' in way) ? ['account_link_required', 'not_ready', ...(changes ? ['impersonation_forbidden'] : [])] : []),
    ...(facts.hasCursor ? ['invalid_cursor'] : []),
    ...(changes ? ['malformed_json', 'payload_too_large', 'unsupported_media_type', 'validation_failed', 'conflict'] : []),
    ...(facts.isIdempotent ? ['idempotency_in_progress', 'idempotency_mismatch'] : []),
    ...(['PUT', 'PATCH', 'DELETE'].includes(route.method) ? ['version_conflict'] : []),
    ...facts.own,
  ]);
  return declaredErrors().filter(({ code }) => names.has(code));
}

/** 404: the organization that the caller names is not one of theirs. */
const OF_CALLER = ['unauthenticated', 'token_expired', 'token_revoked', 'session_pending', 'account_suspended', 'forbidden', 'insufficient_scope', 'not_found'];

/** Error answers by status. */
export function problemResponses(kinds: readonly ErrorKind[], publicUrl: string): Record<string, object> {
  const statuses = [...new Set(kinds.map(({ status }) => status))].sort((a, b) => a - b);
  return Object.fromEntries(statuses.map((status) => [String(status), ofStatus(kinds.filter((kind) => kind.status === status), publicUrl)]));
}

function ofStatus(kinds: readonly ErrorKind[], publicUrl: string): object {
  const codes = kinds.map(({ code }) => code);
  return {
    description: kinds.map(({ code, title }) => `[\`${code}\`](${publicUrl}/problems/${problemSlug(code)}) ${title}.`).join('\n\n'),
    content: {
      [PROBLEM_JSON]: {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }] },
        examples: Object.fromEntries(kinds.map((kind) => [kind.code, { summary: kind.title, value: exampleProblem(kind, publicUrl) }])),
      },
    },
  };
}

/** A problem as it may be received. */
export function exampleProblem(kind: ErrorKind, publicUrl: string): object {
  const advice = PROBLEM_ADVICE[kind.code];
  const members = Object.fromEntries(Object.entries(advice?.members ?? {}).map(([name, member]) => [name, member.example]));
  const error = new AppError(kind, advice?.detail ?? kind.title, { members, errors: exampleFaults(kind.code) });
  return toProblem(error, { publicUrl, instance: EXAMPLE_INSTANCE, requestId: 'req_a1b2c3d4e5f6g7h8' });
}

function exampleFaults(code: string): AppError['errors'] {
  if (code === 'validation_failed') return [{ pointer: '/title', code: 'invalid_length', detail: 'title must be a text of 1 to 255 characters' }];
  if (code === 'invalid_parameter') return [{ pointer: '', parameter: 'limit', code: 'too_large', detail: 'limit must not be greater than 100' }];
  if (code === 'invalid_cursor') return [{ pointer: '', parameter: 'cursor', code: 'invalid_cursor', detail: 'take nextCursor of the page before, with the same filters' }];
  return [];
}

/** RFC 9457, with every member that some code adds. */
export function problemSchema(): object {
  const members = Object.assign({}, ...Object.values(PROBLEM_ADVICE).map(({ members: own = {} }) => own)) as NonNullable<(typeof PROBLEM_ADVICE)[string]['members']>;
  return {
    type: 'object',
    description: 'An error, as RFC 9457 writes it. `code` is stable; some codes add members of their own.',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'],
    properties: {
      type: { type: 'string', format: 'uri', description: 'A page about this code.' },
      title: { type: 'string', description: 'The same for each occurrence of the code.' },
      status: { type: 'integer', minimum: 400, maximum: 599, description: 'The HTTP status.' },
      detail: { type: 'string', description: 'What went wrong here.' },
      instance: { type: 'string', description: 'Path of the request.' },
      code: { type: 'string', enum: declaredErrors().map(({ code }) => code), description: 'Stable, for programs.' },
      requestId: { type: 'string', description: 'Id of the request, as in X-Request-Id.' },
      errors: { type: 'array', items: { $ref: '#/components/schemas/InputFault' }, description: 'Each wrong value, with `validation_failed` and `invalid_parameter`.' },
      ...Object.fromEntries(Object.entries(members).map(([name, { schema, about }]) => [name, { ...schema, description: `${about} Only with: ${codesWith(name)}.` }])),
    },
    additionalProperties: false,
  };
}

/** One wrong value of an input. */
export const INPUT_FAULT_SCHEMA = {
  type: 'object',
  description: 'One wrong value: in the body by JSON pointer, elsewhere by the name of the parameter.',
  required: ['pointer', 'code', 'detail'],
  properties: {
    pointer: { type: 'string', description: 'RFC 6901, into the body; empty for parameters.' },
    parameter: { type: 'string', description: 'Name of a query, path or header parameter.' },
    code: { type: 'string', description: 'Stable, for programs.' },
    detail: { type: 'string', description: 'What is expected.' },
  },
  additionalProperties: false,
};

function codesWith(member: string): string {
  return Object.entries(PROBLEM_ADVICE).filter(([, { members = {} }]) => member in members).map(([code]) => code).join(', ');
}
