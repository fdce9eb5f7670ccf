import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020';
import { parse } from 'yaml';
import { Contract, type Endpoint, type JsonSchema, type Media, type OpenApi } from '../../../../../test/support/contract';
import { type SignedIn, TestApi } from '../../testing/test-api';
import { RouteTable } from '../routes/route-table';
import { AREAS } from './areas';

let api: TestApi;
let ada: SignedIn;
let document: OpenApi;
let contract: Contract;
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  ada = await api.signUp();
  document = (await api.send('get', '/openapi.json')).body as OpenApi;
  contract = new Contract(document);
}, 60_000);
afterAll(() => api.close());

const faultsOf = (judge: (endpoint: Endpoint) => string[]): string[] => contract.endpoints.flatMap((endpoint) => judge(endpoint).map((fault) => `${endpoint.name}: ${fault}`));
const when = (isFault: boolean, fault: string): string[] => (isFault ? [fault] : []);

/** All media of an operation, with where they stand. */
function mediaOf(endpoint: Endpoint): [string, Media][] {
  const body = Object.entries(endpoint.operation.requestBody?.content ?? {}).map(([type, media]): [string, Media] => [`body ${type}`, media]);
  const answers = Object.keys(endpoint.operation.responses).flatMap((status) => Object.entries(contract.answer(endpoint, status)?.content ?? {}).map(([type, media]): [string, Media] => [`${status} ${type}`, media]));
  return [...body, ...answers];
}

describe('the document', () => {
  it('is OpenAPI 3.1, the same as JSON and as YAML', async () => {
    expect(document.openapi).toBe('3.1.0');
    const yaml = await api.send('get', '/openapi.yaml');
    expect(parse(yaml.text)).toEqual(document);
    const again = await api.send('get', '/openapi.yaml');
    expect([again.text === yaml.text, again.headers['content-type'], again.headers['etag']]).toEqual([true, yaml.headers['content-type'], expect.any(String)]);
    expect((await api.send('get', '/openapi.yaml').set('If-None-Match', String(again.headers['etag']))).status).toBe(304);
  });

  it('is the file openapi.json of this repository', () => {
    const written = JSON.parse(readFileSync(join(process.cwd(), 'openapi.json'), 'utf8')) as OpenApi;
    const differing = contract.endpoints.filter(({ path, method, operation }) => !isDeepStrictEqual(written.paths[path]?.[method.toLowerCase()], operation)).map(({ name }) => name);
    if (!isDeepStrictEqual(written, document)) throw new Error(`openapi.json is not what the server says: run "npm run gen:openapi" and look at the difference.\n${differing.join('\n')}`);
  });

  it('has every route, and nothing else', () => {
    const served = api.app.get(RouteTable).routes().map((route) => `${route.method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
    expect(contract.endpoints.map(({ name }) => name).sort()).toEqual([...new Set(served)].sort());
    expect(served.length).toBeGreaterThan(20);
  });

  it('describes each operation: id, summary, one group, who may call', () => {
    const groups = AREAS.map(({ name }) => name);
    expect(faultsOf(({ operation }) => [
      ...when(!/^[a-z]\w+_\w+$/.test(operation.operationId), 'no operationId'),
      ...when(!operation.summary, 'no summary'),
      ...when(/[.!]$/.test(operation.summary ?? ''), 'a summary is no sentence: no full stop'),
      ...when(operation.tags?.length !== 1 || !groups.includes(operation.tags[0] ?? ''), 'not in one group: name its path in areas.ts'),
      ...when(operation.security === undefined, 'does not say who may call'),
    ])).toEqual([]);
    const ids = contract.endpoints.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.tags.every(({ description }) => description.length > 20)).toBe(true);
  });

  it('describes the parameters of each operation', () => {
    expect(faultsOf(({ path, operation }) => {
      const parameters = operation.parameters ?? [];
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map((parameter) => `{${parameter.name}}`);
      const keys = parameters.map((parameter) => `${parameter.in} ${parameter.name.toLowerCase()}`);
      return [
        ...(path.match(/{\w+}/g) ?? []).filter((name) => !inPath.includes(name)).map((name) => `${name} is not described`),
        ...when(new Set(keys).size < keys.length, `a parameter is described twice: ${keys.join(', ')}`),
        ...parameters.filter(({ schema }) => !schema).map(({ name }) => `${name} has no schema`),
      ];
    })).toEqual([]);
  });

  it('says what each operation answers: a good answer with its schema, and errors with their codes', () => {
    expect(faultsOf((endpoint) => {
      const good = Object.keys(endpoint.operation.responses).filter((status) => /^[23]/.test(status) && status !== '304');
      // Vendors read no body of ours.
      const bare = good.filter((status) => !['204', '303'].includes(status) && !endpoint.path.startsWith('/api/v1/webhooks/') && !Object.values(contract.answer(endpoint, status)?.content ?? {}).some(({ schema }) => schema));
      const uncoded = Object.keys(endpoint.operation.responses).filter((status) => Number(status) >= 400 && Object.keys(contract.answer(endpoint, status)?.content?.['application/problem+json']?.examples ?? {}).length === 0);
      return [...when(good.length === 0, 'no good answer'), ...bare.map((status) => `${status} has no schema`), ...uncoded.map((status) => `${status} names no code: @Problems()`)];
    })).toEqual([]);
  });

  it('has an example of each body and answer, and each is valid', () => {
    expect(faultsOf((endpoint) => mediaOf(endpoint).flatMap(([place, media]) => {
      const examples = media.examples ? Object.values(media.examples).map(({ value }) => value) : [media.example];
      if (examples.some((example) => example === undefined)) return [`${place}: no example`];
      return examples.flatMap((example) => contract.faultsOfValue(media.schema ?? {}, example).map((fault) => `${place}: ${fault} in ${JSON.stringify(example).slice(0, 300)}`));
    }))).toEqual([]);
  });

  it('types every field of every schema, and uses every schema', () => {
    const faults: string[] = [];
    const visit = (schema: JsonSchema, place: string): void => {
      const isTyped = ['type', '$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const'].some((key) => key in schema);
      if (!isTyped) faults.push(`${place} has no type`);
      if ('nullable' in schema) faults.push(`${place}: nullable is not of OpenAPI 3.1`);
      for (const [name, field] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)) visit(field, `${place}.${name}`);
      if (schema['type'] === 'array' && !schema['items']) faults.push(`${place} has no items`);
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) visit(schema, name);
    expect(faults).toEqual([]);
    const used = new Set([...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] ?? ''));
    expect([...used].filter((name) => !(name in document.components.schemas))).toEqual([]);
    expect(Object.keys(document.components.schemas).filter((name) => !used.has(name))).toEqual([]);
  });

  it('has only schemas that are JSON Schema 2020-12, and references that exist', () => {
    const ajv = new Ajv2020({ strict: false });
    for (const [name, schema] of Object.entries(document.components.schemas)) expect([name, ajv.validateSchema(schema)]).toEqual([name, true]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
    const missing = references.filter((reference) => reference.split('/').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document) === undefined);
    expect(missing).toEqual([]);
    for (const endpoint of contract.endpoints) for (const scheme of (endpoint.operation.security ?? []).flatMap(Object.keys)) expect(Object.keys(document.components.securitySchemes)).toContain(scheme);
  });
});

describe('answers are as described', () => {
  async function check(method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, options: { template?: string; body?: object; as?: SignedIn | null } = {}): Promise<Record<string, unknown>> {
    const test = api.send(method, path, options.as === null ? undefined : (options.as ?? ada));
    const answer = options.body ? await test.send(options.body) : await test;
    const endpoint = contract.endpoint(`${method.toUpperCase()} ${options.template ?? path.split('?')[0] ?? ''}`);
    expect({ path, status: answer.status, faults: contract.faults(endpoint, { status: answer.status, headers: answer.headers, text: answer.text }) }).toEqual({ path, status: answer.status, faults: [] });
    return answer.body as Record<string, unknown>;
  }

  it('of identity and money', async () => {
    await check('post', '/api/v1/auth/register', { as: null, body: { email: 'described@example.com', password: 'orbit-velvet-canyon-42' } });
    await check('post', '/api/v1/auth/register', { as: null, body: { email: 'described@example.com', password: 'orbit-velvet-canyon-42' } });
    const session = await check('post', '/api/v1/auth/login', { as: null, body: { email: 'described@example.com', password: 'orbit-velvet-canyon-42' } });
    await check('post', '/api/v1/auth/login', { as: null, body: { email: 'described@example.com', password: 'orbit-velvet-canyon-43' } });
    await check('post', '/api/v1/auth/refresh', { as: null, body: { refreshToken: session['refreshToken'] } });
    await check('get', '/api/v1/users/profile');
    await check('put', '/api/v1/users/profile', { body: { displayName: 'Ada', preferences: { theme: 'dark' } } });
    await check('put', '/api/v1/users/profile', { body: { email: 'x@example.com' } });
    await check('get', '/api/v1/users/profile', { as: null });
    await check('get', '/api/v1/users/credits');
    await check('get', '/api/v1/organizations');
    await check('get', '/api/v1/billing/plans', { as: null });
    await check('get', '/api/v1/credits/packages', { as: null });
  });

  it('of models, repositories and operations', async () => {
    const models = (await check('get', '/api/v1/models')) as unknown as { data: { name: string }[] };
    await check('get', `/api/v1/models/${models.data[0]?.name ?? ''}`, { template: '/api/v1/models/{idOrName}' });
    const repository = await check('post', '/api/v1/repositories', { body: { provider: 'git', cloneUrl: 'http://127.0.0.1:9/a/b' } });
    const one = { template: '/api/v1/repositories/{id}' };
    await check('get', '/api/v1/repositories?limit=1');
    await check('get', '/api/v1/repositories?limit=0');
    await check('get', `/api/v1/repositories/${String(repository['id'])}`, one);
    await check('patch', `/api/v1/repositories/${String(repository['id'])}`, { ...one, body: { settings: { instructions: 'Be brief.' } } });
    for (const path of ['/health/live', '/version', '/problems']) await check('get', path, { as: null });
  });
});

it('the page works without anything from elsewhere', async () => {
  const page = await api.send('get', '/docs');
  expect(page.status).toBe(200);
  expect(page.text).not.toMatch(/(src|href)=['"]https?:/);
  expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  const assets = [...page.text.matchAll(/(?:src|href)=['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '').filter((asset) => !asset.startsWith('data:'));
  expect(assets.length).toBeGreaterThan(2);
  for (const asset of assets) expect([asset, (await api.send('get', new URL(asset, 'http://host/docs').pathname)).status]).toEqual([asset, 200]);
  expect(page.text).not.toMatch(/<script>(?!\s*<)/);
});
