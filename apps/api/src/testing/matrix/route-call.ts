import type { Test } from 'supertest';
import type { Contract, Endpoint } from '../../../../../test/support/contract';
import type { TestApi } from '../test-api';
import type { Caller, Tenant } from './tenant';

export type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A place in a request that takes an id. */
export interface Slot {
  readonly in: 'path' | 'body' | 'query';
  readonly name: string;
  /** The path that lists what is named. */
  readonly place: string;
}

/** What the ids of bodies and queries name. */
const PLACE_OF_NAME: Readonly<Record<string, string>> = {
  repositoryId: '/api/v1/repositories', taskId: '/api/v1/tasks', parentTaskId: '/api/v1/tasks', apiKeyId: '/api/v1/api-keys', pullRequestId: '/api/v1/pull-requests', userId: '/api/v1/admin/users', organizationId: '/api/v1/organizations',
  actorId: '/api/v1/admin/users', automationId: '/api/v1/automations',
};
const SCOPE_OF_ID: Readonly<Record<string, string>> = { userId: 'user', repositoryId: 'repository', apiKeyId: 'api_key', automationId: 'automation' };
/** Names of ids that are no rows of a tenant: the catalogue is the same for all, and GitHub's ids are GitHub's. */
const OF_NOBODY = /^(modelId|planId|packageId|targetId|githubId|installationId)$/;

/** Every place of an operation that takes an id of somebody. */
export function slotsOf(contract: Contract, endpoint: Endpoint): Slot[] {
  const inPath = [...endpoint.path.matchAll(/\/\{(\w+)\}/g)].filter(([, name]) => name !== 'idOrName' && name !== 'slug' && name !== 'number' && name !== 'name').map((match): Slot => ({ in: 'path', name: match[1] ?? '', place: endpoint.path.slice(0, match.index) }));
  const named = (names: string[], where: 'body' | 'query'): Slot[] => names.filter((name) => /[a-z]Id$/.test(name) && !OF_NOBODY.test(name)).map((name) => ({ in: where, name, place: PLACE_OF_NAME[name] ?? `(nothing known is called ${name})` }));
  const query = (endpoint.operation.parameters ?? []).filter((parameter) => parameter.in === 'query' && parameter.schema?.['format'] === 'uuid').map(({ name }) => name);
  return [...inPath, ...named(Object.keys(bodyFields(contract, endpoint)), 'body'), ...named(query, 'query')];
}

/** Fields of the body that an operation declares, by name. */
export function bodyFields(contract: Contract, endpoint: Endpoint): Record<string, { type?: unknown; format?: string }> {
  const schema = Object.values(endpoint.operation.requestBody?.content ?? {})[0]?.schema;
  const reference = schema?.['$ref'];
  const name = typeof reference === 'string' ? reference.replace('#/components/schemas/', '') : '';
  return (contract.document.components.schemas[name]?.['properties'] ?? {}) as Record<string, { type?: unknown; format?: string }>;
}

export interface RouteCall {
  readonly as: Caller | null;
  readonly tenant: Tenant;
  readonly replaced?: readonly [Slot, string][];
  readonly body?: object;
  /** The caller is none of the tenant's people and acts in an organization of their own. */
  readonly isOutside?: boolean;
}

/** One request of an operation with the tenant's own ids, some of them replaced. */
export function call(api: TestApi, endpoint: Endpoint, { as, tenant, replaced = [], body, isOutside = false }: RouteCall): Test {
  const given = (where: Slot['in'], name: string): string | undefined => replaced.find(([slot]) => slot.in === where && slot.name === name)?.[1];
  const path = endpoint.path.replace(/\{(\w+)\}/g, (whole, name: string) => given('path', name) ?? valueOf(tenant, endpoint.path.slice(0, endpoint.path.indexOf(whole) - 1), name));
  const query = replaced.filter(([slot]) => slot.in === 'query').map(([slot, id]) => `${slot.name}=${id}`).join('&');
  const test = api.send(endpoint.method.toLowerCase() as Verb, query === '' ? path : `${path}?${query}`, as ?? undefined);
  if (endpoint.operation['x-policy'] && !isOutside) test.set('X-Organization-Id', tenant.organizationId);
  if (endpoint.method === 'GET') return test;
  const fields = Object.fromEntries(replaced.filter(([slot]) => slot.in === 'body').map(([slot, id]) => [slot.name, id]));
  return test.send({ ...(body ?? exampleBody(endpoint, tenant)), ...goingWith(endpoint, Object.keys(fields)), ...fields });
}

/** What else a body must say for an id in it to be looked at. */
function goingWith({ name }: Endpoint, fields: readonly string[]): object {
  const scope = name === 'POST /api/v1/budgets' ? SCOPE_OF_ID[fields[0] ?? ''] : undefined;
  return scope === undefined ? {} : { scope, ...(scope === 'api_key' ? { measure: 'cost', limit: '10' } : {}) };
}

/** The document's example with the tenant's ids in it. */
export function exampleBody(endpoint: Endpoint, tenant: Tenant): Record<string, unknown> {
  const example = Object.values(endpoint.operation.requestBody?.content ?? {})[0]?.example as Record<string, unknown> | undefined;
  return Object.fromEntries(Object.entries(example ?? {}).map(([name, value]) => [name, tenant.ids[PLACE_OF_NAME[name] ?? ''] ?? value]));
}

function valueOf(tenant: Tenant, place: string, name: string): string {
  if (name === 'number') return '1';
  if (name === 'slug') return 'not-found';
  if (name === 'name') return 'NPM_TOKEN';
  if (name === 'idOrName') return 'claude-sonnet-5';
  const id = tenant.ids[place];
  if (id === undefined) throw new Error(`The matrix has nothing to name under ${place}: add it to testing/matrix/tenant.ts`);
  return id;
}
