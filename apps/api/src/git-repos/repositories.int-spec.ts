import { type SignedIn, TestApi } from '../testing/test-api';
import { readCloneUrl } from './clone-url';

let api: TestApi;
let ada: SignedIn;
let grace: SignedIn;
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  [ada, grace] = [await api.signUp(), await api.signUp()];
  await api.database.dataSource.query(`UPDATE subscriptions SET plan_id = (SELECT id FROM subscription_plans WHERE name = 'pro') WHERE organization_id = $1`, [ada.organizationId]);
}, 60_000);
afterAll(() => api.close());

interface Repository {
  id: string;
  fullName: string;
  cloneUrl: string;
  [field: string]: unknown;
}

const connect = (body: object, as = ada) => api.send('post', '/api/v1/repositories', as).send(body);
const connected = async (name: string, as = ada): Promise<Repository> => {
  const answer = await connect({ provider: 'git', cloneUrl: `http://127.0.0.1:9/demo/${name}.git` }, as);
  expect({ status: answer.status, body: answer.body as object }).toMatchObject({ status: 201 });
  return answer.body as Repository;
};
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;

describe('connecting', () => {
  it('takes any git repository, once', async () => {
    const answer = await connect({ provider: 'git', cloneUrl: 'http://127.0.0.1:9/demo/one.git/', defaultBranch: 'trunk' });
    expect(answer.status).toBe(201);
    const repo = answer.body as Repository;
    expect(repo).toMatchObject({ provider: 'git', githubId: null, name: 'one', fullName: 'demo/one', cloneUrl: 'http://127.0.0.1:9/demo/one.git', defaultBranch: 'trunk', accessLevel: 'admin', status: 'active', installationId: null });
    expect(answer.headers['location']).toBe(`/api/v1/repositories/${repo.id}`);
    const again = await connect({ provider: 'git', cloneUrl: 'http://127.0.0.1:9/demo/one.git' });
    expect([again.status, codeOf(again)]).toEqual([409, 'repository_already_connected']);
    expect((await connect({ provider: 'git', cloneUrl: 'http://127.0.0.1:9/demo/one.git' }, grace)).status).toBe(201);
  });

  it.each([
    ['http to elsewhere', 'http://github.com/a/b', 'must begin with https:// or ssh://'],
    ['ssh without a user', 'ssh://github.com/a/b', 'must name a plain user, as in ssh://git@host/path'],
    ['ssh to a private address', 'ssh://git@10.0.0.1/a/b', 'points at a private address'],
    ['git', 'git://github.com/a/b', 'must begin with https:// or ssh://'],
    ['an scp address of a private host', 'git@10.0.0.1:a/b.git', 'points at a private address'],
    ['an option', '--upload-pack=touch', 'is not a URL'],
    ['a helper', 'ext::sh -c touch', 'is not a URL'],
    ['a password', 'https://user:secret@example.com/a/b', 'must not hold a user name or password'],
    ['a private address', 'https://10.0.0.1/a/b', 'points at a private address'],
    ['the metadata service', 'https://169.254.169.254/latest/meta-data', 'points at a private address'],
    ['a number that is an address', 'https://2852039166/a/b', 'points at a private address'],
    ['a mapped address', 'https://[::ffff:10.0.0.1]/a/b', 'points at a private address'],
    ['a local name', 'https://redis/a/b', 'points at a private address'],
    ['an internal name', 'https://metadata.google.internal/a/b', 'points at a private address'],
    ['a query', 'https://example.com/a/b?x=1', 'must not hold a query or fragment'],
    ['no path', 'https://8.8.8.8/', 'names no repository'],
    ['a file on another machine', 'file://host/a/b', 'must begin with https:// or ssh://'],
    ['a backslash', 'https:\\\\example.com\\a', 'is not a URL'],
  ])('refuses %s', async (_name, cloneUrl, why) => {
    const answer = await connect({ provider: 'git', cloneUrl });
    expect([answer.status, codeOf(answer), (answer.body as { errors: unknown[] }).errors]).toEqual([422, 'invalid_clone_url', [{ pointer: '/cloneUrl', code: 'invalid_clone_url', detail: why }]]);
  });

  it.each([
    ['nothing that names a repository', {}, '/fullName'],
    ['a name without an owner', { fullName: 'sample' }, '/fullName'],
    ['a path as a name', { fullName: '../../etc' }, '/fullName'],
    ['a number as id', { githubId: 7 }, '/githubId'],
    ['an id beyond bigint', { githubId: '99999999999999999999' }, '/githubId'],
    ['git without an address', { provider: 'git' }, '/cloneUrl'],
    ['a branch that looks like an option', { provider: 'git', cloneUrl: 'https://8.8.8.8/a/b', defaultBranch: '-u=x' }, '/defaultBranch'],
  ])('refuses %s', async (_name, body, pointer) => {
    const answer = await connect(body);
    expect([answer.status, codeOf(answer)]).toEqual([422, 'validation_failed']);
    expect((answer.body as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer)).toContain(pointer);
  });

  it('holds the plan to its limit under parallel calls', async () => {
    const free = await api.signUp();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => connect({ provider: 'git', cloneUrl: `http://127.0.0.1:9/demo/many-${n}` }, free)));
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(3);
    expect(new Set(answers.filter((answer) => answer.status !== 201).map(codeOf))).toEqual(new Set(['plan_limit_repositories']));
  });

  it('is idempotent by key', async () => {
    const send = () => connect({ cloneUrl: 'http://127.0.0.1:9/demo/keyed', provider: 'git' }).set('Idempotency-Key', 'k-1');
    const answers = await Promise.all([send(), send(), send()]);
    const made = answers.filter((answer) => answer.status === 201);
    expect(new Set(made.map((answer) => answer.text)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expect([answer.status, codeOf(answer), answer.headers['retry-after']]).toEqual([409, 'idempotency_in_progress', '1']);
    const again = await send();
    expect([again.text, again.headers['location']]).toEqual([made[0]?.text, made[0]?.headers['location']]);
  });
});

describe('reading', () => {
  it('pages without gap or repeat, in both directions, and binds the cursor to the list', async () => {
    const reader = await api.signUp();
    await api.database.dataSource.query(`UPDATE subscriptions SET plan_id = (SELECT id FROM subscription_plans WHERE name = 'pro') WHERE organization_id = $1`, [reader.organizationId]);
    const all: string[] = [];
    for (let n = 0; n < 5; n++) all.push((await connected(`page-${n}`, reader)).id);
    for (const order of ['asc', 'desc']) {
      const seen: string[] = [];
      for (let path: string | undefined = `/api/v1/repositories?limit=2&order=${order}`; path !== undefined; ) {
        const answer = await api.send('get', path, reader);
        const { data, nextCursor } = answer.body as { data: Repository[]; nextCursor: string | null };
        seen.push(...data.map((repo) => repo.id));
        path = /<([^>]+)>; rel="next"/.exec(answer.headers['link'] ?? '')?.[1];
        expect(path === undefined).toBe(nextCursor === null);
      }
      expect(seen).toEqual(order === 'asc' ? all : [...all].reverse());
    }
    const { nextCursor } = (await api.send('get', '/api/v1/repositories?limit=2', reader)).body as { nextCursor: string };
    const withCursor = (query: string, as: SignedIn) => api.send('get', `/api/v1/repositories?cursor=${nextCursor}&${query}`, as);
    expect((await withCursor('limit=4', reader)).status).toBe(200);
    for (const answer of [await withCursor('q=page', reader), await withCursor('order=asc', reader), await withCursor('limit=2', ada)]) expect(codeOf(answer)).toBe('invalid_cursor');
    const forged = Buffer.from(Buffer.from(nextCursor, 'base64url').toString().replace('20', '21')).toString('base64url');
    expect(codeOf(await api.send('get', `/api/v1/repositories?cursor=${forged}`, reader))).toBe('invalid_cursor');
  });

  it('filters', async () => {
    await connected('Needle-50%');
    const list = async (query: string) => ((await api.send('get', `/api/v1/repositories?${query}`, ada)).body as { data: Repository[] }).data.map((repo) => repo.name);
    expect(await list('q=needle-50%25')).toEqual(['Needle-50%']);
    expect(await list('q=needle_50')).toEqual([]);
    expect(await list('provider=github')).toEqual([]);
    expect(await list('status=suspended')).toEqual([]);
  });

  it('a foreign repository looks like a missing one, for every method', async () => {
    const foreign = await connected('secret', grace);
    const bare = (body: object) => ({ ...body, requestId: '', instance: '' });
    for (const method of ['get', 'patch', 'delete'] as const) {
      const theirs = await api.send(method, `/api/v1/repositories/${foreign.id}`, ada).send(method === 'patch' ? { defaultBranch: 'x' } : undefined);
      const missing = await api.send(method, '/api/v1/repositories/018f6e0a-0000-7000-8000-000000000001', ada).send(method === 'patch' ? { defaultBranch: 'x' } : undefined);
      expect([theirs.status, missing.status]).toEqual([404, 404]);
      expect(bare(theirs.body as object)).toEqual(bare(missing.body as object));
    }
    expect((await api.send('get', `/api/v1/repositories/${foreign.id}`, grace)).status).toBe(200);
  });
});

describe('settings', () => {
  it('merge, carry a tag, and refuse a change of an old version', async () => {
    const { id } = await connected('settings');
    const path = `/api/v1/repositories/${id}`;
    const before = await api.send('get', path, ada);
    expect(before.body).toMatchObject({ settings: { setupCommand: null, verifyCommands: [], reviewLevel: 'standard', maxComments: 6 }, openPullRequests: 0, lastTask: null });
    const tag = before.headers['etag'] ?? '';
    expect((await api.send('get', path, ada).set('If-None-Match', tag)).status).toBe(304);
    const changed = await api.send('patch', path, ada).set('If-Match', tag).send({ defaultBranch: 'release/1.x', settings: { setupCommand: 'npm ci', verifyCommands: ['npm test'] } });
    expect([changed.status, changed.body]).toMatchObject([200, { defaultBranch: 'release/1.x', settings: { setupCommand: 'npm ci', verifyCommands: ['npm test'], maxComments: 6 } }]);
    expect(changed.headers['etag']).not.toBe(tag);
    const late = await api.send('patch', path, ada).set('If-Match', tag).send({ settings: { maxComments: 3 } });
    expect([late.status, codeOf(late)]).toEqual([412, 'version_conflict']);
    const cleared = await api.send('patch', path, ada).send({ settings: { setupCommand: null } });
    expect(cleared.body).toMatchObject({ settings: { setupCommand: null, verifyCommands: ['npm test'] } });
  });

  it.each([
    ['/settings/surprise', { settings: { surprise: true } }],
    ['/settings/maxComments', { settings: { maxComments: 51 } }],
    ['/settings/verifyCommands', { settings: { verifyCommands: [''] } }],
    ['/settings/requireVerification', { settings: { requireVerification: null } }],
    ['/settings', { settings: [] }],
    ['/defaultBranch', { defaultBranch: 'a..b' }],
    ['/status', { status: 'suspended' }],
    ['/organizationId', { organizationId: '018f6e0a-0000-7000-8000-000000000001' }],
  ])('refuse %s', async (pointer, body) => {
    const { data } = (await api.send('get', '/api/v1/repositories?limit=1', ada)).body as { data: Repository[] };
    const answer = await api.send('patch', `/api/v1/repositories/${data[0]?.id ?? ''}`, ada).send(body);
    expect(answer.status).toBe(422);
    expect((answer.body as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer)).toContain(pointer);
  });
});

describe('disconnecting', () => {
  it('is soft: gone from the list, free to be connected again', async () => {
    const { id, cloneUrl } = await connected('leaving');
    expect((await api.send('delete', `/api/v1/repositories/${id}`, ada)).status).toBe(204);
    expect((await api.send('get', `/api/v1/repositories/${id}`, ada)).status).toBe(404);
    expect((await api.send('delete', `/api/v1/repositories/${id}`, ada)).status).toBe(404);
    expect((await connect({ provider: 'git', cloneUrl })).status).toBe(201);
  });

  it('waits for running tasks, unless forced: then they are cancelled', async () => {
    const { id } = await connected('busy');
    const task = await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Do it', repositoryId: id });
    expect({ status: task.status, body: task.body as object }).toMatchObject({ status: 201 });
    const refused = await api.send('delete', `/api/v1/repositories/${id}`, ada);
    expect([refused.status, codeOf(refused)]).toEqual([409, 'task_busy']);
    expect((await api.send('delete', `/api/v1/repositories/${id}?force=true`, ada)).status).toBe(204);
    expect((await api.send('get', `/api/v1/tasks/${(task.body as Repository).id}`, ada)).body).toMatchObject({ status: 'cancelled' });
  });

  it('is for admins and for who connected it', async () => {
    const member = await api.signUp();
    await api.database.dataSource.query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'member')`, [ada.organizationId, member.userId]);
    const { id } = await connected('theirs');
    const as = (method: 'post' | 'delete', path: string) => api.send(method, path, member).set('X-Organization-Id', ada.organizationId);
    expect((await as('delete', `/api/v1/repositories/${id}`)).status).toBe(403);
    const own = await as('post', '/api/v1/repositories').send({ provider: 'git', cloneUrl: 'http://127.0.0.1:9/demo/own' });
    expect((await as('delete', `/api/v1/repositories/${(own.body as Repository).id}`)).status).toBe(204);
  });
});

it('leaves an audit row of each write, and none of what settings say', async () => {
  const { id } = await connected('audited');
  await api.send('patch', `/api/v1/repositories/${id}`, ada).send({ defaultBranch: 'trunk', settings: { setupCommand: 'TOKEN=hidden npm ci' } });
  await api.send('delete', `/api/v1/repositories/${id}`, ada);
  const rows = await api.database.dataSource.query<object[]>(
    `SELECT action, actor_id AS actor, changes FROM audit_logs WHERE organization_id = $1 AND target_type = 'repository' AND target_id = $2 ORDER BY id`, [ada.organizationId, id],
  );
  expect(rows).toEqual([
    { action: 'repository.connected', actor: ada.userId, changes: { provider: 'git', fullName: 'demo/audited', cloneUrl: 'http://127.0.0.1:9/demo/audited.git' } },
    { action: 'repository.updated', actor: ada.userId, changes: { defaultBranch: 'trunk', settings: ['setupCommand'] } },
    { action: 'repository.disconnected', actor: ada.userId, changes: { cancelledTaskIds: [] } },
  ]);
});

describe('without ALLOW_LOCAL_REPOSITORIES', () => {
  it.each(['http://127.0.0.1:9/a/b', 'https://localhost/a/b', 'file:///srv/a', 'https://[::1]/a/b'])('%s is refused', async (cloneUrl) => {
    await expect(readCloneUrl(cloneUrl, false)).rejects.toMatchObject({ kind: { code: 'invalid_clone_url' } });
  });
});
