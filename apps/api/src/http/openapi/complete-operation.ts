import type { OpenAPIObject } from '@nestjs/swagger';
import { IDEMPOTENT_EXTENSION } from '../idempotency/idempotent.decorators';
import type { Route } from '../routes/route-table';
import { areaOf } from './areas';
import { policyExtension, requirementsOf, whoMay } from './credentials';
import { answerHeaders, requestHeaders } from './headers';
import { problemCodes, problemResponses } from './problem-responses';
import { PROBLEM_CODES } from './problems.decorator';
import { REQUEST_EXAMPLES } from './request-examples';
import type { Samples, Schema } from './samples';

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Answer = { description?: string; headers?: Record<string, object>; content?: Record<string, Media> };
type Media = { schema?: Schema; example?: unknown; examples?: unknown };
type Parameter = NonNullable<Operation['parameters']>[number];
type Extended = Operation & Record<string, unknown>;

interface Place {
  readonly route: Route;
  readonly samples: Samples;
  readonly publicUrl: string;
}

/** Adds what a controller need not say: who may call, headers, errors, examples. */
export function completeOperation(operation: Operation, place: Place): void {
  const { route } = place;
  const extended = operation as Extended;
  const own = (extended[PROBLEM_CODES] as string[] | undefined) ?? [];
  const isIdempotent = extended[IDEMPOTENT_EXTENSION] === true;
  Reflect.deleteProperty(extended, PROBLEM_CODES);
  Reflect.deleteProperty(extended, IDEMPOTENT_EXTENSION);
  describe(extended, route);
  const hasCursor = (operation.parameters ?? []).some((parameter) => 'name' in parameter && parameter.name === 'cursor');
  const named = (operation.parameters ?? []).map(describedParameter);
  const known = new Set(named.map((parameter) => ('name' in parameter ? parameter.name.toLowerCase() : '')));
  operation.parameters = [...named, ...requestHeaders(route, isIdempotent).filter(({ name }) => !known.has(name.toLowerCase()))];
  exemplifyBody(operation, place);
  const answers = operation.responses as Record<string, Answer>;
  for (const answer of Object.values(answers)) exemplifyAnswer(answer, place);
  if (route.method === 'GET') answers['304'] ??= { description: 'Not modified: `If-None-Match` names what you have.' };
  const kinds = problemCodes(route, { isIdempotent, hasCursor, own });
  for (const [status, answer] of Object.entries(problemResponses(kinds, place.publicUrl))) answers[status] = { ...answer, ...(answers[status]?.content ? {} : answer) };
  const facts = { hasLimits: !/^\/(health|version)\b/.test(route.path), hasTag: hasTag(operation, route), isPage: isPage(answers['200']), isIdempotent };
  for (const [status, answer] of Object.entries(answers)) answer.headers = { ...answerHeaders(status, facts), ...shared(answer.headers) };
}

function describe(operation: Extended, route: Route): void {
  const area = areaOf(route.path);
  operation.tags = area ? [area.name] : [];
  operation.security = requirementsOf(route);
  operation.description = [operation.description, whoMay(route)].filter(Boolean).join('\n\n');
  const policy = policyExtension(route);
  if (policy) operation['x-policy'] = policy;
}

/** Path ids are uuids everywhere; `@IdParam()` holds them to that. */
function describedParameter(parameter: Parameter): Parameter {
  if (!('in' in parameter) || parameter.in !== 'path') return parameter;
  const isId = parameter.name === 'id' || parameter.name.endsWith('Id');
  return isId ? { ...parameter, description: parameter.description ?? 'The id.', schema: { type: 'string', format: 'uuid' } } : parameter;
}

function exemplifyBody(operation: Operation, { samples }: Place): void {
  const body = operation.requestBody;
  if (body === undefined || !('content' in body)) return;
  for (const media of Object.values(body.content) as Media[]) {
    if (media.schema && media.example === undefined && media.examples === undefined) media.example = REQUEST_EXAMPLES[operation.operationId ?? ''] ?? samples.request(media.schema);
  }
}

function exemplifyAnswer(answer: Answer, { samples }: Place): void {
  for (const media of Object.values(answer.content ?? {})) {
    if (media.schema && media.example === undefined && media.examples === undefined) media.example = samples.answer(media.schema);
  }
}

/** Headers that a controller names are the ones that are described once for all. */
function shared(headers: Record<string, object> = {}): Record<string, object> {
  return Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, ['Location', 'ETag', 'Link'].includes(name) ? { $ref: `#/components/headers/${name}` } : header]));
}

/** A single resource carries its version; what changes or makes one does too. */
function hasTag(operation: Operation, route: Route): boolean {
  if (!route.path.startsWith('/api/') || route.policy === 'public') return false;
  const good = Object.entries(operation.responses).filter(([status]) => ['200', '201', '202'].includes(status)).map(([, answer]) => answer as Answer);
  return good.some((answer) => answer.content?.['application/json'] !== undefined && !isPage(answer));
}

function isPage(answer: Answer | undefined): boolean {
  return Object.values(answer?.content ?? {}).some(({ schema }) => schema?.properties?.['nextCursor'] !== undefined);
}
