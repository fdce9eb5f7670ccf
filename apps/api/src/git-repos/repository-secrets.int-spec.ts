import { RepositorySecretStore } from '@app/domain';
import { aMember } from '@app/domain/testing';
import { type SignedIn, TestApi } from '../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let grace: SignedIn;
let member: SignedIn;
let repository: string;
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  [ada, grace, member] = [await api.signUp(), await api.signUp(), await api.signUp()];
  await aMember(api.database.dataSource, ada.organizationId, member.userId, 'member');
  repository = await connect('one');
}, 60_000);
afterAll(() => api.close());

const connect = async (name: string): Promise<string> => {
  const answer = await api.send('post', '/api/v1/repositories', ada).send({ provider: 'git', cloneUrl: `http://127.0.0.1:9/demo/${name}.git` });
  return (answer.body as { id: string }).id;
};
const path = (name = '', id = repository): string => `/api/v1/repositories/${id}/secrets${name === '' ? '' : `/${name}`}`;
const put = (name: string, value: unknown, as = ada) => api.send('put', path(name), as).send({ value });
const names = async (): Promise<string[]> => ((await api.send('get', path(), ada)).body as { data: { name: string }[] }).data.map(({ name }) => name);
const opened = async (id = repository): Promise<Record<string, string>> => {
  const all = await api.app.get(RepositorySecretStore).openAll(api.database.dataSource.manager, ada.organizationId, id);
  return Object.fromEntries([...all].map(([name, secret]) => [name, secret.use((text) => text)]));
};
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;

it('keeps values sealed, shows names, and records who changed what', async () => {
  expect((await put('NPM_TOKEN', 'npm_first_value_1')).status).toBe(204);
  expect((await put('NPM_TOKEN', 'npm_second value\nof two lines')).status).toBe(204);
  expect((await put('PIP_PASSWORD', 'pâss-wörd-ü')).status).toBe(204);
  const list = await api.send('get', `${path()}?limit=1`, ada);
  expect(list.body).toEqual({ data: [{ name: 'PIP_PASSWORD', updatedAt: expect.any(String) as string, updatedBy: ada.userId }], nextCursor: expect.any(String) as string });
  expect((await names()).sort()).toEqual(['NPM_TOKEN', 'PIP_PASSWORD']);
  expect(await opened()).toEqual({ NPM_TOKEN: 'npm_second value\nof two lines', PIP_PASSWORD: 'pâss-wörd-ü' });

  expect((await api.send('delete', path('PIP_PASSWORD'), ada)).status).toBe(204);
  expect((await api.send('delete', path('PIP_PASSWORD'), ada)).status).toBe(404);
  const audit = await api.database.dataSource.query<{ action: string; changes: object }[]>(`SELECT action, changes FROM audit_logs WHERE target_type = 'repository_secret' ORDER BY id`);
  expect(audit.map(({ action }) => action)).toEqual(['repository_secret.created', 'repository_secret.replaced', 'repository_secret.created', 'repository_secret.deleted']);
  expect(audit[0]?.changes).toEqual({ repositoryId: repository, name: 'NPM_TOKEN' });
  const everything = JSON.stringify([list.body, audit, await api.database.dataSource.query('SELECT * FROM repository_secrets')]);
  expect(everything).not.toMatch(/first_value|second value|w\u00f6rd/);
});

it.each([
  ['a small letter', 'npm_token', 'long enough', 400],
  ['a path', '..%2fX', 'long enough', 400],
  ['what finds programs', 'PATH', 'long enough', 400],
  ['what is loaded into programs', 'LD_PRELOAD', 'long enough', 400],
  ['what leads around the proxy', 'HTTPS_PROXY', 'long enough', 400],
  ['a short value', 'TOKEN', '1234567', 422],
  ['blanks', 'TOKEN', '          ', 422],
  ['a NUL', 'TOKEN', 'abc\0defghijk', 422],
  ['a long value', 'TOKEN', 'ü'.repeat(2_049), 422],
  ['a number', 'TOKEN', 123456789, 422],
  ['no value', 'TOKEN', undefined, 422],
])('refuses %s', async (_name, name, value, status) => {
  const answer = await put(name, value);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).not.toContain('long enough');
});

it('is for admins, of that organization alone', async () => {
  const asMember = (method: 'get' | 'put' | 'delete') => api.send(method, path(method === 'get' ? '' : 'NPM_TOKEN'), member).set('X-Organization-Id', ada.organizationId).send(method === 'put' ? { value: 'long enough' } : undefined);
  for (const method of ['get', 'put', 'delete'] as const) expect((await asMember(method)).status).toBe(403);
  for (const method of ['get', 'put', 'delete'] as const) {
    const answer = await api.send(method, path(method === 'get' ? '' : 'NPM_TOKEN'), grace).send(method === 'put' ? { value: 'long enough' } : undefined);
    expect([method, answer.status]).toEqual([method, 404]);
  }
  expect(await names()).toEqual(['NPM_TOKEN']);
});

it('holds a repository to 50, under parallel calls, and forgets them when it is disconnected', async () => {
  const other = await connect('many');
  const answers = await Promise.all(Array.from({ length: 54 }, (_, n) => api.send('put', path(`S${n}`, other), ada).send({ value: `value-number-${n}` })));
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(50);
  expect(new Set(answers.filter(({ status }) => status !== 204).map(codeOf))).toEqual(new Set(['plan_limit_repository_secrets']));
  const known = Object.keys(await opened(other))[0] ?? '';
  expect((await api.send('put', path(known, other), ada).send({ value: 'replaced value' })).status).toBe(204);
  expect((await opened(other))[known]).toBe('replaced value');
  expect((await api.send('delete', `/api/v1/repositories/${other}`, ada)).status).toBe(204);
  expect((await api.send('put', path('LATE', other), ada).send({ value: 'too late now' })).status).toBe(404);
  expect(await opened(other)).toEqual({});
});

it('says which secret cannot be opened any more', async () => {
  const other = await connect('moved');
  await api.send('put', path('TOKEN', other), ada).send({ value: 'value-of-token' });
  await api.database.dataSource.query(`UPDATE repository_secrets SET value_enc = (SELECT value_enc FROM repository_secrets WHERE repository_id = $1 LIMIT 1) WHERE repository_id = $2`, [repository, other]);
  await expect(opened(other)).rejects.toMatchObject({ code: 'repository_secret_unreadable', detail: expect.stringContaining('TOKEN') as string });
});

it('lets only admins open the network, and takes hosts only', async () => {
  const patch = (settings: object, as = ada) => api.send('patch', `/api/v1/repositories/${repository}`, as).set('X-Organization-Id', ada.organizationId).send({ settings });
  const settings = { setupFailure: 'continue', allowedHosts: ['npm.example.com', '*.example.org', 'example.com:8443'], agentNetwork: 'allow-list' };
  const answer = await patch(settings);
  expect([answer.status, (answer.body as { settings: object }).settings]).toEqual([200, expect.objectContaining(settings)]);
  expect((await patch({ agentNetwork: 'none' }, member)).status).toBe(403);
  expect((await patch({ allowedHosts: [] }, member)).status).toBe(403);
  expect((await patch({ setupCommand: 'npm ci' }, member)).status).toBe(200);
  expect((await patch({ ...settings, setupCommand: 'npm ci --silent' }, member)).status).toBe(200);
  for (const host of ['10.0.0.1', '*', '*.com', 'localhost', 'db.internal', 'a b.com', 'https://a.com', 'a.com:99999', '[::1]', 'a.com/path', 7]) {
    const refused = await patch({ allowedHosts: [host] });
    expect([host, refused.status]).toEqual([host, 422]);
  }
  expect((await patch({ agentNetwork: 'all' })).status).toBe(422);
});
