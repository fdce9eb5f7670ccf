import { newId } from '@app/common';
import { type GithubPeer, startGithubPeer } from '../../../../test/support/github-peer';
import { type SignedIn, TestApi } from '../testing/test-api';
import { GithubUserTokens } from './tokens/github-user-tokens';

jest.setTimeout(60_000);

let peer: GithubPeer;
let api: TestApi;
let other: TestApi;

const settings = (to: GithubPeer): Record<string, string> => ({
  GITHUB_PACED: 'false', GITHUB_API_URL: to.apiUrl, GITHUB_APP_ID: String(to.appId), GITHUB_APP_PRIVATE_KEY: to.privateKey, GITHUB_WEBHOOK_SECRET: to.webhookSecret, GITHUB_CLIENT_ID: to.clientId, GITHUB_CLIENT_SECRET: to.people.clientSecret,
});
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;
const sql = <Row>(text: string, parameters: unknown[] = []): Promise<Row[]> => api.database.dataSource.query(text, parameters);

beforeAll(async () => {
  peer = await startGithubPeer();
  await peer.addRepository({ owner: 'octocat', name: 'hello', private: true, files: { 'README.md': '# Hello\n' } });
  api = await TestApi.start({ ...settings(peer), CORS_ORIGINS: 'https://app.example.com' });
}, 60_000);
afterEach(() => peer.clearFaults());
afterAll(async () => {
  await other?.close().catch(() => undefined);
  await api.close();
  await peer.stop();
  expect(peer.violations()).toEqual([]);
});

interface Way {
  readonly url: string;
  readonly cookie: string;
  readonly state: string;
}

/** A browser that begins. */
async function start(as: SignedIn, redirectTo = '/settings'): Promise<Way> {
  const answer = await api.send('get', `/api/v1/auth/github/start?redirectTo=${encodeURIComponent(redirectTo)}`, as);
  expect(answer.status).toBe(200);
  const { url } = answer.body as { url: string };
  const [cookie = ''] = (answer.headers['set-cookie'] as unknown as string[]).map((text) => text.split(';')[0] ?? '');
  return { url, cookie, state: new URL(url).searchParams.get('state') ?? '' };
}

/** The same browser comes back to us. */
const comeBack = (location: string, cookie: string | null) => {
  const { pathname, search } = new URL(location);
  const call = api.send('get', pathname + search);
  return cookie === null ? call : call.set('Cookie', cookie);
};

async function connected(login: string, as?: SignedIn): Promise<SignedIn> {
  const person = as ?? (await api.signUp());
  const way = await start(person);
  const answer = await comeBack(await peer.people.authorize(way.url, login), way.cookie);
  expect([answer.status, answer.headers['location']]).toEqual([303, 'http://127.0.0.1:3000/settings?status=connected']);
  return person;
}

const profile = async (as: SignedIn): Promise<Record<string, unknown>> => ((await api.send('get', '/api/v1/users/profile', as)).body as { github: Record<string, unknown> }).github;

describe('the way to GitHub and back', () => {
  it('asks with state and S256, connects, and shows it in the profile', async () => {
    const ada = await api.signUp();
    const way = await start(ada);
    const asked = new URL(way.url);
    expect(asked.origin + asked.pathname).toBe(`${peer.url}/login/oauth/authorize`);
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      client_id: peer.clientId, state: expect.stringMatching(/^[\w-]{43}$/) as string, code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string, code_challenge_method: 'S256',
      redirect_uri: 'http://127.0.0.1:3000/api/v1/auth/github/callback',
    });
    const answer = await comeBack(await peer.people.authorize(way.url, 'ada'), way.cookie);
    expect([answer.status, answer.headers['location'], answer.text]).toEqual([303, 'http://127.0.0.1:3000/settings?status=connected', '']);
    expect(await profile(ada)).toEqual({ connected: true, status: 'connected', login: 'ada', id: String(peer.people.accountId('ada')), installations: [] });
    expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/^__Host-ac_github=;.*Expires=Thu, 01 Jan 1970/)]);
  });

  it('sets a cookie that browsers take only from us', async () => {
    const answer = await api.send('get', '/api/v1/auth/github/start', await api.signUp());
    expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/^__Host-ac_github=[\w-]{43}; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/)]);
  });

  it('refuses a state that was used, is of another browser, or of nobody, and uses none up by that', async () => {
    const [ada, eve] = [await api.signUp(), await api.signUp()];
    const [hers, evil] = [await start(ada), await start(eve)];
    const location = await peer.people.authorize(hers.url, 'carol');
    for (const cookie of [evil.cookie, null, '__Host-ac_github=short', `${hers.cookie.slice(0, -2)}xx`]) {
      const answer = await comeBack(location, cookie);
      expect([answer.status, codeOf(answer)]).toEqual([410, 'oauth_state_expired']);
    }
    expect((await comeBack(`${location.split('?')[0]}?code=abc&state=unknown`, hers.cookie)).status).toBe(410);
    expect((await comeBack(location.split('?')[0] ?? '', hers.cookie)).status).toBe(410);
    expect((await comeBack(location, hers.cookie)).status).toBe(303);
    const replayed = await comeBack(location, hers.cookie);
    expect([replayed.status, codeOf(replayed)]).toEqual([410, 'oauth_state_expired']);
  });

  it('ends after ten minutes', async () => {
    const ada = await api.signUp();
    const way = await start(ada);
    const location = await peer.people.authorize(way.url, 'late');
    await sql(`UPDATE oauth_states SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [ada.userId]);
    expect((await comeBack(location, way.cookie)).status).toBe(410);
    expect(await profile(ada)).toMatchObject({ connected: false, status: 'none' });
  });

  it('a stolen code is worth nothing: its verifier stands with another state', async () => {
    const [ada, eve] = [await api.signUp(), await api.signUp()];
    const [hers, evil] = [await start(ada), await start(eve)];
    const code = new URL(await peer.people.authorize(hers.url, 'victim')).searchParams.get('code') ?? '';
    const answer = await comeBack(`http://x/api/v1/auth/github/callback?code=${code}&state=${evil.state}`, evil.cookie);
    expect([answer.status, answer.headers['location']]).toEqual([303, 'http://127.0.0.1:3000/settings?status=error&error=oauth_state_expired']);
    expect(await profile(eve)).toMatchObject({ connected: false });
  });

  it('sends the browser back with what went wrong', async () => {
    const ada = await api.signUp();
    const denied = await start(ada, 'https://app.example.com/done?x=1');
    const answer = await comeBack(await peer.people.authorize(denied.url, 'ada2', 'deny'), denied.cookie);
    expect([answer.status, answer.headers['location']]).toEqual([303, 'https://app.example.com/done?x=1&status=error&error=access_denied']);
    const broken = await start(ada);
    const location = await peer.people.authorize(broken.url, 'ada2');
    peer.fault({ match: { path: '/login/oauth/access_token' }, status: 502 });
    expect((await comeBack(location, broken.cookie)).headers['location']).toBe('http://127.0.0.1:3000/settings?status=error&error=github_error');
  });

  it('leads to no foreign page', async () => {
    const ada = await api.signUp();
    for (const bad of ['https://evil.example.com/', '//evil.example.com', '/\\evil.example.com']) {
      const answer = await api.send('get', `/api/v1/auth/github/start?redirectTo=${encodeURIComponent(bad)}`, ada);
      expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid_parameter']);
    }
  });
});

describe('POST /users/github', () => {
  const post = (as: SignedIn, body: object) => api.send('post', '/api/v1/users/github', as).send(body);

  it('begins without a body, and finishes with code and state of the same user', async () => {
    peer.people.setCallbackUrls(['https://app.example.com/github', 'http://127.0.0.1:3000/api/v1/auth/github/callback']);
    const [ada, eve] = [await api.signUp(), await api.signUp()];
    const begun = await post(ada, {});
    expect([begun.status, begun.body]).toEqual([200, { authorizeUrl: expect.any(String) as string, expiresAt: expect.any(String) as string }]);
    const { authorizeUrl } = begun.body as { authorizeUrl: string };
    expect(new URL(authorizeUrl).searchParams.get('redirect_uri')).toBeNull();
    const location = new URL(await peer.people.authorize(authorizeUrl, 'poster'));
    expect(location.origin + location.pathname).toBe('https://app.example.com/github');
    const body = { code: location.searchParams.get('code'), state: location.searchParams.get('state') };
    const stolen = await post(eve, body);
    expect([stolen.status, codeOf(stolen)]).toEqual([410, 'oauth_state_expired']);
    const finished = await post(ada, body);
    expect([finished.status, finished.body]).toEqual([200, { login: 'poster', githubId: String(peer.people.accountId('poster')), installations: [] }]);
    expect((await post(ada, body)).status).toBe(410);
    peer.people.setCallbackUrls([]);
  });

  it('refuses half a body and garbage', async () => {
    const ada = await api.signUp();
    for (const body of [{ code: 'x' }, { state: 'x' }, { code: 1, state: 'x' }, { code: 'a b', state: 'x' }, { code: 'x', state: 'x', more: 1 }]) expect((await post(ada, body)).status).toBe(422);
    expect((await post(ada, { code: 'x', state: 'y' })).status).toBe(410);
  });

  it('a GitHub account belongs to one user, and the other\'s tokens go on', async () => {
    const ada = await connected('shared');
    const eve = await api.signUp();
    const way = await start(eve);
    const answer = await comeBack(await peer.people.authorize(way.url, 'shared'), way.cookie);
    expect(answer.headers['location']).toBe('http://127.0.0.1:3000/settings?status=error&error=account_link_required');
    const begun = await post(eve, {});
    const location = new URL(await peer.people.authorize(`${(begun.body as { authorizeUrl: string }).authorizeUrl}&redirect_uri=http://127.0.0.1/x`, 'shared'));
    const refused = await post(eve, { code: location.searchParams.get('code'), state: location.searchParams.get('state') });
    expect([refused.status, codeOf(refused)]).toEqual([409, 'account_link_required']);
    expect((await api.send('get', '/api/v1/users/github/installations', ada)).status).toBe(200);
    expect(await profile(eve)).toMatchObject({ connected: false });
  });
});

describe('tokens', () => {
  const installations = (as: SignedIn) => api.send('get', '/api/v1/users/github/installations', as);

  it('lists what the account may reach, and links what it governs', async () => {
    const cat = await connected('octocat');
    const answer = await installations(cat);
    expect([answer.status, answer.body]).toEqual([200, { data: [{ installationId: String(peer.installationId), accountLogin: 'octocat', accountType: 'User', repositorySelection: 'selected', suspendedAt: null }], nextCursor: null }]);
    expect(await profile(cat)).toMatchObject({ installations: [{ installationId: String(peer.installationId) }] });
  });

  it('who only reads a repository sees the installation and does not take it', async () => {
    const id = peer.people.install('big-co', 'Organization');
    await peer.addRepository({ owner: 'big-co', name: 'secret', private: true, files: { a: 'a' } });
    peer.people.setRole('big-co/secret', 'reader', 'write');
    peer.people.setRole('big-co/secret', 'chief', 'admin');
    const reader = await connected('reader');
    expect((await installations(reader)).body).toMatchObject({ data: [{ installationId: String(id) }] });
    expect(await profile(reader)).toMatchObject({ installations: [] });
    expect(await profile(await connected('chief'))).toMatchObject({ installations: [{ installationId: String(id), accountType: 'Organization' }] });
  });

  it('are refreshed once, by two processes that need them at once', async () => {
    const ada = await connected('refresher');
    other ??= await TestApi.start(settings(peer));
    const [first] = await sql<{ token: Buffer }>('SELECT access_token_enc AS token FROM github_connections WHERE user_id = $1', [ada.userId]);
    await sql(`UPDATE github_connections SET access_token_expires_at = now() - interval '1 minute' WHERE user_id = $1`, [ada.userId]);
    const before = peer.people.refreshes();
    // Two services over one database do not share what this process remembers.
    const services = [api.app.get(GithubUserTokens, { strict: false }), twin()];
    const tokens = await Promise.all([...services, ...services].map((service) => service.current(ada.userId)));
    expect(peer.people.refreshes() - before).toBe(1);
    expect(new Set(tokens.map((token) => token.use((text) => text))).size).toBe(1);
    const [second] = await sql<{ token: Buffer }>('SELECT access_token_enc AS token FROM github_connections WHERE user_id = $1', [ada.userId]);
    expect(second?.token.equals(first?.token ?? Buffer.alloc(0))).toBe(false);
    expect((await installations(ada)).status).toBe(200);
  });

  /** As in another process: nothing in memory is shared. */
  function twin(): GithubUserTokens {
    const one: unknown = api.app.get(GithubUserTokens, { strict: false });
    const parts = one as Record<string, never>;
    return new GithubUserTokens(parts['connections'] as never, parts['oauth'] as never, parts['unitOfWork'] as never, parts['clock'] as never);
  }

  it('are changed when GitHub says they are over, whatever our clock says', async () => {
    const ada = await connected('clocky');
    const before = peer.people.refreshes();
    peer.advanceClock(9 * 3_600_000);
    expect((await installations(ada)).status).toBe(200);
    peer.advanceClock(-9 * 3_600_000);
    expect(peer.people.refreshes() - before).toBe(1);
  });

  it('say what to do when they have expired or were revoked', async () => {
    const [ada, bob] = [await connected('gone'), await connected('bored')];
    peer.people.revokeAuthorization('gone');
    const revoked = await installations(ada);
    expect([revoked.status, revoked.body]).toMatchObject([403, { code: 'github_not_connected', reason: 'revoked', detail: expect.stringContaining('POST /users/github') as string }]);
    expect(await profile(ada)).toMatchObject({ connected: false, status: 'revoked', login: 'gone' });
    await sql(`UPDATE github_connections SET access_token_expires_at = now(), refresh_token_expires_at = now() WHERE user_id = $1`, [bob.userId]);
    peer.advanceClock(200 * 86_400_000);
    const expired = await installations(bob);
    peer.advanceClock(-200 * 86_400_000);
    expect([expired.status, expired.body]).toMatchObject([403, { code: 'github_not_connected', reason: 'expired' }]);
    expect(await sql('SELECT status, access_token_enc, refresh_token_enc FROM github_connections WHERE user_id = ANY($1::uuid[])', [[ada.userId, bob.userId]])).toEqual(
      expect.arrayContaining([{ status: 'revoked', access_token_enc: null, refresh_token_enc: null }, { status: 'expired', access_token_enc: null, refresh_token_enc: null }]),
    );
    await connected('gone', ada);
    expect(await profile(ada)).toMatchObject({ connected: true, status: 'connected' });
  });

  it('GitHub that does not answer ends no connection', async () => {
    const ada = await connected('patient');
    await sql(`UPDATE github_connections SET access_token_expires_at = now() WHERE user_id = $1`, [ada.userId]);
    peer.fault({ match: { path: '/login/oauth/access_token' }, status: 503 });
    expect((await installations(ada)).status).toBe(502);
    expect((await installations(ada)).status).toBe(200);
  });

  it('without a connection says so', async () => {
    const answer = await installations(await api.signUp());
    expect([answer.status, answer.body]).toMatchObject([403, { code: 'github_not_connected', reason: 'none' }]);
  });
});

describe('DELETE /users/github', () => {
  it('revokes the grant at GitHub and wipes the rows, and may be repeated', async () => {
    const ada = await connected('leaver');
    expect((await api.send('delete', '/api/v1/users/github', ada)).status).toBe(204);
    expect(await sql('SELECT 1 FROM github_connections WHERE user_id = $1', [ada.userId])).toEqual([]);
    expect(await profile(ada)).toMatchObject({ connected: false, status: 'none', login: null, id: null });
    expect(peer.requests().filter(({ operation, status }) => operation === 'DELETE /applications/{client_id}/grant' && status === 204)).toHaveLength(1);
    expect((await api.send('delete', '/api/v1/users/github', ada)).status).toBe(204);
    await connected('leaver', await api.signUp());
  });

  it('changes nothing while GitHub does not answer', async () => {
    const ada = await connected('stayer');
    peer.fault({ match: { path: '/grant' }, status: 500 });
    expect((await api.send('delete', '/api/v1/users/github', ada)).status).toBe(502);
    expect(await profile(ada)).toMatchObject({ connected: true });
  });
});

describe('installing', () => {
  it('asks GitHub about the installation, never the address', async () => {
    const boss = await connected('boss');
    const begun = await api.send('get', '/api/v1/auth/github/install?redirectTo=/repos', boss);
    const { url } = begun.body as { url: string };
    expect(url).toMatch(new RegExp(`^${peer.url}/apps/async-coder/installations/new\\?state=[\\w-]{43}$`));
    const cookie = (begun.headers['set-cookie'] as unknown as string[])[0]?.split(';')[0] ?? '';
    const state = new URL(url).searchParams.get('state') ?? '';
    const id = peer.people.install('boss');
    const setUp = (query: string, carrying = cookie) => api.send('get', `/api/v1/auth/github/setup?${query}`).set('Cookie', carrying);
    expect((await setUp(`installation_id=${id}&setup_action=install&state=${state}`, '__Host-ac_github=x')).status).toBe(410);
    const answer = await setUp(`installation_id=${id}&setup_action=install&state=${state}&foreign=1`);
    expect([answer.status, answer.headers['location']]).toEqual([303, 'http://127.0.0.1:3000/repos?status=installed']);
    expect(await profile(boss)).toMatchObject({ installations: [{ installationId: String(id), accountLogin: 'boss' }] });
    expect(await sql(`SELECT sync_requested_at IS NOT NULL AS asked FROM github_installations WHERE installation_id = $1`, [id])).toEqual([{ asked: true }]);
    const theirs = peer.people.install('somebody-else');
    const again = await api.send('get', '/api/v1/auth/github/install', boss);
    const next = new URL((again.body as { url: string }).url).searchParams.get('state');
    const foreign = await setUp(`installation_id=${theirs}&setup_action=install&state=${next}`, (again.headers['set-cookie'] as unknown as string[])[0]?.split(';')[0]);
    expect(foreign.headers['location']).toBe('http://127.0.0.1:3000/?status=error&error=integration_not_connected');
    expect(await sql('SELECT 1 FROM github_installations WHERE installation_id = $1', [theirs])).toEqual([]);
    expect((await setUp('installation_id=1&setup_action=update')).headers['location']).toBe('http://127.0.0.1:3000/?status=updated');
  });
});

it('keeps no token readable: not in rows, audit, answers kept for repeats, or errors', async () => {
  const issued = peer.people.issued();
  expect(issued.length).toBeGreaterThan(20);
  const tables = ['github_connections', 'oauth_states', 'audit_logs', 'idempotency_keys', 'users', 'github_installations'];
  const rows = await Promise.all(tables.map((table) => sql<{ text: string }>(`SELECT to_jsonb(t)::text AS text FROM ${table} t`)));
  const text = rows.flat().map((row) => row.text).join('\n');
  const hex = (token: string): string => Buffer.from(token).toString('hex');
  for (const token of issued) expect([text.includes(token), text.includes(hex(token))]).toEqual([false, false]);
  expect(text).toContain('github_account.connected');
});

it('without a client of OAuth says that it is not configured', async () => {
  const bare = await TestApi.start();
  try {
    const ada = await bare.signUp();
    for (const [method, path] of [['get', '/api/v1/auth/github/start'], ['post', '/api/v1/users/github'], ['get', '/api/v1/users/github/installations'], ['get', '/api/v1/auth/github/install']] as const) {
      const answer = await bare.send(method, path, ada);
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 503, 'integration_not_configured']);
    }
    expect((await bare.send('delete', '/api/v1/users/github', ada)).status).toBe(204);
    expect((await bare.send('get', `/api/v1/auth/github/callback?code=x&state=${newId()}`)).status).toBe(410);
  } finally {
    await bare.close();
  }
});
