import { AppConfig, loadConfig, sha256 } from '@app/common';
import { deleteEndedSessions, SessionStore, UnitOfWork } from '@app/domain';
import { JwtService } from '@nestjs/jwt';
import { type SignedIn, TestApi } from '../../testing/test-api';
import { AccessTokens } from '../access-token';
import { SessionService } from '../session.service';

interface Listed {
  id: string;
  current: boolean;
  userAgent: string | null;
  lastSeenAt: string;
}

const OTHER_SECRET = 'the secret that was there before, of 32 bytes or more';
let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ CORS_ORIGINS: 'https://app.example.com', JWT_SECRET_PREVIOUS: OTHER_SECRET });
}, 60_000);
afterAll(() => api.close());

const query = <Row>(sql: string, ...values: unknown[]) => api.database.dataSource.query<Row[]>(sql, values);
const post = (path: string, body: object, as?: Pick<SignedIn, 'accessToken'>) => api.send('post', `/api/v1/auth/${path}`, as).send(body);
const profile = async ({ accessToken }: Pick<SignedIn, 'accessToken'>): Promise<string> => {
  const answer = await api.send('get', '/api/v1/users/profile', { accessToken });
  return answer.status === 200 ? 'good' : codeOf(answer);
};
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;
const login = async ({ email, password }: Pick<SignedIn, 'email' | 'password'>): Promise<SignedIn> => (await post('login', { email, password })).body as SignedIn;
const list = async (as: SignedIn): Promise<Listed[]> => ((await api.send('get', '/api/v1/auth/sessions', as)).body as { data: Listed[] }).data;
const audit = async (action: string, userId: string) =>
  query<{ actorId: string | null; changes: Record<string, unknown> }>(`SELECT actor_id AS "actorId", changes FROM audit_logs WHERE action = $1 AND (target_id = $2 OR changes->>'userId' = $2) ORDER BY id`, action, userId);

describe('GET /auth/sessions', () => {
  it('lists the caller\'s own that have not ended, and says which is this one', async () => {
    const [ada, eve] = [await api.signUp(), await api.signUp()];
    const second = await login(ada);
    const ended = await login(ada);
    await post('logout', {}, ended);
    const listed = await list(ada);
    expect(listed.map((session) => session.current)).toEqual([false, true]);
    expect((await list(second)).map((session) => session.current)).toEqual([true, false]);
    expect(Object.keys(listed[0] ?? {}).sort()).toEqual(['authMethod', 'createdAt', 'current', 'expiresAt', 'id', 'ipAddress', 'lastSeenAt', 'userAgent']);
    expect(listed.map(({ id }) => id)).not.toContain((await list(eve))[0]?.id);
    const page = await api.send('get', '/api/v1/auth/sessions?limit=1', ada);
    expect(page.headers['link']).toContain('rel="next"');
  });

  it('shows odd user agents and no more than 1,024 letters of them', async () => {
    const ada = await api.signUp();
    await api.send('post', '/api/v1/auth/login').set('User-Agent', `x${'\u00ff'.repeat(3_000)}`).send({ email: ada.email, password: ada.password });
    expect((await list(ada))[0]?.userAgent).toBe(`x${'?'.repeat(1_023)}`);
  });
});

describe('DELETE /auth/sessions/{id}', () => {
  it('ends it at once, tokens and all', async () => {
    const ada = await api.signUp();
    const lost = await login(ada);
    expect(await profile(lost)).toBe('good');
    const [session] = await list(ada);
    expect((await api.send('delete', `/api/v1/auth/sessions/${session?.id}`, ada)).status).toBe(204);
    expect([await profile(lost), await profile(ada), codeOf(await post('refresh', { refreshToken: lost.refreshToken }))]).toEqual(['token_revoked', 'good', 'refresh_token_invalid']);
    expect((await api.send('delete', `/api/v1/auth/sessions/${session?.id}`, ada)).status).toBe(404);
    expect(await audit('session.revoked', ada.userId)).toEqual([{ actorId: ada.userId, changes: { userId: ada.userId, reason: 'logout' } }]);
  });

  it('of somebody else is the 404 of one that never was', async () => {
    const [ada, eve] = [await api.signUp(), await api.signUp()];
    const [session] = await list(ada);
    const foreign = await api.send('delete', `/api/v1/auth/sessions/${session?.id}`, eve);
    const missing = await api.send('delete', '/api/v1/auth/sessions/018f6e0a-0000-7000-8000-000000000001', eve);
    expect([foreign.status, { ...(foreign.body as object), instance: '', requestId: '' }]).toEqual([404, { ...(missing.body as object), instance: '', requestId: '' }]);
    expect(await profile(ada)).toBe('good');
  });

  it('of this one is a logout', async () => {
    const ada = await api.signUp();
    const [session] = await list(ada);
    const answer = await api.send('delete', `/api/v1/auth/sessions/${session?.id}`, ada);
    expect([answer.status, answer.headers['set-cookie']?.[0]]).toEqual([204, expect.stringMatching(/^ac_refresh=; .*Expires=Thu, 01 Jan 1970/)]);
    expect(await profile(ada)).toBe('token_revoked');
  });
});

describe('POST /auth/password', () => {
  const change = (as: SignedIn, currentPassword: string, newPassword = 'lantern-harbor-quartz-17') => post('password', { currentPassword, newPassword }, as);

  it('ends every other session; this one goes on with the tokens it has', async () => {
    const ada = await api.signUp();
    const [other, idle] = [await login(ada), await login(ada)];
    expect((await change(ada, ada.password)).status).toBe(204);
    expect([await profile(other), codeOf(await post('refresh', { refreshToken: idle.refreshToken }))]).toEqual(['token_revoked', 'refresh_token_invalid']);
    expect(await profile(ada)).toBe('good');
    const refreshed = await post('refresh', { refreshToken: ada.refreshToken });
    expect([refreshed.status, await profile(refreshed.body as SignedIn), await profile(ada)]).toEqual([200, 'good', 'good']);
    expect([(await post('login', { email: ada.email, password: ada.password })).status, (await post('login', { email: ada.email, password: 'lantern-harbor-quartz-17' })).status]).toEqual([401, 200]);
    expect(await audit('user.password_changed', ada.userId)).toEqual([{ actorId: ada.userId, changes: { sessionsRevoked: 2 } }]);
    const [row] = await query<{ tokenVersion: number }>(`SELECT token_version AS "tokenVersion" FROM users WHERE id = $1`, ada.userId);
    expect(row?.tokenVersion).toBe(1);
  });

  it('lets older tokens live no longer than until the version rises again', async () => {
    const ada = await api.signUp();
    await change(ada, ada.password);
    expect((await change(ada, 'lantern-harbor-quartz-17', 'meadow-copper-violin-88')).status).toBe(204);
    expect(await profile(ada)).toBe('good');
    await query(`UPDATE users SET token_version = token_version + 1 WHERE id = $1`, ada.userId);
    expect(await profile(ada)).toBe('token_expired');
    expect(await profile((await post('refresh', { refreshToken: ada.refreshToken })).body as SignedIn)).toBe('good');
  });

  it.each([
    { what: 'a wrong current one', current: 'not-my-password-1', wanted: 'lantern-harbor-quartz-17', status: 401, code: 'invalid_credentials' },
    { what: 'a short new one', current: 'SAME', wanted: 'short', status: 422, code: 'validation_failed' },
    { what: 'a common new one', current: 'SAME', wanted: 'passwordpassword', status: 422, code: 'validation_failed' },
    { what: 'the same again', current: 'SAME', wanted: 'SAME', status: 422, code: 'validation_failed' },
  ])('refuses $what, and changes nothing', async ({ current, wanted, status, code }) => {
    const ada = await api.signUp();
    const other = await login(ada);
    const mine = (text: string): string => (text === 'SAME' ? ada.password : text);
    const answer = await change(ada, mine(current), mine(wanted));
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    if (status === 422) expect((answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer).toBe('/newPassword');
    // What is wrong with the new one is no guess at the current one.
    expect(await query(`SELECT failed_login_count AS count FROM users WHERE id = $1`, ada.userId)).toEqual([{ count: status === 422 ? 0 : 1 }]);
    expect([await profile(ada), await profile(other)]).toEqual(['good', 'good']);
  });

  it('counts wrong ones with those of the sign-in', async () => {
    const ada = await api.signUp();
    for (let n = 0; n < 3; n++) expect((await post('login', { email: ada.email, password: 'wrong' })).status).toBe(401);
    for (let n = 0; n < 2; n++) expect((await change(ada, 'wrong')).status).toBe(401);
    expect([(await change(ada, ada.password)).status, (await post('login', { email: ada.email, password: ada.password })).status, await profile(ada)]).toEqual([429, 429, 'good']);
    expect(await audit('user.sign_in_failed', ada.userId)).toHaveLength(5);
  });

  it('at once from two places succeeds once', async () => {
    const ada = await api.signUp();
    const answers = await Promise.all([change(ada, ada.password, 'lantern-harbor-quartz-17'), change(ada, ada.password, 'meadow-copper-violin-88')]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([204, 401]);
  });

  it('leaves no session to who signs in with the old one at the same time', async () => {
    const ada = await api.signUp();
    const [changed, ...logins] = await Promise.all([change(ada, ada.password), ...Array.from({ length: 3 }, () => post('login', { email: ada.email, password: ada.password }))]);
    expect(changed?.status).toBe(204);
    for (const answer of logins) if (answer.status === 200) expect(await profile(answer.body as SignedIn)).toBe('token_revoked');
    expect(await list(ada)).toHaveLength(1);
  });

  it('is not for an account that has no password', async () => {
    const ada = await api.signUp();
    await query(`UPDATE users SET password_hash = NULL WHERE id = $1`, ada.userId);
    expect([(await change(ada, 'anything')).status, (await post('login', { email: ada.email, password: ada.password })).status]).toEqual([403, 401]);
  });
});

it('a verified token is remembered, and forgotten when its session is found dead', async () => {
  const ada = await api.signUp();
  const { verified } = api.app.get(AccessTokens, { strict: false });
  expect(verified.has(ada.accessToken)).toBe(false);
  expect([await profile(ada), verified.has(ada.accessToken), await profile(ada)]).toEqual(['good', true, 'good']);
  await post('logout', {}, ada);
  expect([await profile(ada), verified.has(ada.accessToken), await profile(ada)]).toEqual(['token_revoked', false, 'token_revoked']);
});

it('a session is marked as seen once a minute', async () => {
  const ada = await api.signUp();
  const seen = async () => (await query<{ at: Date; version: string }>(`SELECT last_seen_at AS at, xmin::text AS version FROM user_sessions WHERE user_id = $1`, ada.userId))[0];
  const first = await seen();
  await profile(ada);
  expect(await seen()).toEqual(first);
  await query(`UPDATE user_sessions SET last_seen_at = now() - interval '61 seconds' WHERE user_id = $1`, ada.userId);
  await Promise.all(Array.from({ length: 10 }, () => profile(ada)));
  expect((await seen())?.at.getTime()).toBeGreaterThan(Date.now() - 30_000);
});

describe('refresh', () => {
  it('an old token kills the session within a second, for access and refresh alike', async () => {
    const ada = await api.signUp();
    const second = (await post('refresh', { refreshToken: ada.refreshToken })).body as SignedIn;
    const third = (await post('refresh', { refreshToken: second.refreshToken })).body as SignedIn;
    expect(await profile(third)).toBe('good');
    const began = performance.now();
    expect(codeOf(await post('refresh', { refreshToken: ada.refreshToken }))).toBe('refresh_token_reused');
    expect([await profile(third), await profile(ada), codeOf(await post('refresh', { refreshToken: third.refreshToken }))]).toEqual(['token_revoked', 'token_revoked', 'refresh_token_invalid']);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(await audit('session.revoked', ada.userId)).toEqual([{ actorId: null, changes: { userId: ada.userId, reason: 'rotation_reuse' } }]);
  });

  it('an old token and the live one at once leave the session dead', async () => {
    const ada = await api.signUp();
    const second = (await post('refresh', { refreshToken: ada.refreshToken })).body as SignedIn;
    const third = (await post('refresh', { refreshToken: second.refreshToken })).body as SignedIn;
    await Promise.all([...Array.from({ length: 5 }, () => post('refresh', { refreshToken: ada.refreshToken })), ...Array.from({ length: 5 }, () => post('refresh', { refreshToken: third.refreshToken }))]);
    const [row] = await query<{ live: number }>(`SELECT count(*)::int AS live FROM refresh_tokens t JOIN user_sessions s ON s.id = t.session_id WHERE s.user_id = $1 AND t.used_at IS NULL AND t.revoked_at IS NULL`, ada.userId);
    expect([row?.live, await profile(third)]).toEqual([0, 'token_revoked']);
  });

  it('while everything is logged out at the same time neither hangs nor revives', async () => {
    const ada = await api.signUp();
    const others = await Promise.all(Array.from({ length: 4 }, () => login(ada)));
    const answers = await Promise.all([post('logout', { all: true }, ada), ...others.map(({ refreshToken }) => post('refresh', { refreshToken }))]);
    expect(answers.filter((answer) => answer.status >= 500).map((answer) => answer.text)).toEqual([]);
    expect(await query(`SELECT 1 FROM refresh_tokens t JOIN user_sessions s ON s.id = t.session_id WHERE s.user_id = $1 AND t.used_at IS NULL AND t.revoked_at IS NULL`, ada.userId)).toHaveLength(0);
  });

  it.each([
    ['of the web app', 'https://app.example.com', 200], ['of the API itself', 'http://127.0.0.1:3000', 200], ['of a program: none', null, 200], ['of another site', 'https://evil.example.com', 403],
    ['of a neighbour', 'https://app.example.com.evil.example', 403], ['of the web app over http', 'http://app.example.com', 403], ['of a sandboxed frame', 'null', 403], ['that is empty', '', 403],
  ])('by cookie takes the origin %s', async (_name, origin, status) => {
    const ada = await api.signUp();
    const request = api.send('post', '/api/v1/auth/refresh').set('Cookie', `ac_refresh=${ada.refreshToken}`);
    const answer = await (origin === null ? request : request.set('Origin', origin)).send();
    expect(answer.status).toBe(status);
    if (status === 403) expect((await post('refresh', { refreshToken: ada.refreshToken })).status).toBe(200);
  });

  it('by body asks for no origin: no browser sends it by itself', async () => {
    const ada = await api.signUp();
    expect((await api.send('post', '/api/v1/auth/refresh').set('Origin', 'https://evil.example.com').send({ refreshToken: ada.refreshToken })).status).toBe(200);
  });
});

describe('the signing secret', () => {
  /** The process after the two secrets were swapped. */
  const swapped = (): { tokens: AccessTokens; sessions: SessionService } => {
    const secretOf = (secret: { use<T>(fn: (value: string) => T): T } | undefined): string => secret?.use((text) => text) ?? '';
    const { core } = api.app.get(AppConfig, { strict: false });
    const config = loadConfig({
      DATABASE_URL: core.DATABASE_URL, KEK: secretOf(core.KEK), ANTHROPIC_API_KEY: 'sk-ant-test', NODE_ENV: 'test', PUBLIC_URL: core.PUBLIC_URL,
      JWT_SECRET: secretOf(core.JWT_SECRET_PREVIOUS), JWT_SECRET_PREVIOUS: secretOf(core.JWT_SECRET),
    });
    const tokens = new AccessTokens(config, new JwtService());
    const get = <Type>(type: abstract new (...parameters: never[]) => Type): Type => api.app.get(type, { strict: false });
    return { tokens, sessions: new SessionService(config, tokens, get(SessionStore), get(UnitOfWork)) };
  };

  it('that is set beside the first is accepted too, and never signs', async () => {
    const ada = await api.signUp();
    const { tokens } = swapped();
    const [, payload] = ada.accessToken.split('.');
    const { sub, sid, org, role, tv } = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as Parameters<AccessTokens['sign']>[0];
    const other = tokens.sign({ sub, sid, org, role, tv });
    const ours = api.app.get(AccessTokens, { strict: false });
    expect([await profile({ accessToken: other }), tokens.keyId === ours.keyId, tokens.keyFor(ada.accessToken) === null]).toEqual(['good', false, false]);
    expect(ours.sign({ sub, sid, org, role, tv }).split('.')[0]).toBe(ada.accessToken.split('.')[0]);
  });

  it('swapped with the other gives a lost answer\'s repeat the same successor', async () => {
    const ada = await api.signUp();
    const { sessions } = swapped();
    const before = (await post('refresh', { refreshToken: ada.refreshToken })).body as SignedIn;
    expect((await sessions.refresh(ada.refreshToken)).refreshToken).toBe(before.refreshToken);
    const after = await sessions.refresh(before.refreshToken);
    expect(((await post('refresh', { refreshToken: before.refreshToken })).body as SignedIn).refreshToken).toBe(after.refreshToken);
    expect(await query(`SELECT 1 FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NULL`, sha256(after.refreshToken))).toHaveLength(1);
  });
});

it('ended sessions are removed a month later, with their tokens', async () => {
  const [old, young] = [await api.signUp(), await api.signUp()];
  await query(`UPDATE user_sessions SET created_at = now() - interval '61 days', expires_at = now() - interval '31 days' WHERE user_id = $1`, old.userId);
  await query(`UPDATE user_sessions SET created_at = now() - interval '59 days', expires_at = now() - interval '29 days' WHERE user_id = $1`, young.userId);
  expect(await api.database.dataSource.transaction((tx) => deleteEndedSessions(tx, 100))).toBe(1);
  expect(await query(`SELECT 1 FROM user_sessions WHERE user_id = ANY($1::uuid[])`, [old.userId, young.userId])).toHaveLength(1);
});
