import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { type SignedIn, TestApi } from '../testing/test-api';
import { AccessTokens } from './access-token';

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
  const secret = 'a secret for tests, of more than 32 bytes';
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const sign = (header: object, claims: object, key = secret, hash = 'sha256'): string => {
    const body = `${encode(header)}.${encode(claims)}`;
    return `${body}.${createHmac(hash, key).update(body).digest('base64url')}`;
  };
  const now = Math.floor(Date.now() / 1000);
  const parts = (token: string) => token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>) as [Record<string, unknown>, Record<string, unknown>];
  const without = (claims: Record<string, unknown>, name: string) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });

  it('of our own making is good', async () => {
    const [header, claims] = parts(ada.accessToken);
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: api.app.get(AccessTokens, { strict: false }).keyId });
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'org', 'role', 'sid', 'sub', 'tv']);
    expect((await profile(sign(header, claims))).status).toBe(200);
    expect((await api.send('get', '/api/v1/users/profile').set('Authorization', `bearer ${ada.accessToken}`)).status).toBe(200);
  });

  const bad: [string, (header: Record<string, unknown>, claims: Record<string, unknown>) => string][] = [
    ['empty', () => ''],
    ['garbage', () => 'garbage'],
    ['three dots', () => '...'],
    ['two parts', (header, claims) => sign(header, claims).split('.').slice(0, 2).join('.')],
    ['five parts', (header, claims) => `${sign(header, claims)}.a.b`],
    ['no JSON inside', () => 'e30.bm90IGpzb24.AAAA'],
    ['alg none', (header, claims) => `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`],
    ['alg None with a signature', (header, claims) => sign({ ...header, alg: 'None' }, claims)],
    ['alg HS512, well signed', (header, claims) => sign({ ...header, alg: 'HS512' }, claims, secret, 'sha512')],
    ['alg HS384, well signed', (header, claims) => sign({ ...header, alg: 'HS384' }, claims, secret, 'sha384')],
    ['alg RS256 with a key of its own', (header, claims) => { const body = `${encode({ ...header, alg: 'RS256' })}.${encode(claims)}`; return `${body}.${createSign('RSA-SHA256').update(body).sign(rsa.privateKey, 'base64url')}`; }],
    ['a key in the header', (header, claims) => sign({ ...header, jwk: { kty: 'oct', k: 'AAAA' } }, claims)],
    ['a key address in the header', (header, claims) => sign({ ...header, jku: 'https://example.com' }, claims)],
    ['a critical extension', (header, claims) => sign({ ...header, crit: ['exp'] }, claims)],
    ['another key id', (header, claims) => sign({ ...header, kid: 'other' }, claims)],
    ['no key id', (header, claims) => sign(without(header, 'kid'), claims)],
    ['another type', (header, claims) => sign({ ...header, typ: 'at+jwt' }, claims)],
    ['another secret', (header, claims) => sign(header, claims, 'another secret of more than 32 bytes ...')],
    ['an empty secret', (header, claims) => sign(header, claims, '')],
    ['a changed claim', (header, claims) => { const [a, , c] = sign(header, claims).split('.'); return `${a}.${encode({ ...claims, role: 'admin' })}.${c}`; }],
    ['a cut signature', (header, claims) => sign(header, claims).slice(0, -4)],
    ['expired', (header, claims) => sign(header, { ...claims, iat: now - 1_000, exp: now - 60 })],
    ['no exp', (header, claims) => sign(header, without(claims, 'exp'))],
    ['exp as a text', (header, claims) => sign(header, { ...claims, exp: String(now + 60) })],
    ['exp before iat', (header, claims) => sign(header, { ...claims, iat: now, exp: now - 2 })],
    ['issued in an hour', (header, claims) => sign(header, { ...claims, iat: now + 3_600, exp: now + 7_200 })],
    ['not yet valid', (header, claims) => sign(header, { ...claims, nbf: now + 3_600 })],
    ['no iat', (header, claims) => sign(header, without(claims, 'iat'))],
    ['another issuer', (header, claims) => sign(header, { ...claims, iss: 'https://example.com' })],
    ['no issuer', (header, claims) => sign(header, without(claims, 'iss'))],
    ['another audience', (header, claims) => sign(header, { ...claims, aud: 'others' })],
    ['several audiences', (header, claims) => sign(header, { ...claims, aud: ['async-coder-api', 'others'] })],
    ['no audience', (header, claims) => sign(header, without(claims, 'aud'))],
    ['no subject', (header, claims) => sign(header, without(claims, 'sub'))],
    ['a subject that is no uuid', (header, claims) => sign(header, { ...claims, sub: "' OR 1=1" })],
    ['somebody else as subject', (header, claims) => sign(header, { ...claims, sub: '018f6e0a-0000-7000-8000-000000000001' })],
    ['no session', (header, claims) => sign(header, without(claims, 'sid'))],
    ['an unknown session', (header, claims) => sign(header, { ...claims, sid: '018f6e0a-0000-7000-8000-000000000001' })],
    ['an old token version', (header, claims) => sign(header, { ...claims, tv: -1 })],
    ['a token version as text', (header, claims) => sign(header, { ...claims, tv: '0' })],
    ['no token id', (header, claims) => sign(header, without(claims, 'jti'))],
    ['claims that are a list', (header) => sign(header, [])],
    ['5,000 letters', (header, claims) => sign(header, { ...claims, pad: 'x'.repeat(5_000) })],
  ];
  it.each(bad)('bad: %s', async (_name, make) => {
    const [header, claims] = parts(ada.accessToken);
    const answer = await profile(make(header, claims));
    expect([answer.status, answer.headers['content-type']]).toEqual([401, 'application/problem+json; charset=utf-8']);
    expect(['unauthenticated', 'token_expired', 'token_revoked']).toContain(codeOf(answer));
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
  });

  it.each([['Basic', 'Basic eDp5'], ['no scheme', 'eyJ'], ['Token', 'Token x']])('another scheme: %s', async (_name, value) => {
    expect((await api.send('get', '/api/v1/users/profile').set('Authorization', value)).status).toBe(401);
  });

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
