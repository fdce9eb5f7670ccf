import { Ajv2020 } from 'ajv/dist/2020';
import addFormatsOf from 'ajv-formats';
import { parse } from 'yaml';
import { RouteTable } from '../routes/route-table';
import { type SignedIn, TestApi } from '../../testing/test-api';

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: object[];
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: object }> }>;
  parameters?: { name: string; in: string; schema?: object }[];
}

type Document = { openapi: string; paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Record<string, unknown>> } };

// A CommonJS package with a default export: its types say "default" twice.
const addFormats = addFormatsOf as unknown as (ajv: Ajv2020) => Ajv2020;

let api: TestApi;
let ada: SignedIn;
let document: Document;
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  ada = await api.signUp();
  document = (await api.send('get', '/openapi.json')).body as Document;
}, 60_000);
afterAll(() => api.close());

function gapsOf(operation: Operation): string[] {
  const answers = Object.entries(operation.responses ?? {});
  const good = answers.filter(([status]) => status.startsWith('2'));
  const bare = good.filter(([status, answer]) => !['202', '204'].includes(status) && !answer.content);
  const checks: [boolean, string][] = [
    [!operation.operationId, 'no operationId'],
    [!operation.summary, 'no summary'],
    [operation.tags?.length !== 1, 'not one tag'],
    [good.length === 0, 'no good answer'],
    [bare.length > 0, 'an answer without content'],
    [!operation.responses?.['500']?.content?.['application/problem+json'], 'no problems'],
    [operation.security === undefined, 'says not who may call'],
  ];
  return checks.filter(([isGap]) => isGap).map(([, gap]) => gap);
}

function undescribedParameters(name: string, operation: Operation): string[] {
  const described = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map((parameter) => `{${parameter.name}}`);
  return (name.match(/{(\w+)}/g) ?? []).filter((parameter) => !described.includes(parameter)).map((parameter) => `${parameter} is not described`);
}

const operations = (): [string, Operation][] => Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation]));

describe('the document', () => {
  it('is OpenAPI 3.1, the same as JSON and as YAML', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(parse((await api.send('get', '/openapi.yaml')).text)).toEqual(document);
  });

  it('has every route, and nothing else', () => {
    const served = api.app.get(RouteTable).routes().map((route) => `${route.method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
    expect(operations().map(([name]) => name).sort()).toEqual([...new Set(served)].sort());
    expect(served.length).toBeGreaterThan(20);
  });

  it('describes each operation: id, summary, tag, answers, problems, who may', () => {
    const faults = operations().flatMap(([name, operation]) => [...gapsOf(operation), ...undescribedParameters(name, operation)].map((gap) => `${name}: ${gap}`));
    expect(faults).toEqual([]);
    const ids = operations().map(([, operation]) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('points only at schemas that exist, and each compiles', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats(ajv);
    ajv.addSchema({ $id: 'document', ...document });
    for (const name of Object.keys(document.components.schemas)) expect(() => ajv.compile({ $ref: `document#/components/schemas/${name}` })).not.toThrow();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    for (const reference of references) expect(Object.keys(document.components.schemas)).toContain(reference.replace('#/components/schemas/', ''));
    expect(JSON.stringify(document)).not.toContain('"nullable"');
  });
});

describe('answers are as described', () => {
  const schemaOf = (method: string, path: string, status: number, type: string): object => {
    const found = document.paths[path]?.[method]?.responses?.[String(status)]?.content?.[type]?.schema;
    if (!found) throw new Error(`${method} ${path} does not describe ${status} as ${type}`);
    return found;
  };

  async function check(method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, options: { template?: string; body?: object; as?: SignedIn | null } = {}): Promise<Record<string, unknown>> {
    const test = api.send(method, path, options.as === null ? undefined : (options.as ?? ada));
    const answer = options.body ? await test.send(options.body) : await test;
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(ajv);
    ajv.addSchema({ ...document, $id: 'document' });
    const type = String(answer.headers['content-type']).split(';')[0] ?? '';
    const local = JSON.parse(JSON.stringify(schemaOf(method, options.template ?? path.split('?')[0] ?? '', answer.status, type)).replaceAll('#/components', 'document#/components')) as object;
    const validate = ajv.compile(local);
    validate(answer.body);
    expect({ path, status: answer.status, faults: validate.errors ?? [] }).toEqual({ path, status: answer.status, faults: [] });
    return answer.body as Record<string, unknown>;
  }

  it('of identity and money', async () => {
    await check('post', '/api/v1/auth/register', { as: null, body: { email: 'described@example.com', password: 'orbit-velvet-canyon-42' } });
    await check('post', '/api/v1/auth/register', { as: null, body: { email: 'described@example.com', password: 'orbit-velvet-canyon-42' } });
    const session = await check('post', '/api/v1/auth/login', { as: null, body: { email: 'described@example.com', password: 'orbit-velvet-canyon-42' } });
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
    for (const path of ['/health/live', '/version']) await check('get', path, { as: null });
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
