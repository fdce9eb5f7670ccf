import { loadConfig } from '@app/common';
import { type ClerkPeer, startClerkPeer, type TokenWish } from '../../../../../test/support/clerk-peer';
import { startWithClerk } from '../../testing/clerk-api';
import type { TestApi } from '../../testing/test-api';
import { ClerkSettings } from './clerk-settings';

let api: TestApi;
let clerk: ClerkPeer;
let close: () => Promise<void>;
let sub: string;
beforeAll(async () => {
  ({ api, clerk, close } = await startWithClerk());
  sub = clerk.addUser({ email: 'table@example.com' }).id;
}, 60_000);
afterAll(() => close());

const NOW = Math.floor(Date.now() / 1000);
const profile = (accessToken: string) => api.send('get', '/api/v1/users/profile', { accessToken });
const token = (wish: Partial<TokenWish> = {}): string => clerk.token({ sub, ...wish });
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function swapped(good: string, at: 0 | 1 | 2, change: (text: string) => string): string {
  const parts = good.split('.');
  parts[at] = change(parts[at] ?? '');
  return parts.join('.');
}

/** The claims of a good token with changes, under the good token's signature. */
function tampered(changes: object): string {
  return swapped(token(), 1, (payload) => part({ ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), ...changes }));
}

const claims = (changes: Readonly<Record<string, unknown>>): string => token({ claims: changes });
const header = (changes: Readonly<Record<string, unknown>>): string => token({ header: changes });

/** Each is refused, whatever else is right about it. Those marked * are let by the SDK's own check, or by jose's. */
const BAD: readonly (readonly [what: string, make: () => string, code?: string])[] = [
  ['expired', () => claims({ exp: NOW - 60, iat: NOW - 120, nbf: NOW - 120 }), 'token_expired'],
  ['no exp *', () => claims({ exp: undefined })],
  ['exp as text', () => claims({ exp: String(NOW + 60) })],
  ['exp before iat', () => {
    // Both within what clocks may differ, when it is sent.
    const now = Math.floor(Date.now() / 1000);
    return claims({ exp: now - 1, iat: now + 3 });
  }],
  ['no iat *', () => claims({ iat: undefined })],
  ['iat an hour ahead *', () => claims({ iat: NOW + 3_600, exp: NOW + 7_200 })],
  ['iat as a fraction', () => claims({ iat: NOW - 0.5 })],
  ['no nbf *', () => claims({ nbf: undefined })],
  ['not yet good', () => claims({ nbf: NOW + 3_600 })],
  ['no sub *', () => claims({ sub: undefined })],
  ['sub of a machine *', () => claims({ sub: 'mch_2abc' })],
  ['sub with a path *', () => claims({ sub: 'user_1/../user_2' })],
  ['sub that is a list', () => claims({ sub: [sub] })],
  ['no sid *', () => claims({ sid: undefined })],
  ['sid of something else *', () => claims({ sid: 'user_1' })],
  ['no azp', () => claims({ azp: undefined })],
  ['azp of another app', () => claims({ azp: 'https://evil.example.com' })],
  ['azp that is a list', () => claims({ azp: ['https://app.example.com'] })],
  ['azp that only begins right', () => claims({ azp: 'https://app.example.com.evil.example' })],
  ['no iss', () => claims({ iss: undefined })],
  ['iss of another instance', () => claims({ iss: 'https://other.clerk.accounts.dev' })],
  ['iss with a slash behind', () => claims({ iss: `${clerk.issuer}/` })],
  ['session pending *', () => claims({ sts: 'pending' }), 'session_pending'],
  ['session in an unknown state *', () => claims({ sts: 'revoked' })],
  ['typ at+jwt', () => header({ typ: 'at+jwt' })],
  ['no typ', () => header({ typ: undefined })],
  ['no kid', () => header({ kid: undefined })],
  ['unknown kid', () => header({ kid: 'ins_unknown' })],
  ['kid that is no text', () => header({ kid: 7 })],
  ['critical header *', () => header({ crit: ['exp'], exp: 1 })],
  ['points at its own key', () => header({ jku: 'https://evil.example.com/jwks', jwk: { kty: 'RSA' } })],
  ['alg none', () => token({ header: { alg: 'none' }, signing: { none: true } })],
  ['no signature', () => token({ signing: { none: true } })],
  ['HS256 with the public key', () => token({ header: { alg: 'HS256' }, signing: { hmac: clerk.jwtKey } })],
  ['RS512 with the right key *', () => header({ alg: 'RS512' })],
  ['signed by somebody else', () => token({ signing: { foreign: true } })],
  ['another person under a good signature', () => tampered({ sub: 'user_somebody' })],
  ['cut signature', () => token().slice(0, -8)],
  ['signature of another token', () => swapped(token(), 2, () => token({ sub: 'user_other' }).split('.')[2] ?? '')],
  ['padding behind the signature', () => `${token()}==`],
  ['header that is no JSON', () => swapped(token(), 0, () => 'bm90IGpzb24')],
  ['header that is a list', () => swapped(token(), 0, () => part([]))],
  ['claims that are null', () => swapped(token(), 1, () => Buffer.from('null').toString('base64url'))],
  ['four parts', () => `${token()}.e30`],
  ['two parts', () => token().split('.').slice(0, 2).join('.')],
  ['longer than any', () => claims({ padding: 'x'.repeat(9_000) })],
  ['a deep claim', () => claims({ iss: JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown })],
];

describe('a session token of Clerk', () => {
  it('is taken when all is right', async () => {
    const answer = await profile(token());
    expect([answer.status, (answer.body as { email: string }).email]).toEqual([200, 'table@example.com']);
    expect((await profile(claims({ azp: 'https://app.example.com', sts: undefined, o: { id: 'org_1', rol: 'admin' } }))).status).toBe(200);
  });

  it.each(BAD.map(([what, make, code = 'unauthenticated']) => ({ what, make, code })))('is refused: $what', async ({ make, code }) => {
    const answer = await profile(make());
    expect(answer).toMatchObject({ status: 401, body: { code } });
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="async-coder", error="/);
    const login = await api.send('post', '/api/v1/auth/login').send({ clerkToken: make() });
    // Longer than a field of ours takes is said before the token is looked at.
    expect([401, 422]).toContain(login.status);
    if (login.status === 401) expect((login.body as { code: string }).code).toBe(code);
  });

  it('asked for the key set once and for the person once', () => {
    const paths = clerk.requests().map(({ path }) => path);
    expect(paths.filter((path) => path === '/v1/jwks')).toHaveLength(1);
    expect(paths.filter((path) => path.startsWith('/v1/users/'))).toEqual([`/v1/users/${sub}`]);
    expect(clerk.violations()).toEqual([]);
  });

  it('of somebody acting for the person may look, and change nothing', async () => {
    const acting = claims({ act: { sub: 'user_support' } });
    expect((await profile(acting)).status).toBe(200);
    for (const [method, path, body] of [['patch', '/users/profile', { bio: 'x' }], ['delete', '/users/profile', { confirm: 'x' }], ['post', '/organizations', { name: 'x' }]] as const) {
      expect(await api.send(method, `/api/v1${path}`, { accessToken: acting }).send(body)).toMatchObject({ status: 403, body: { code: 'impersonation_forbidden' } });
    }
    expect(await api.send('post', '/api/v1/auth/login').send({ clerkToken: acting })).toMatchObject({ status: 403, body: { code: 'impersonation_forbidden' } });
  });
});

describe('with the key pinned', () => {
  it('tokens are checked without asking for a key set, whatever their key id', async () => {
    const first = await startClerkPeer();
    const { api: pinned, clerk: other, close: closePinned } = await startWithClerk({ CLERK_JWT_KEY: first.jwtKey.replaceAll('\n', '\\n'), CLERK_ISSUER: 'https://a.example,https://b.example' });
    const person = other.addUser();
    const by = (issuer: string, from = first) => pinned.send('get', '/api/v1/users/profile', { accessToken: from.token({ sub: person.id, claims: { iss: issuer } }) });
    expect([(await by('https://a.example')).status, (await by('https://b.example')).status]).toEqual([200, 200]);
    expect([(await by('https://c.example')).status, (await by('https://a.example', other)).status]).toEqual([401, 401]);
    expect([...first.requests(), ...other.requests()].map(({ path }) => path)).toEqual([`/v1/users/${person.id}`]);
    await closePinned();
    await first.stop();
  }, 60_000);

  it.each([
    [{ CLERK_JWT_KEY: 'no key' }, 'CLERK_JWT_KEY'],
    [{ CLERK_PUBLISHABLE_KEY: 'pk_test_AAAA' }, 'CLERK_PUBLISHABLE_KEY'],
  ])('the process does not start with %j', (settings, name) => {
    const config = loadConfig({ DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/db', JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32, 7).toString('base64'), CLERK_SECRET_KEY: 'sk_test_x', CLERK_PUBLISHABLE_KEY: clerk.publishableKey, ...settings });
    expect(() => new ClerkSettings(config)).toThrow(name);
  });
});

describe('without Clerk\'s keys', () => {
  it('its tokens are nobody\'s and its routes say so', async () => {
    const { api: bare, clerk: other, close: closeBare } = await startWithClerk({ CLERK_SECRET_KEY: '', CLERK_WEBHOOK_SIGNING_SECRET: '' });
    const good = other.token({ sub: other.addUser().id });
    expect(await bare.send('get', '/api/v1/users/profile', { accessToken: good })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await bare.send('post', '/api/v1/auth/login').send({ clerkToken: good })).toMatchObject({ status: 503, body: { code: 'integration_not_configured' } });
    expect(await bare.send('post', '/api/v1/webhooks/clerk').send({})).toMatchObject({ status: 503, body: { code: 'integration_not_configured' } });
    expect(other.requests()).toEqual([]);
    await closeBare();
  }, 60_000);
});
