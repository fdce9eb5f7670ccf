import { AppConfig, declaredErrors } from '@app/common';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type Route, RouteTable } from '../routes/route-table';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

const VERBS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const PROBLEM_REF = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
const PROBLEMS: Readonly<Record<string, string>> = {
  400: 'Not readable: JSON, query, path or cursor',
  401: 'Not signed in',
  402: 'Not enough credits',
  403: 'You may not do this',
  404: 'Missing, foreign or not visible',
  406: 'No acceptable representation',
  409: 'The state forbids it now',
  412: 'The resource has changed',
  413: 'The body is too large',
  415: 'The media type is not supported',
  422: 'A value of the body is wrong',
  429: 'Too many requests',
  500: 'Something went wrong on our side',
  502: 'A service we use failed',
  503: 'Temporarily unavailable',
};

/** The OpenAPI 3.1 document, from the code: what the controllers say, plus what holds for every route. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const config = app.get(AppConfig);
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Async Coder')
    .setDescription('Hand a coding task to an AI agent, walk away, come back to a verified pull request.\n\nErrors are RFC 9457 problems with a stable `code`. PUT merges the fields that are sent; PATCH is an alias.')
    .setVersion(config.core.APP_VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer(config.core.PUBLIC_URL)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .build();
  const document = SwaggerModule.createDocument(app, base, { operationIdFactory, autoTagControllers: true });
  const routes = new Map(app.get(RouteTable).routes().map((route) => [`${route.method} ${braces(route.path)}`, route]));
  for (const [path, item] of Object.entries(document.paths)) {
    for (const verb of VERBS) {
      const operation = item[verb];
      const route = routes.get(`${verb.toUpperCase()} ${path}`);
      if (operation && route) complete(operation, route);
    }
  }
  document.components ??= {};
  const schemas: Schemas = (document.components.schemas ??= {});
  for (const schema of Object.values(schemas)) if ('type' in schema && schema.type === 'object') schema.additionalProperties ??= false;
  schemas['Problem'] = problemSchema();
  return document;
}

function operationIdFactory(controller: string, method: string): string {
  return `${controller.replace(/Controller$/, '').replace(/^[A-Z]/, (letter) => letter.toLowerCase())}_${method}`;
}

/** Headers by the method they go with. */
const REQUEST_ID = header('X-Request-Id', 'Echoed in the answer and in our logs.');
const ORGANIZATION = header('X-Organization-Id', 'The organization to act in; absent: your default one.', { type: 'string', format: 'uuid' });
const IF_MATCH = header('If-Match', 'Answers 412 when the tag no longer holds.');
const BY_METHOD: Readonly<Record<string, ReturnType<typeof header>>> = {
  GET: header('If-None-Match', 'Answers 304 when the tag still holds.'),
  POST: header('Idempotency-Key', 'Kept 24 h: the same call with the same key gets the same answer.', { type: 'string', minLength: 1, maxLength: 255 }),
  PUT: IF_MATCH,
  PATCH: IF_MATCH,
  DELETE: IF_MATCH,
};

function complete(operation: Operation, route: Route): void {
  const isPublic = route.policy === 'public';
  const forMethod = BY_METHOD[route.method];
  operation.security = isPublic ? [] : [{ bearer: [] }];
  operation.parameters = [...(operation.parameters ?? []), REQUEST_ID, ...(isPublic ? [] : [ORGANIZATION]), ...(forMethod ? [forMethod] : [])];
  for (const status of problemStatuses(route, operation)) {
    operation.responses[status] ??= { description: PROBLEMS[status] ?? 'Problem', content: PROBLEM_REF };
  }
  if (route.method === 'GET' && '200' in operation.responses) operation.responses['304'] ??= { description: 'Not modified' };
}

function problemStatuses(route: Route, operation: Operation): string[] {
  const always = ['400', '404', '406', '413', '415', '422', '429', '500', '503'];
  const signedIn = route.policy === 'public' ? (operation.requestBody ? ['401', '403', '409'] : []) : ['401', '403'];
  const changes = route.method === 'GET' ? [] : ['409', '412'];
  const creates = route.method === 'POST' ? ['402', '502'] : [];
  return [...always, ...signedIn, ...changes, ...creates];
}

function header(name: string, description: string, schema: object = { type: 'string' }) {
  return { name, in: 'header' as const, required: false, description, schema };
}

function braces(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function problemSchema(): object {
  const text = { type: 'string' };
  const fault = { type: 'object', required: ['pointer', 'code', 'detail'], properties: { pointer: text, parameter: text, code: text, detail: text } };
  return {
    type: 'object',
    description: 'RFC 9457. Some codes add members of their own.',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: text,
      status: { type: 'integer' },
      detail: text,
      instance: text,
      code: { type: 'string', enum: declaredErrors().map((kind) => kind.code) },
      requestId: text,
      errors: { type: 'array', items: fault },
    },
  };
}
