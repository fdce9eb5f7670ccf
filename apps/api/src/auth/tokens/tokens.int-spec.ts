import { sha256 } from '@app/common';
import { type SignedIn, TestApi } from '../../testing/test-api';

interface Token {
  id: string;
  token: string;
  prefix: string;
}

let api: TestApi;
let ada: SignedIn;
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  ada = await api.signUp();
}, 60_000);
afterAll(() => api.close());

const PATH = '/api/v1/auth/tokens';
const make = (body: object, as: Pick<SignedIn, 'accessToken'> = ada) => api.send('post', PATH, as).send(body);
const made = async (scopes: string[], as: SignedIn = ada): Promise<Token> => (await make({ name: 'script', scopes }, as)).body as Token;
const by = ({ token }: Token): Pick<SignedIn, 'accessToken'> => ({ accessToken: token });
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;
const query = <Row>(sql: string, ...values: unknown[]) => api.database.dataSource.query<Row[]>(sql, values);
const audited = async (targetId: string): Promise<unknown[]> =>
  query(`SELECT action, actor_type AS "actorType", actor_id AS "actorId", organization_id AS "organizationId", changes FROM audit_logs WHERE target_id = $1 ORDER BY id`, targetId);

describe('POST /auth/tokens', () => {
  it('shows the token once, and keeps only its hash', async () => {
    const answer = await make({ name: 'nightly build', scopes: ['tasks:read', 'repos:read'], expiresInDays: 90 });
    expect(answer.status).toBe(201);
    const { id, token, prefix } = answer.body as Token;
    expect(answer.headers['location']).toBe(`${PATH}/${id}`);
    expect(answer.body).toMatchObject({ name: 'nightly build', scopes: ['tasks:read', 'repos:read'], organizationId: ada.organizationId, lastUsedAt: null });
    expect(token).toMatch(/^ac_pat_[0-9A-Za-z]{49}$/);
    expect(token.startsWith(prefix)).toBe(true);
    const days = (Date.parse((answer.body as { expiresAt: string }).expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThan(90.1);
    const listed = await api.send('get', PATH, ada);
    expect(listed.text).not.toContain(token);
    expect((listed.body as { data: Token[] }).data.find((row) => row.id === id)).toMatchObject({ prefix, name: 'nightly build' });
    const [row] = await query<{ hash: Buffer; all: string }>(`SELECT token_hash AS hash, t::text AS all FROM personal_access_tokens t WHERE id = $1`, id);
    expect(row?.hash).toEqual(sha256(token));
    expect(row?.all).not.toContain(token.slice(20));
    expect(await audited(id)).toEqual([{
      action: 'access_token.created', actorType: 'user', actorId: ada.userId, organizationId: ada.organizationId, changes: { name: 'nightly build', scopes: ['tasks:read', 'repos:read'], expiresInDays: 90 },
    }]);
  });

  it.each<[string, object]>([
    ['no name', { scopes: ['tasks:read'] }], ['an empty name', { name: '', scopes: ['tasks:read'] }], ['a long name', { name: 'x'.repeat(101), scopes: ['tasks:read'] }],
    ['no scopes', { name: 'x' }], ['an empty list', { name: 'x', scopes: [] }], ['an unknown scope', { name: 'x', scopes: ['admin'] }], ['a scope twice', { name: 'x', scopes: ['tasks:read', 'tasks:read'] }],
    ['scopes as text', { name: 'x', scopes: 'tasks:read' }], ['no day', { name: 'x', scopes: ['tasks:read'], expiresInDays: 0 }], ['more than a year', { name: 'x', scopes: ['tasks:read'], expiresInDays: 366 }],
    ['half a day', { name: 'x', scopes: ['tasks:read'], expiresInDays: 0.5 }], ['somebody else', { name: 'x', scopes: ['tasks:read'], userId: 'x' }], ['an organization', { name: 'x', scopes: ['tasks:read'], organizationId: 'x' }],
  ])('refuses %s', async (_name, body) => expect([(await make(body)).status]).toEqual([422]));

  it('with one Idempotency-Key makes one token, and shows it again', async () => {
    const send = () => make({ name: 'keyed', scopes: ['tasks:read'] }).set('Idempotency-Key', 'token-1');
    const [first, again] = [await send(), await send()];
    expect([first.status, again.status, again.text === first.text, again.headers['location'] === first.headers['location']]).toEqual([201, 201, true, true]);
    expect(await query(`SELECT 1 FROM personal_access_tokens WHERE name = 'keyed'`)).toHaveLength(1);
  });
});

describe('a personal access token', () => {
  it('reaches what its scopes name, and the profile', async () => {
    const reader = await made(['tasks:read']);
    const status = async (method: 'get' | 'post', path: string) => {
      const answer = await api.send(method, path, by(reader)).send(method === 'post' ? {} : undefined);
      return [answer.status, answer.status === 403 ? codeOf(answer) : ''];
    };
    expect(await status('get', '/api/v1/tasks')).toEqual([200, '']);
    expect(await status('get', '/api/v1/users/profile')).toEqual([200, '']);
    expect(await status('post', '/api/v1/tasks')).toEqual([403, 'insufficient_scope']);
    expect(await status('get', '/api/v1/repositories')).toEqual([403, 'insufficient_scope']);
    const refused = await api.send('get', '/api/v1/repositories', by(reader));
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="async-coder", error="insufficient_scope", scope="repos:read"');
  });

  it('never reaches what manages sign-ins', async () => {
    const token = await made(['tasks:read', 'tasks:write', 'repos:read', 'repos:write', 'keys:write', 'billing:read', 'billing:write', 'analytics:read', 'webhooks:write']);
    const tries = [
      api.send('get', PATH, by(token)), make({ name: 'child', scopes: ['tasks:read'] }, by(token)), api.send('delete', `${PATH}/${token.id}`, by(token)), api.send('get', '/api/v1/auth/sessions', by(token)),
      api.send('post', '/api/v1/auth/password', by(token)).send({ currentPassword: ada.password, newPassword: 'lantern-harbor-quartz-17' }), api.send('post', '/api/v1/auth/logout', by(token)).send({}),
      api.send('put', '/api/v1/users/profile', by(token)).send({}),
    ];
    for (const answer of await Promise.all(tries)) expect([answer.status, codeOf(answer)]).toEqual([403, 'insufficient_scope']);
  });

  it('acts in its own organization, with the role that its owner has there now', async () => {
    const grace = await api.signUp();
    await query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'member')`, grace.organizationId, ada.userId);
    const token = (await make({ name: 'there', scopes: ['repos:write', 'repos:read'] }).set('X-Organization-Id', grace.organizationId)).body as Token;
    const list = (organizationId?: string) => {
      const request = api.send('get', '/api/v1/repositories', by(token));
      return organizationId === undefined ? request : request.set('X-Organization-Id', organizationId);
    };
    expect([(await list()).status, (await list(grace.organizationId)).status, (await list(grace.organizationId.toUpperCase())).status, (await list(ada.organizationId)).status, (await list('mine')).status]).toEqual([200, 200, 200, 404, 400]);
    expect((await api.send('get', '/api/v1/users/profile', by(token))).body).toMatchObject({ organization: { id: grace.organizationId, role: 'member' } });
    await query(`UPDATE organization_members SET role = 'viewer' WHERE organization_id = $1 AND user_id = $2`, grace.organizationId, ada.userId);
    const connect = await api.send('post', '/api/v1/repositories', by(token)).send({ provider: 'git', cloneUrl: 'https://github.com/a/b' });
    expect([connect.status, codeOf(connect)]).toEqual([403, 'forbidden']);
    const here = (await api.send('get', PATH, ada)).body as { data: Token[] };
    expect(here.data.map((row) => row.id)).not.toContain(token.id);
  });

  it('carries none of the rights of the platform\'s staff', async () => {
    const person = await api.signUp();
    await query(`UPDATE users SET role = 'admin' WHERE id = $1`, person.userId);
    const token = await made(['tasks:read'], person);
    expect((await api.send('get', '/api/v1/admin/users', by(token))).status).not.toBe(200);
  });

  it('writes down its last use, once a minute', async () => {
    const token = await made(['tasks:read']);
    const used = async () => (await query<{ at: Date | null; version: string }>(`SELECT last_used_at AS at, xmin::text AS version FROM personal_access_tokens WHERE id = $1`, token.id))[0];
    expect((await used())?.at).toBeNull();
    await Promise.all(Array.from({ length: 20 }, () => api.send('get', '/api/v1/tasks', by(token))));
    const first = await used();
    expect(first?.at).toBeInstanceOf(Date);
    await api.send('get', '/api/v1/tasks', by(token));
    expect(await used()).toEqual(first);
    await query(`UPDATE personal_access_tokens SET last_used_at = now() - interval '61 seconds' WHERE id = $1`, token.id);
    await api.send('get', '/api/v1/tasks', by(token));
    expect((await used())?.at?.getTime()).toBeGreaterThan(Date.now() - 30_000);
  });

  it('is the actor of what it does', async () => {
    const token = await made(['repos:write']);
    const connect = await api.send('post', '/api/v1/repositories', by(token)).send({ provider: 'git', cloneUrl: 'http://127.0.0.1:9/demo/by-token.git' });
    expect(connect.status).toBe(201);
    const rows = await query<{ actorType: string; actorId: string }>(`SELECT actor_type AS "actorType", actor_id AS "actorId" FROM audit_logs WHERE target_id = $1`, (connect.body as { id: string }).id);
    expect(rows).toEqual([{ actorType: 'token', actorId: token.id }]);
  });
});

describe('DELETE /auth/tokens/{id}', () => {
  it('refuses the token from the next request on, and is done once', async () => {
    const token = await made(['tasks:read']);
    const remove = () => api.send('delete', `${PATH}/${token.id}`, ada);
    expect((await remove()).status).toBe(204);
    const after = await api.send('get', '/api/v1/tasks', by(token));
    expect([after.status, codeOf(after)]).toEqual([401, 'token_revoked']);
    expect((await remove()).status).toBe(404);
    expect(await audited(token.id)).toEqual([expect.objectContaining({ action: 'access_token.created' }), expect.objectContaining({ action: 'access_token.revoked', actorId: ada.userId })]);
    expect(((await api.send('get', PATH, ada)).body as { data: Token[] }).data.map((row) => row.id)).not.toContain(token.id);
  });

  it('of somebody else, or of another organization of yours, is 404 and changes nothing', async () => {
    const [token, eve] = [await made(['tasks:read']), await api.signUp()];
    const [own] = [(await api.send('delete', `${PATH}/${token.id}`, eve)).body as Record<string, unknown>];
    const missing = (await api.send('delete', `${PATH}/018f6e0a-0000-7000-8000-000000000001`, eve)).body as Record<string, unknown>;
    expect({ ...own, instance: '', requestId: '' }).toEqual({ ...missing, instance: '', requestId: '' });
    await query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'admin')`, eve.organizationId, ada.userId);
    expect((await api.send('delete', `${PATH}/${token.id}`, ada).set('X-Organization-Id', eve.organizationId)).status).toBe(404);
    expect((await api.send('get', '/api/v1/tasks', by(token))).status).toBe(200);
    expect((await api.send('delete', `${PATH}/not-an-id`, ada)).status).toBe(400);
  });

  it('at once from many places revokes once', async () => {
    const token = await made(['tasks:read']);
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.send('delete', `${PATH}/${token.id}`, ada)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([204, 404, 404, 404, 404, 404, 404, 404]);
    expect(await audited(token.id)).toHaveLength(2);
  });
});

it('GET /auth/tokens pages', async () => {
  const person = await api.signUp();
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.unshift((await made(['tasks:read'], person)).id);
  const first = (await api.send('get', `${PATH}?limit=2`, person)).body as { data: Token[]; nextCursor: string };
  const second = (await api.send('get', `${PATH}?limit=2&cursor=${first.nextCursor}`, person)).body as { data: Token[]; nextCursor: string | null };
  expect([...first.data, ...second.data].map((row) => row.id)).toEqual(ids);
  expect(second.nextCursor).toBeNull();
});
