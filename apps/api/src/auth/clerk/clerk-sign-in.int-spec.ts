import type { ClerkPeer } from '../../../../../test/support/clerk-peer';
import { startWithClerk } from '../../testing/clerk-api';
import type { TestApi } from '../../testing/test-api';

interface Session {
  readonly user: { readonly id: string; readonly email: string; readonly emailVerified: boolean; readonly username: string; readonly displayName: string | null; readonly avatarUrl: string | null };
  readonly organization: { readonly id: string; readonly role: string };
  readonly accessToken: string;
  readonly refreshToken: string;
}

let api: TestApi;
let clerk: ClerkPeer;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ api, clerk, close } = await startWithClerk());
}, 60_000);
afterAll(() => close());

const PATH = '/api/v1/users/profile';
const sql = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => api.database.dataSource.query<Row[]>(text, values);
const profile = (accessToken: string) => api.send('get', PATH, { accessToken });
const signIn = (sub: string, sid?: string) => api.send('post', '/api/v1/auth/login').send({ clerkToken: clerk.token({ sub, ...(sid === undefined ? {} : { sid }) }) });
const audit = async (userId: string): Promise<{ action: string; actor_type: string; actor_id: string }[]> =>
  sql(`SELECT action, actor_type, actor_id FROM audit_logs WHERE target_id = $1 ORDER BY id`, [userId]);
const verify = (userId: string) => sql(`UPDATE users SET email_verified_at = now() WHERE id = $1`, [userId]);

describe('somebody who comes from Clerk for the first time', () => {
  it('has an account at once, with all that belongs to it', async () => {
    const person = clerk.addUser({ email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace', username: 'ada' });
    const answer = await profile(clerk.token({ sub: person.id }));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ email: 'ada@example.com', emailVerified: true, username: 'ada', displayName: 'Ada Lovelace', firstName: 'Ada', lastName: 'Lovelace', avatarUrl: person.image_url, organization: { role: 'owner' } });
    const { id } = answer.body as { id: string };
    expect(await sql(`SELECT u.clerk_id, u.password_hash, g.source, a.available_micro > 0 AS credits FROM users u JOIN organizations o ON o.owner_user_id = u.id
      JOIN credit_accounts a ON a.organization_id = o.id JOIN credit_grants g ON g.organization_id = o.id JOIN subscriptions s ON s.organization_id = o.id WHERE u.id = $1`, [id]))
      .toEqual([{ clerk_id: person.id, password_hash: null, source: 'signup', credits: true }]);
    expect(await audit(id)).toEqual([{ action: 'account.opened', actor_type: 'user', actor_id: id }]);
    // No password opens it.
    expect((await api.send('post', '/api/v1/auth/login').send({ email: 'ada@example.com', password: 'orbit-velvet-canyon-42' })).status).toBe(401);
  });

  it('is one user, however many calls come at once', async () => {
    const person = clerk.addUser({ email: 'crowd@example.com' });
    const before = clerk.requests().length;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? profile(clerk.token({ sub: person.id })) : signIn(person.id))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(await sql(`SELECT count(*)::int AS users, (SELECT count(*)::int FROM credit_grants g JOIN organizations o ON o.id = g.organization_id WHERE o.owner_user_id IN (SELECT id FROM users WHERE clerk_id = $1)) AS grants FROM users WHERE clerk_id = $1`, [person.id]))
      .toEqual([{ users: 1, grants: 1 }]);
    expect(clerk.requests().length - before).toBe(1);
  });

  it('gets a username like the one at Clerk when that is taken or not of our form', async () => {
    const first = (await signIn(clerk.addUser({ username: 'Grace' }).id)).body as Session;
    const second = (await signIn(clerk.addUser({ username: 'grace' }).id)).body as Session;
    const third = (await signIn(clerk.addUser({ username: 'grâce hopper' }).id)).body as Session;
    expect(first.user.username).toBe('Grace');
    expect(second.user.username).toMatch(/^grace-[0-9a-f]{8}$/);
    expect(third.user.username).toMatch(/^grcehopper-[0-9a-f]{8}$/);
  });

  it.each([
    ['no name at all', { firstName: null, lastName: null }],
    ['endless names', { firstName: '🚀'.repeat(300), lastName: 'x'.repeat(5_000) }],
    ['an avatar that is no link', { imageUrl: 'javascript:alert(1)' }],
    ['an address that is not verified', { verified: false }],
  ])('is let in with %s', async (_, person) => {
    const answer = await signIn(clerk.addUser(person).id);
    expect(answer.status).toBe(200);
    const { user } = answer.body as Session;
    expect([user.emailVerified, user.avatarUrl?.startsWith('https://') ?? true, (user.displayName ?? '').length <= 200]).toEqual(['verified' in person ? person.verified : true, true, true]);
  });

  it('is refused without an address', async () => {
    expect(await signIn(clerk.addUser({ email: null }).id)).toMatchObject({ status: 409, body: { code: 'account_link_required' } });
  });
});

describe('somebody whose address has an account here', () => {
  it('is linked to it when both sides have verified the address', async () => {
    const here = await api.signUp();
    await verify(here.userId);
    const person = clerk.addUser({ email: here.email.toUpperCase(), firstName: 'Linus' });
    const { user } = (await signIn(person.id)).body as Session;
    expect([user.id, user.email]).toEqual([here.userId, here.email]);
    expect(await audit(here.userId)).toContainEqual({ action: 'account.linked', actor_type: 'user', actor_id: here.userId });
    expect(((await profile(clerk.token({ sub: person.id }))).body as { firstName: string }).firstName).toBe('Linus');
    expect((await api.send('post', '/api/v1/auth/login').send({ email: here.email, password: here.password })).status).toBe(200);
  });

  it.each([
    ['we have not verified it', false, true],
    ['Clerk has not verified it', true, false],
    ['nobody has verified it', false, false],
  ])('is refused when %s: it may be another person', async (_, ours, theirs) => {
    const here = await api.signUp();
    if (ours) await verify(here.userId);
    const person = clerk.addUser({ email: here.email, verified: theirs });
    const token = clerk.token({ sub: person.id });
    for (const answer of [await profile(token), await signIn(person.id)]) expect(answer).toMatchObject({ status: 409, body: { code: 'account_link_required' } });
    expect(await sql(`SELECT clerk_id FROM users WHERE id = $1`, [here.userId])).toEqual([{ clerk_id: null }]);
  });

  it('is refused when that account is another person\'s at Clerk', async () => {
    const first = clerk.addUser({ email: 'shared@example.com' });
    await signIn(first.id);
    expect(await signIn(clerk.addUser({ email: 'shared@example.com' }).id)).toMatchObject({ status: 409, body: { code: 'account_link_required' } });
  });

  it('is not linked to an account that was deleted', async () => {
    const here = await api.signUp();
    await verify(here.userId);
    const { username } = (await profile(here.accessToken)).body as { username: string };
    expect((await api.send('delete', PATH, here).send({ confirm: username })).status).toBe(204);
    const { user } = (await signIn(clerk.addUser({ email: here.email }).id)).body as Session;
    expect(user.id).not.toBe(here.userId);
  });
});

describe('a session opened with Clerk', () => {
  it('is one of ours, remembers its origin, and can be refreshed and ended', async () => {
    const person = clerk.addUser();
    const answer = await signIn(person.id, 'sess_origin');
    const session = answer.body as Session;
    expect(answer.headers['set-cookie']).toEqual([expect.stringContaining('ac_refresh=')]);
    expect(await sql(`SELECT auth_method, clerk_session_id FROM user_sessions WHERE user_id = $1`, [session.user.id])).toEqual([{ auth_method: 'clerk', clerk_session_id: 'sess_origin' }]);
    expect((await profile(session.accessToken)).status).toBe(200);
    expect((await api.send('post', '/api/v1/auth/refresh').send({ refreshToken: session.refreshToken })).status).toBe(200);
    expect((await api.send('post', '/api/v1/auth/logout', session).send({})).status).toBe(204);
    expect((await profile(session.accessToken)).status).toBe(401);
  });

  it('acts in the organization that is named, and in no foreign one', async () => {
    const token = clerk.token({ sub: clerk.addUser().id });
    const { organization } = (await profile(token)).body as Session;
    const other = await api.signUp();
    expect((await profile(token).set('X-Organization-Id', organization.id)).status).toBe(200);
    expect(await profile(token).set('X-Organization-Id', other.organizationId)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('is not had by who is suspended or deleted here', async () => {
    const person = clerk.addUser();
    const { user } = (await signIn(person.id)).body as Session;
    await sql(`UPDATE users SET status = 'suspended' WHERE id = $1`, [user.id]);
    for (const answer of [await signIn(person.id), await profile(clerk.token({ sub: person.id }))]) expect(answer).toMatchObject({ status: 403, body: { code: 'account_suspended' } });
    await sql(`UPDATE users SET status = 'active' WHERE id = $1`, [user.id]);
    expect((await api.send('delete', PATH, { accessToken: clerk.token({ sub: person.id }) }).send({ confirm: user.username })).status).toBe(204);
    for (const answer of [await signIn(person.id), await profile(clerk.token({ sub: person.id }))]) expect(answer).toMatchObject({ status: 401, body: { code: 'token_revoked' } });
  });
});

describe('while Clerk does not answer', () => {
  it('who is known goes on, who is new is asked to come again', async () => {
    const known = clerk.addUser();
    await signIn(known.id);
    const stranger = clerk.addUser();
    clerk.fault({ path: '/v1/users/', status: 500, times: 100 });
    expect((await profile(clerk.token({ sub: known.id }))).status).toBe(200);
    const answer = await profile(clerk.token({ sub: stranger.id }));
    expect(answer).toMatchObject({ status: 503, body: { code: 'not_ready' } });
    expect(answer.headers['retry-after']).toBe('5');
    clerk.clearFaults();
  });

  it('an answer that is not Clerk\'s opens no account', async () => {
    const stranger = clerk.addUser();
    clerk.fault({ path: '/v1/users/', body: { hello: 'world' } });
    expect((await profile(clerk.token({ sub: stranger.id }))).status).toBe(503);
    expect(await sql(`SELECT id FROM users WHERE clerk_id = $1`, [stranger.id])).toEqual([]);
  });

  it('somebody whom Clerk does not know is nobody', async () => {
    expect(await profile(clerk.token({ sub: 'user_gone' }))).toMatchObject({ status: 401, body: { code: 'token_revoked' } });
  });
});

it('the stand-in answered as Clerk does, and got the version of the API that the SDK speaks', () => {
  expect(clerk.violations()).toEqual([]);
  expect(new Set(clerk.requests().filter(({ path }) => path.startsWith('/v1/users/')).map(({ apiVersion }) => apiVersion))).toEqual(new Set(['2026-05-12']));
});
