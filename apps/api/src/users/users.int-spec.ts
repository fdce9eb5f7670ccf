import { type SignedIn, TestApi } from '../testing/test-api';

let api: TestApi;
let ada: SignedIn;
beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
}, 60_000);
afterAll(() => api.close());

const profile = () => api.send('get', '/api/v1/users/profile', ada);
const put = (body: object) => api.send('put', '/api/v1/users/profile', ada).send(body);

it('merges what is sent, empties what is null', async () => {
  const changed = await put({ displayName: 'Ada 🚀', bio: 'x'.repeat(2_000), timezone: 'Europe/Berlin', locale: 'de', websiteUrl: 'https://example.com', preferences: { a: [1] } });
  expect([changed.status, changed.body]).toMatchObject([200, { displayName: 'Ada 🚀', timezone: 'Europe/Berlin', websiteUrl: 'https://example.com', preferences: { a: [1] } }]);
  const patched = await api.send('patch', '/api/v1/users/profile', ada).send({ bio: null });
  expect(patched.body).toMatchObject({ bio: null, displayName: 'Ada 🚀', locale: 'de' });
  expect((await profile()).body).toEqual(patched.body);
  expect((await put({})).body).toEqual(patched.body);
});

it('changes nothing but what is declared', async () => {
  const before = (await profile()).body as object;
  const columns = ['id', 'role', 'status', 'email', 'emailVerifiedAt', 'passwordHash', 'tokenVersion', 'failedLoginCount', 'lockedUntil', 'defaultOrganizationId', 'githubId', 'clerkId', 'rowVersion', 'createdAt', 'deletedAt', 'credits'];
  for (const column of columns) {
    const answer = await put({ [column]: 'admin' });
    expect([answer.status, (answer.body as { errors: object[] }).errors]).toMatchObject([422, [{ pointer: `/${column}`, code: 'unknown_field' }]]);
  }
  expect((await profile()).body).toEqual(before);
});

it.each([
  ['/username', { username: null }],
  ['/username', { username: '-x' }],
  ['/timezone', { timezone: 'Mars/Olympus' }],
  ['/websiteUrl', { websiteUrl: 'javascript:alert(1)' }],
  ['/bio', { bio: 'x'.repeat(2_001) }],
  ['/preferences', { preferences: { a: 'x'.repeat(17_000) } }],
  ['/preferences', { preferences: [1] }],
])('refuses %s %#', async (pointer, body) => {
  const answer = await put(body);
  expect([answer.status, (answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer]).toEqual([422, pointer]);
});

it('of two changes of the same version one is made', async () => {
  const tag = (await profile()).headers['etag'] ?? '';
  expect(tag).toMatch(/^"[^"]+"$/);
  const change = (company: string) => api.send('put', '/api/v1/users/profile', ada).set('If-Match', tag).send({ company });
  const answers = await Promise.all([change('one'), change('two'), change('three')]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412]);
  expect((await profile()).headers['etag']).not.toBe(tag);
  expect((await profile().set('If-None-Match', tag)).status).toBe(200);
});

it('refuses a taken username', async () => {
  const grace = await api.signUp();
  const taken = ((await api.send('get', '/api/v1/users/profile', grace)).body as { username: string }).username;
  const answer = await put({ username: taken.toUpperCase() });
  expect([answer.status, (answer.body as { code: string }).code]).toEqual([409, 'username_taken']);
});
