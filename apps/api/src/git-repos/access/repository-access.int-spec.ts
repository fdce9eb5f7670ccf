import { UserRepositoryAccessStore } from '@app/domain';
import { aMember, aPullRequest } from '@app/domain/testing';
import { type GithubPeer, type PeerRepository, startGithubPeer } from '../../../../../test/support/github-peer';
import { type SignedIn, TestApi } from '../../testing/test-api';

jest.setTimeout(60_000);

let peer: GithubPeer;
let api: TestApi;
let owner: SignedIn;
let repository: PeerRepository;
let id: string;
let made = 0;

const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;
const sql = <Row>(text: string, parameters: unknown[] = []): Promise<Row[]> => api.database.dataSource.query(text, parameters);
const inTeam = (method: 'get' | 'post' | 'patch' | 'delete', path: string, as: SignedIn) => api.send(method, `/api/v1/repositories${path}`, as).set('X-Organization-Id', owner.organizationId);
const asked = (): number => peer.requests().filter(({ operation, caller }) => operation === 'GET /repositories/{repository_id}' && caller.startsWith('user ')).length;

/** A member of the owner's organization, with an account of GitHub if a login is given. */
async function member(login: string | null, role: 'viewer' | 'member' | 'admin' = 'member'): Promise<SignedIn> {
  const person = await api.signUp();
  await aMember(api.database.dataSource, owner.organizationId, person.userId, role);
  if (login !== null) await connect(person, login);
  return person;
}

async function connect(person: SignedIn, login: string): Promise<void> {
  const begun = await api.send('post', '/api/v1/users/github', person).send({});
  const location = new URL(await peer.people.authorize((begun.body as { authorizeUrl: string }).authorizeUrl, login));
  const finished = await api.send('post', '/api/v1/users/github', person).send({ code: location.searchParams.get('code'), state: location.searchParams.get('state') });
  expect(finished.status).toBe(200);
}

/** Ten minutes pass. */
const grow = (): Promise<unknown> => sql(`UPDATE user_repository_access SET verified_at = verified_at - interval '11 minutes'`);

beforeAll(async () => {
  peer = await startGithubPeer();
  peer.people.setCallbackUrls(['http://127.0.0.1:3000/github']);
  api = await TestApi.start({
    GITHUB_PACED: 'false', GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: String(peer.appId), GITHUB_APP_PRIVATE_KEY: peer.privateKey, GITHUB_WEBHOOK_SECRET: peer.webhookSecret, GITHUB_CLIENT_ID: peer.clientId,
    GITHUB_CLIENT_SECRET: peer.people.clientSecret,
  });
  await sql('UPDATE subscription_plans SET max_repositories = NULL, max_members = NULL');
  repository = await peer.addRepository({ owner: 'acme', name: 'app', private: true, files: { 'README.md': '# App\n' } });
  owner = await api.signUp();
  await connect(owner, 'acme');
  const answer = await inTeam('post', '', owner).send({ githubId: String(repository.id) });
  expect([answer.status, answer.body]).toMatchObject([201, { fullName: 'acme/app', installationId: String(peer.installationId) }]);
  id = (answer.body as { id: string }).id;
}, 60_000);
afterEach(() => peer.clearFaults());
afterAll(async () => {
  await api.close();
  await peer.stop();
  expect(peer.violations()).toEqual([]);
});

it.each([['read', 200, 403], ['triage', 200, 403], ['write', 200, 200], ['maintain', 200, 200], ['admin', 200, 200]] as const)('%s at GitHub reads with %i and writes with %i', async (role, read, write) => {
  const login = `person-${++made}`;
  peer.people.setRole('acme/app', login, role);
  const person = await member(login);
  expect((await inTeam('get', `/${id}`, person)).status).toBe(read);
  const answer = await inTeam('patch', `/${id}`, person).send({ settings: { reviewLevel: 'standard' } });
  expect(answer.status).toBe(write);
  if (write === 403) expect(answer.body).toMatchObject({ code: 'repository_write_denied', needed: 'write', level: 'read' });
});

it('shows in lists of pull requests only what GitHub lets its reader see', async () => {
  const pull = await aPullRequest(api.database.dataSource, { repositoryId: id });
  const listed = async (person: SignedIn): Promise<string[]> => {
    const answer = await api.send('get', '/api/v1/pull-requests', person).set('X-Organization-Id', owner.organizationId);
    expect(answer.status).toBe(200);
    return (answer.body as { data: { id: string }[] }).data.map((one) => one.id);
  };
  peer.people.setRole('acme/app', 'list-reader', 'read');
  const reader = await member('list-reader');
  expect(await listed(reader)).toContain(pull.id);
  expect(await listed(await member('list-stranger'))).toEqual([]);
  expect(await listed(await member(null, 'admin'))).toEqual([]);
  peer.people.setRole('acme/app', 'list-reader', 'none');
  await grow();
  expect(await listed(reader)).toEqual([]);
  // While GitHub does not answer, nothing that it would have to vouch for is shown.
  await grow();
  peer.fault({ match: { path: '/repositories/' }, status: 503, times: 9 });
  expect(await listed(owner)).toEqual([]);
});

it('never gives more than the role in the organization', async () => {
  peer.people.setRole('acme/app', 'chief', 'admin');
  const viewer = await member('chief', 'viewer');
  expect((await inTeam('get', `/${id}`, viewer)).body).toMatchObject({ accessLevel: 'read' });
  expect((await inTeam('patch', `/${id}`, viewer).send({ settings: {} })).status).toBe(403);
});

it('what GitHub shows nobody is not there, and is asked about once in ten minutes', async () => {
  const stranger = await member('stranger', 'admin');
  const before = asked();
  for (let n = 0; n < 3; n++) expect((await inTeam('get', `/${id}`, stranger)).status).toBe(404);
  expect((await inTeam('patch', `/${id}`, stranger).send({ settings: {} })).status).toBe(404);
  expect(asked() - before).toBe(1);
  const listed = (await inTeam('get', '', stranger)).body as { data: { id: string; accessLevel: string }[] };
  expect(listed.data.find((one) => one.id === id)?.accessLevel).toBe('none');
});

it('somebody who is removed keeps what was known for ten minutes, or until GitHub tells', async () => {
  peer.people.setRole('acme/app', 'leaver', 'write');
  const leaver = await member('leaver');
  const write = async (): Promise<number> => (await inTeam('patch', `/${id}`, leaver).send({ settings: { reviewLevel: 'light' } })).status;
  expect(await write()).toBe(200);
  peer.people.setRole('acme/app', 'leaver', 'none');
  expect(await write()).toBe(200);
  await grow();
  expect(await write()).toBe(404);
  peer.people.setRole('acme/app', 'leaver', 'write');
  const stale = await api.database.dataSource.transaction((tx) => api.app.get(UserRepositoryAccessStore, { strict: false }).markUserStale(tx, String(peer.people.accountId('leaver')), String(repository.id)));
  expect([stale, await write()]).toEqual([1, 200]);
});

it('many requests at once ask GitHub once', async () => {
  peer.people.setRole('acme/app', 'busy', 'write');
  const busy = await member('busy');
  const before = asked();
  const answers = await Promise.all(Array.from({ length: 8 }, () => inTeam('get', `/${id}`, busy)));
  expect([answers.map(({ status }) => status), asked() - before]).toEqual([Array.from({ length: 8 }, () => 200), 1]);
});

it('without a connected account only what is public may be read, and it is said what to do', async () => {
  const nobody = await member(null, 'admin');
  const refused = await inTeam('get', `/${id}`, nobody);
  expect([refused.status, refused.body]).toMatchObject([403, { code: 'github_not_connected', reason: 'none', detail: expect.stringContaining('/users/github') as string }]);
  const open = await peer.addRepository({ owner: 'acme', name: 'open', files: { a: 'a' } });
  const connected = await inTeam('post', '', owner).send({ fullName: open.fullName });
  const openId = (connected.body as { id: string }).id;
  expect((await inTeam('get', `/${openId}`, nobody)).status).toBe(200);
  expect(codeOf(await inTeam('patch', `/${openId}`, nobody).send({ settings: {} }))).toBe('github_not_connected');
  expect(codeOf(await inTeam('post', '', nobody).send({ githubId: '1' }))).toBe('github_not_connected');
});

it('connects only where the user may write', async () => {
  const more = await peer.addRepository({ owner: 'acme', name: 'more', private: true, files: { a: 'a' } });
  peer.people.setRole('acme/more', 'reader', 'read');
  const [reader, stranger] = [await member('reader'), await member('other-stranger')];
  expect([codeOf(await inTeam('post', '', reader).send({ githubId: String(more.id) })), codeOf(await inTeam('post', '', stranger).send({ fullName: 'acme/more' }))]).toEqual(['repository_write_denied', 'integration_not_connected']);
});

it('GitHub that does not answer decides nothing', async () => {
  peer.people.setRole('acme/app', 'unlucky', 'write');
  const person = await member('unlucky');
  peer.fault({ match: { path: '/repositories/' }, status: 503, times: 5 });
  expect((await inTeam('get', `/${id}`, person)).status).toBe(502);
  peer.clearFaults();
  expect((await inTeam('get', `/${id}`, person)).status).toBe(200);
});

it('plain git repositories go by the role alone', async () => {
  const [row] = await sql<{ id: string }>(
    `INSERT INTO repositories (id, organization_id, provider, name, full_name, url, clone_url) VALUES (gen_random_uuid(), $1, 'git', 'plain', 'x/plain', 'https://git.example.com/x/plain', 'https://git.example.com/x/plain') RETURNING id`,
    [owner.organizationId],
  );
  const nobody = await member(null);
  expect((await inTeam('get', `/${row?.id}`, nobody)).body).toMatchObject({ accessLevel: 'write' });
  expect((await inTeam('patch', `/${row?.id}`, nobody).send({ settings: {} })).status).toBe(200);
});

describe('tasks', () => {
  const hand = (as: SignedIn, body: object) => api.send('post', '/api/v1/tasks', as).set('X-Organization-Id', owner.organizationId).send({ repositoryId: id, prompt: 'Say what this does.', draft: true, ...body });

  it('need the level read, and write where the work is published, and it stays so', async () => {
    peer.people.setRole('acme/app', 'asker', 'read');
    const [asker, stranger] = [await member('asker'), await member('task-stranger')];
    const asking = await hand(asker, { mode: 'ask' });
    expect(asking.status).toBe(201);
    expect(codeOf(await hand(asker, { mode: 'code' }))).toBe('repository_write_denied');
    expect(codeOf(await hand(asker, {}))).toBe('repository_write_denied');
    expect([(await hand(stranger, { mode: 'ask' })).status, codeOf(await hand(await member(null), { mode: 'ask' }))]).toEqual([404, 'github_not_connected']);
    const path = `/api/v1/tasks/${(asking.body as { id: string }).id}`;
    const change = (body: object) => api.send('patch', path, asker).set('X-Organization-Id', owner.organizationId).send(body);
    expect(codeOf(await change({ mode: 'code' }))).toBe('repository_write_denied');
    expect((await change({ title: 'Another title' })).status).toBe(200);
    peer.people.setRole('acme/app', 'asker', 'none');
    await grow();
    expect((await change({ title: 'A third title' })).status).toBe(404);
  });
});

describe('what can be connected', () => {
  it('is what the installations offer this user, without what is connected', async () => {
    await peer.addRepository({ owner: 'acme', name: 'tools', private: true, files: { a: 'a' } });
    await peer.addRepository({ owner: 'acme', name: 'hidden', private: true, files: { a: 'a' } });
    peer.people.setRole('acme/tools', 'finder', 'write');
    const finder = await member('finder');
    const names = async (query: string, as: SignedIn): Promise<string[]> => ((await inTeam('get', `/available${query}`, as)).body as { data: { fullName: string }[] }).data.map(({ fullName }) => fullName);
    expect(await names('', finder)).toEqual(['acme/tools']);
    expect(await names('?q=TOOL', owner)).toEqual(['acme/tools']);
    const all = await names('', owner);
    expect([all.includes('acme/app'), all.includes('acme/hidden'), all.includes('acme/tools')]).toEqual([false, true, true]);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = (await inTeam('get', `/available?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`, owner)).body as { data: { fullName: string }[]; nextCursor: string | null };
      seen.push(...page.data.map(({ fullName }) => fullName));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(all);
    expect((await inTeam('get', '/available', await member(null))).status).toBe(403);
  });
});

describe('branches', () => {
  it('are listed by name, the default one first, and kept for half a minute', async () => {
    const { execFileSync } = await import('node:child_process');
    const git = (...args: string[]): string => execFileSync('git', ['--git-dir', repository.folder, ...args], { encoding: 'utf8' }).trim();
    const sha = git('rev-parse', 'main');
    for (const name of ['zeta', 'alpha', 'feature/one']) git('update-ref', `refs/heads/${name}`, sha);
    const list = async (query = ''): Promise<{ data: { name: string }[]; nextCursor: string | null }> => (await inTeam('get', `/${id}/branches${query}`, owner)).body as never;
    const first = await list();
    expect(first.data).toEqual([{ name: 'main', sha, protected: false, isDefault: true }, ...['alpha', 'feature/one', 'zeta'].map((name) => ({ name, sha, protected: false, isDefault: false }))]);
    git('update-ref', 'refs/heads/later', sha);
    expect((await list('?q=A')).data.map(({ name }) => name)).toEqual(['main', 'alpha', 'feature/one', 'zeta']);
    const page = await list('?limit=2');
    expect(page.data.map(({ name }) => name)).toEqual(['main', 'alpha']);
    expect((await list(`?limit=2&cursor=${page.nextCursor}`)).data.map(({ name }) => name)).toEqual(['feature/one', 'zeta']);
    expect((await inTeam('get', `/${id}/branches`, await member('nobody-at-all'))).status).toBe(404);
  });
});

describe('a sync', () => {
  it('is asked for by the row, once while it waits', async () => {
    const first = await inTeam('post', '/sync', owner).send({});
    expect([first.status, first.body]).toEqual([202, { installations: [{ installationId: String(peer.installationId), syncRequestedAt: expect.any(String) as string }] }]);
    const again = await inTeam('post', '/sync', owner).send({ installationId: String(peer.installationId) });
    expect(again.body).toEqual(first.body);
    expect((await inTeam('post', '/sync', owner).send({ installationId: '77' })).status).toBe(404);
    const foreign = await api.signUp();
    expect((await api.send('post', '/api/v1/repositories/sync', foreign).send({ installationId: String(peer.installationId) })).status).toBe(404);
  });
});
