import { type SignedIn, TestApi } from '../testing/test-api';

let api: TestApi;
let ada: SignedIn;
beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
}, 60_000);
afterAll(() => api.close());

const password = 'orbit-velvet-canyon-42';
const post = (path: string, body: object) => api.send('post', `/api/v1/auth/${path}`).send(body);
const profile = (accessToken: string) => api.send('get', '/api/v1/users/profile', { accessToken });
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;

describe('POST /auth/register', () => {
  it('makes person, organization, plan and credits together', async () => {
    const answer = await post('register', { email: 'New.Person@example.com', password, username: 'new.person', displayName: 'Née Person' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      user: { email: 'New.Person@example.com', emailVerified: false, username: 'new.person', displayName: 'Née Person', role: 'user' },
      organization: { name: 'Née Person', role: 'owner' },
      tokenType: 'Bearer', expiresIn: 900,
    });
    expect(answer.headers['set-cookie']?.[0]).toMatch(/^ac_refresh=.*; Path=\/api\/v1\/auth; HttpOnly; Secure; SameSite=Strict$/);
    const { accessToken } = answer.body as SignedIn;
    expect((await profile(accessToken)).body).toMatchObject({ email: 'New.Person@example.com', subscription: { tier: 'free', status: 'active' }, credits: 100 });
    expect((await api.send('get', '/api/v1/users/credits', { accessToken })).body).toMatchObject({ available: 100, held: 0, grants: [{ source: 'signup', remaining: 100 }] });
  });

  it('of the same address at once succeeds once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => post('register', { email: n % 2 ? 'twice@example.com' : 'TWICE@example.com', password })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    expect(new Set(answers.filter((answer) => answer.status === 409).map(codeOf))).toEqual(new Set(['email_taken']));
    const [row] = await api.database.dataSource.query<{ users: number; organizations: number }[]>(
      `SELECT (SELECT count(*)::int FROM users WHERE lower(email) = 'twice@example.com') AS users,
              (SELECT count(*)::int FROM organizations o JOIN users u ON u.id = o.owner_user_id WHERE lower(u.email) = 'twice@example.com') AS organizations`,
    );
    expect(row).toEqual({ users: 1, organizations: 1 });
  });

  it('refuses a taken username, whatever its case', async () => {
    await post('register', { email: 'name-1@example.com', password, username: 'Some_Name' });
    const answer = await post('register', { email: 'name-2@example.com', password, username: 'some_name' });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'username_taken']);
  });

  it('with one Idempotency-Key answers once, and again with the same bytes', async () => {
    const send = (email: string) => post('register', { email, password }).set('Idempotency-Key', 'sign-up-1');
    const first = await send('keyed@example.com');
    const again = await send('keyed@example.com');
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const other = await send('another@example.com');
    expect([other.status, codeOf(other)]).toEqual([422, 'idempotency_mismatch']);
  });

  it('keeps the key free after a refused input, and keeps a conflict', async () => {
    const keyed = (key: string, body: object) => post('register', body).set('Idempotency-Key', key);
    expect((await keyed('sign-up-2', { email: 'nobody', password })).status).toBe(422);
    expect((await keyed('sign-up-2', { email: 'after@example.com', password })).status).toBe(201);
    const conflict = await keyed('sign-up-3', { email: 'after@example.com', password });
    const again = await keyed('sign-up-3', { email: 'after@example.com', password });
    expect([conflict.status, again.status, again.headers['idempotency-replayed'], again.headers['content-type']]).toEqual([409, 409, 'true', 'application/problem+json; charset=utf-8']);
    expect(again.text).toBe(conflict.text);
    expect((await keyed('a key', { email: 'x@example.com', password })).status).toBe(400);
  });
});

describe('POST /auth/login', () => {
  it('answers the same for a wrong password and for nobody', async () => {
    const wrong = await post('login', { email: ada.email, password: 'not the password' });
    const nobody = await post('login', { email: 'nobody@example.com', password: 'not the password' });
    const bare = (body: object) => ({ ...body, requestId: '' });
    expect(bare(wrong.body as object)).toEqual(bare(nobody.body as object));
    expect([wrong.status, codeOf(wrong), wrong.headers['www-authenticate']]).toEqual([401, 'invalid_credentials', 'Bearer realm="async-coder", error="invalid_grant"']);
  });

  it('signs in, whatever the case of the address', async () => {
    const answer = await post('login', { email: ada.email.toUpperCase(), password: ada.password });
    expect(answer.status).toBe(200);
    expect((await profile((answer.body as SignedIn).accessToken)).status).toBe(200);
  });

  it.each(['exists', 'exists not'])('locks after five wrong passwords, an account that %s', async (which) => {
    const person = await api.signUp();
    const email = which === 'exists' ? person.email : 'nobody-at-all@example.com';
    for (let n = 0; n < 5; n++) expect((await post('login', { email, password: 'wrong' })).status).toBe(401);
    const locked = await post('login', { email, password: person.password });
    expect([locked.status, codeOf(locked)]).toEqual([429, 'too_many_login_attempts']);
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(800);
  });

  it('without Clerk says so', async () => {
    const both = await post('login', { clerkToken: 'x', email: 'a@example.com', password: 'b' });
    expect([both.status, (both.body as { errors: { pointer: string }[] }).errors[0]?.pointer]).toEqual([422, '/clerkToken']);
    const answer = await post('login', { clerkToken: 'x' });
    expect([answer.status, codeOf(answer)]).toEqual([503, 'integration_not_configured']);
  });
});

describe('POST /auth/refresh', () => {
  it('a hundred at once leave one live successor', async () => {
    const person = await api.signUp();
    const answers = await Promise.all(Array.from({ length: 100 }, () => post('refresh', { refreshToken: person.refreshToken })));
    expect(answers.map((answer) => answer.status).filter((status) => status !== 200)).toEqual([]);
    expect(new Set(answers.map((answer) => (answer.body as SignedIn).refreshToken)).size).toBe(1);
    const [row] = await api.database.dataSource.query<{ live: number }[]>(
      `SELECT count(*)::int AS live FROM refresh_tokens t JOIN user_sessions s ON s.id = t.session_id WHERE s.user_id = $1 AND t.used_at IS NULL AND t.revoked_at IS NULL`,
      [person.userId],
    );
    expect(row?.live).toBe(1);
  }, 30_000);

  it('a token older than the parent ends the session', async () => {
    const person = await api.signUp();
    const second = (await post('refresh', { refreshToken: person.refreshToken })).body as SignedIn;
    const third = (await post('refresh', { refreshToken: second.refreshToken })).body as SignedIn;
    expect((await profile(third.accessToken)).status).toBe(200);
    const reused = await post('refresh', { refreshToken: person.refreshToken });
    expect([reused.status, codeOf(reused)]).toEqual([401, 'refresh_token_reused']);
    const dead = await post('refresh', { refreshToken: third.refreshToken });
    expect([dead.status, codeOf(dead)]).toEqual([401, 'refresh_token_invalid']);
    expect(codeOf(await profile(third.accessToken))).toBe('token_revoked');
  });

  it('the parent is refused once its grace of 10 s has passed', async () => {
    const person = await api.signUp();
    await post('refresh', { refreshToken: person.refreshToken });
    await api.database.dataSource.query(`UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE session_id IN (SELECT id FROM user_sessions WHERE user_id = $1) AND used_at IS NOT NULL`, [person.userId]);
    expect(codeOf(await post('refresh', { refreshToken: person.refreshToken }))).toBe('refresh_token_reused');
  });

  it('takes the cookie, and nothing else', async () => {
    const person = await api.signUp();
    const byCookie = await api.send('post', '/api/v1/auth/refresh').set('Cookie', `other=1; ac_refresh=${person.refreshToken}`).send();
    expect(byCookie.status).toBe(200);
    expect(codeOf(await post('refresh', {}))).toBe('refresh_token_invalid');
    expect(codeOf(await post('refresh', { refreshToken: 'made up' }))).toBe('refresh_token_invalid');
    expect(codeOf(await post('refresh', { refreshToken: person.accessToken.slice(0, 500) }))).toBe('refresh_token_invalid');
  });
});

describe('POST /auth/logout', () => {
  it('ends this session, and may be repeated', async () => {
    const person = await api.signUp();
    const logout = () => api.send('post', '/api/v1/auth/logout', person).send();
    expect([(await logout()).status, (await logout()).status]).toEqual([204, 204]);
    expect(codeOf(await profile(person.accessToken))).toBe('token_revoked');
    expect(codeOf(await post('refresh', { refreshToken: person.refreshToken }))).toBe('refresh_token_invalid');
    expect((await api.send('post', '/api/v1/auth/logout').send()).status).toBe(401);
  });

  it('ends all of them when asked', async () => {
    const person = await api.signUp();
    const other = (await post('login', { email: person.email, password: person.password })).body as SignedIn;
    await api.send('post', '/api/v1/auth/logout', person).send({ all: true });
    expect(codeOf(await profile(other.accessToken))).toBe('token_revoked');
    expect((await post('login', { email: person.email, password: person.password })).status).toBe(200);
  });
});

describe('access tokens', () => {
  it('of a suspended account is 403', async () => {
    const person = await api.signUp();
    await api.database.dataSource.query(`UPDATE users SET status = 'suspended' WHERE id = $1`, [person.userId]);
    expect([(await profile(person.accessToken)).status, codeOf(await profile(person.accessToken))]).toEqual([403, 'account_suspended']);
    expect((await post('login', { email: person.email, password: person.password })).status).toBe(403);
    expect((await post('refresh', { refreshToken: person.refreshToken })).status).toBe(401);
  });

  it('acts in the organization that the header names, if it is one of yours', async () => {
    const grace = await api.signUp();
    const named = (organizationId: string) => api.send('get', '/api/v1/users/profile', ada).set('X-Organization-Id', organizationId);
    expect((await named(ada.organizationId)).status).toBe(200);
    expect((await named(grace.organizationId)).status).toBe(404);
    expect((await named('mine')).status).toBe(400);
    await api.database.dataSource.query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'viewer')`, [grace.organizationId, ada.userId]);
    expect((await named(grace.organizationId)).body).toMatchObject({ organization: { id: grace.organizationId, role: 'viewer' } });
    const connect = await api.send('post', '/api/v1/repositories', ada).set('X-Organization-Id', grace.organizationId).send({ provider: 'git', cloneUrl: 'https://github.com/a/b' });
    expect([connect.status, codeOf(connect)]).toEqual([403, 'forbidden']);
  });
});
