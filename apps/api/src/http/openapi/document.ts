import { AppConfig } from '@app/common';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type Route, RouteTable } from '../routes/route-table';
import { AREAS, areaOf } from './areas';
import { completeOperation, type Operation } from './complete-operation';
import { SECURITY_SCHEMES } from './credentials';
import { RESPONSE_HEADERS } from './headers';
import { INTRO } from './intro';
import { allowNulls } from './optional-fields';
import { INPUT_FAULT_SCHEMA, problemSchema } from './problem-responses';
import { Samples } from './samples';
import { shareResponses } from './share-responses';

type ObjectSchema = { type?: unknown; additionalProperties?: unknown; properties?: Record<string, unknown> };

const VERBS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The OpenAPI 3.1 document, from the code: what the controllers say, plus what holds for every route. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const config = app.get(AppConfig);
  const document = SwaggerModule.createDocument(app, frame(config), { operationIdFactory, autoTagControllers: false });
  const components = (document.components ??= {});
  const schemas = (components.schemas ??= {});
  for (const schema of Object.values(schemas)) closeObject(schema as ObjectSchema);
  allowNulls(app, schemas);
  Object.assign(schemas, { Problem: problemSchema(), InputFault: INPUT_FAULT_SCHEMA });
  Object.assign(components, { securitySchemes: SECURITY_SCHEMES, headers: RESPONSE_HEADERS });
  const samples = new Samples(schemas);
  const routes = routesByName(app.get(RouteTable).routes());
  for (const { name, operation } of operationsOf(document)) {
    const route = routes.get(name);
    if (route) completeOperation(operation, { route, samples, publicUrl: config.core.PUBLIC_URL });
  }
  document.paths = inReadingOrder(document.paths);
  document.tags = AREAS.filter(({ name }) => operationsOf(document).some(({ operation }) => operation.tags?.includes(name))).map(({ name, description }) => ({ name, description }));
  return shareResponses(document);
}

function frame({ core }: AppConfig): Omit<OpenAPIObject, 'paths'> {
  return new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Async Coder')
    .setDescription(INTRO)
    .setVersion(core.APP_VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer(core.PUBLIC_URL)
    .build();
}

/** An answer has the fields that are named, and a request may have no others. */
function closeObject(schema: ObjectSchema): void {
  if (schema.type === 'object' && schema.properties !== undefined) schema.additionalProperties ??= false;
  for (const field of Object.values(schema.properties ?? {})) closeObject(field as ObjectSchema);
}

function operationIdFactory(controller: string, method: string): string {
  return `${controller.replace(/Controller$/, '').replace(/^[A-Z]/, (letter) => letter.toLowerCase())}_${method}`;
}

function routesByName(routes: readonly Route[]): Map<string, Route> {
  return new Map(routes.map((route) => [`${route.method} ${route.path.replace(/:(\w+)/g, '{$1}')}`, route]));
}

function operationsOf(document: OpenAPIObject): { name: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) => VERBS.flatMap((verb) => (item[verb] ? [{ name: `${verb.toUpperCase()} ${path}`, operation: item[verb] }] : [])));
}

/** By area as the page lists them, within an area as the code has them. */
function inReadingOrder(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  const place = (path: string): number => AREAS.findIndex((area) => area === areaOf(path));
  return Object.fromEntries(Object.entries(paths).sort(([a], [b]) => place(a) - place(b)));
}
