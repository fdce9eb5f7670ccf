import { execFile } from 'node:child_process';
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGithubPeer, type GithubPeer, type PeerRepository } from '../support/github-peer';

type Json = Record<string, unknown>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json & Json[];
}

const NOW = (): number => Math.floor(Date.now() / 1000);

/** The stand-in is only worth something while it refuses what GitHub refuses. */
describe('the GitHub stand-in', () => {
  let peer: GithubPeer;
  let repository: PeerRepository;
  let second: PeerRepository;
  let secret: PeerRepository;
  let folder: string;
  let token: string;
  /** Requests that are wrong on purpose leave violations of their own. */
  let wrongRequests = 0;

  beforeAll(async () => {
    peer = await startGithubPeer();
    folder = mkdtempSync(join(tmpdir(), 'github-peer-spec-'));
    const files = { 'README.md': '# Sample\n\nHello <world>.\n', 'src/index.js': 'export const answer = 41;\n' };
    repository = await peer.addRepository({ owner: 'demo', name: 'sample', files });
    second = await peer.addRepository({ owner: 'demo', name: 'second', clone: repository.folder });
    secret = await peer.addRepository({ owner: 'demo', name: 'secret', private: true, files });
    token = await tokenFor({});
  }, 60_000);

  afterAll(async () => {
    await peer?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function jwt(claims: Json = {}, key: Parameters<ReturnType<typeof createSign>['sign']>[0] = peer.privateKey): string {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss: peer.appId, iat: NOW() - 30, exp: NOW() + 500, ...claims })}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
  }

  async function call(method: string, path: string, { auth, body, headers }: { auth?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> {
    const response = await fetch(peer.apiUrl + path, { method, headers: { 'user-agent': 'spec', ...(auth ? { authorization: `Bearer ${auth}` } : {}), ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {}) as Answer['body'] };
  }

  async function tokenFor(body: Json, headers: Record<string, string> = {}): Promise<string> {
    const answer = await call('POST', `/app/installations/${peer.installationId}/access_tokens`, { auth: jwt(), body, headers });
    expect(answer).toMatchObject({ status: 201 });
    return String(answer.body.token);
  }

  function git(args: readonly string[], auth?: string): Promise<string> {
    const header = auth === undefined ? {} : { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: `http.${peer.url}/.extraHeader`, GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`x-access-token:${auth}`).toString('base64')}` };
    const who = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com', GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com' };
    const env = { PATH: process.env.PATH, HOME: folder, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', ...who, ...header };
    return new Promise((resolve, reject) => execFile('git', args, { env }, (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout))));
  }

  /** A clone with one commit more on a new branch. */
  async function work(on: PeerRepository, branch: string, file = 'src/index.js'): Promise<string> {
    const clone = mkdtempSync(join(folder, 'clone-'));
    await git(['clone', '--quiet', on.cloneUrl, clone]);
    await git(['-C', clone, 'checkout', '--quiet', '-b', branch]);
    await commit(clone, file, 'export const answer = 42;\n');
    return clone;
  }

  async function commit(clone: string, file: string, content: string): Promise<void> {
    writeFileSync(join(clone, file), content);
    await git(['-C', clone, 'add', '--all']);
    await git(['-C', clone, 'commit', '--quiet', '-m', `Change ${file}`]);
  }

  async function pushed(on: PeerRepository, branch: string): Promise<string> {
    const clone = await work(on, branch);
    await git(['-C', clone, 'push', '--quiet', 'origin', branch], token);
    return clone;
  }

  const pull = (branch: string, more: Json = {}): Json => ({ title: `Change by ${branch}`, head: branch, base: 'main', body: 'Because.', ...more });

  describe('who may ask', () => {
    it('accepts the App by its signed token and nobody who cannot prove it', async () => {
      expect(await call('GET', '/app', { auth: jwt() })).toMatchObject({ status: 200, body: { id: peer.appId } });
      const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
      const wrong = { none: undefined, expired: jwt({ exp: NOW() - 5 }), 'too long': jwt({ exp: NOW() + 700 }), 'from the future': jwt({ iat: NOW() + 60 }), 'by a stranger': jwt({}, stranger), 'no token': 'ghs_000000000000000000000000000000000000' };
      for (const [name, auth] of Object.entries(wrong)) expect({ name, status: (await call('GET', '/app', auth === undefined ? {} : { auth })).status }).toEqual({ name, status: 401 });
      expect((await call('GET', '/app', { auth: jwt({ iss: 99 }) })).status).toBe(404);
    });

    it('narrows a token to repositories and permissions', async () => {
      const narrow = await tokenFor({ repository_ids: [repository.id], permissions: { contents: 'read' } });
      expect((await call('GET', '/installation/repositories', { auth: narrow })).body).toMatchObject({ total_count: 1, repositories: [{ full_name: 'demo/sample' }] });
      expect(await call('GET', `/repos/${secret.fullName}`, { auth: narrow })).toMatchObject({ status: 404, body: { message: 'Not Found' } });
      expect(await call('GET', `/repos/${secret.fullName}`)).toMatchObject({ status: 404 });
      expect(await call('POST', `/repos/${repository.fullName}/pulls`, { auth: narrow, body: pull('main') })).toMatchObject({ status: 403, body: { message: 'Resource not accessible by integration' } });
      const wide = await call('POST', `/app/installations/${peer.installationId}/access_tokens`, { auth: jwt(), body: { permissions: { administration: 'write' } } });
      expect(wide.status).toBe(422);
      expect((await call('GET', `/repositories/${secret.id}`, { auth: token })).body).toMatchObject({ full_name: 'demo/secret', private: true });
    });

    it('forgets a token that was revoked or has lived an hour', async () => {
      const short = await tokenFor({});
      const stateless = await tokenFor({}, { 'x-github-stateless-s2s-token': 'enabled' });
      expect(short).toMatch(/^ghs_[A-Za-z0-9]{36}$/);
      expect(stateless.length).toBeGreaterThan(500);
      expect((await call('GET', '/installation/repositories', { auth: stateless })).status).toBe(200);
      expect((await call('DELETE', '/installation/token', { auth: short })).status).toBe(204);
      expect(await call('GET', '/installation/repositories', { auth: short })).toMatchObject({ status: 401, body: { message: 'Bad credentials' } });
      peer.advanceClock(3_600_000);
      const late = await call('GET', '/installation/repositories', { auth: stateless });
      peer.advanceClock(-3_600_000);
      expect(late.status).toBe(401);
    });

    it('is heard on 127.0.0.1 only', async () => {
      const port = Number(new URL(peer.url).port);
      const reached = (host: string): Promise<boolean> =>
        new Promise((resolve) => {
          const socket = connect({ host, port, timeout: 2_000 }, () => (socket.destroy(), resolve(true)));
          socket.once('error', () => resolve(false)).once('timeout', () => (socket.destroy(), resolve(false)));
        });
      expect([await reached('127.0.0.1'), await reached('127.0.0.2'), await reached('::1')]).toEqual([true, false, false]);
    });
  });

  describe('git', () => {
    it('lets anyone read what is public, and nobody with a bad token', async () => {
      expect(await git(['ls-remote', repository.cloneUrl, 'refs/heads/main'])).toContain((await peer.ref('demo/sample', 'refs/heads/main')) ?? 'none');
      await expect(git(['ls-remote', repository.cloneUrl], 'ghs_000000000000000000000000000000000000')).rejects.toThrow(/could not read Username/);
      await expect(git(['ls-remote', secret.cloneUrl])).rejects.toThrow(/could not read Username/);
      await expect(git(['ls-remote', secret.cloneUrl], await tokenFor({ repository_ids: [repository.id] }))).rejects.toThrow(/not found/);
      expect(await git(['ls-remote', secret.cloneUrl], token)).toContain('refs/heads/main');
    });

    it('takes pushes from a token that may write, and from no other', async () => {
      const clone = await work(repository, 'push');
      const push = ['-C', clone, 'push', '--quiet', '--force-with-lease=refs/heads/push:', 'origin', 'push'];
      await expect(git(push)).rejects.toThrow(/could not read Username/);
      await expect(git(push, await tokenFor({ permissions: { contents: 'read' } }))).rejects.toThrow(/403/);
      await expect(git(push, await tokenFor({ repository_ids: [second.id] }))).rejects.toThrow(/403/);
      expect(await peer.ref('demo/sample', 'refs/heads/push')).toBeNull();
      await git(push, token);
      expect(await peer.ref('demo/sample', 'refs/heads/push')).toBe((await git(['-C', clone, 'rev-parse', 'HEAD'])).trim());
      const refs = await (await fetch(`${peer.apiUrl}/__peer/refs?repository=demo/sample&ref=refs/heads/push`)).json();
      expect(refs).toEqual({ sha: await peer.ref('demo/sample', 'refs/heads/push') });
      await expect(git(['-C', clone, 'push', '--quiet', '--force-with-lease=refs/heads/push:', 'origin', 'HEAD~1:push'], token)).rejects.toThrow(/stale info/);
    });

    it('serves pushes side by side', async () => {
      const branches = ['side-1', 'side-2', 'side-3', 'side-4'];
      const clones = await Promise.all(branches.map((branch) => work(repository, branch)));
      await Promise.all(clones.map((clone, n) => git(['-C', clone, 'push', '--quiet', 'origin', branches[n] ?? ''], token)));
      expect(await Promise.all(branches.map((branch) => peer.ref('demo/sample', `refs/heads/${branch}`)))).not.toContain(null);
    });
  });

  describe('pull requests', () => {
    const path = '/repos/demo/sample/pulls';

    it('opens one per pair of branches, and refuses the rest in GitHub\'s words', async () => {
      await pushed(repository, 'one');
      const opened = await call('POST', path, { auth: token, body: pull('one', { draft: true }) });
      expect(opened).toMatchObject({ status: 201, body: { state: 'open', draft: true, merged: false, changed_files: 1, additions: 1, deletions: 1, head: { sha: await peer.ref('demo/sample', 'refs/heads/one') } } });
      const refused = async (body: Json): Promise<Answer> => call('POST', path, { auth: token, body });
      expect(await refused(pull('demo:one'))).toMatchObject({ status: 422, body: { message: 'Validation Failed', errors: [{ resource: 'PullRequest', code: 'custom', message: 'A pull request already exists for demo:one.' }] } });
      expect((await refused(pull('main'))).body.errors).toEqual([{ resource: 'PullRequest', code: 'custom', message: 'No commits between main and main' }]);
      expect((await refused(pull('nowhere'))).body.errors).toEqual([{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
      expect((await refused(pull('one', { base: 'nowhere' }))).body.errors).toEqual([{ resource: 'PullRequest', field: 'base', code: 'invalid' }]);
      const found = await call('GET', `${path}?head=demo:one&base=main&state=open`, { auth: token });
      expect(found.body.map((one) => one.number)).toEqual([opened.body.number]);
      expect((await call('GET', `${path}?head=demo:nowhere&state=all`, { auth: token })).body).toEqual([]);
    });

    it('follows its branch, is edited, closed, and opened again', async () => {
      const clone = await pushed(repository, 'two');
      const { number } = (await call('POST', path, { auth: token, body: pull('two') })).body;
      await commit(clone, 'more.txt', 'more\n');
      await git(['-C', clone, 'push', '--quiet', 'origin', 'two'], token);
      const files = await call('GET', `${path}/${String(number)}/files`, { auth: token });
      expect(files.body.map(({ filename, status, additions }) => [filename, status, additions])).toEqual([['more.txt', 'added', 1], ['src/index.js', 'modified', 1]]);
      expect((await call('GET', `${path}/${String(number)}`, { auth: token, headers: { accept: 'application/vnd.github.diff' } })).text).toContain('+export const answer = 42;');
      const edited = await call('PATCH', `${path}/${String(number)}`, { auth: token, body: { title: 'New title', body: 'New body', state: 'closed' } });
      expect(edited.body).toMatchObject({ title: 'New title', body: 'New body', state: 'closed', commits: 2, head: { sha: await peer.ref('demo/sample', 'refs/heads/two') } });
      expect((await call('PATCH', `${path}/${String(number)}`, { auth: token, body: { state: 'open' } })).body).toMatchObject({ state: 'open', mergeable: true });
    });

    it('has ids that no double holds', async () => {
      await pushed(second, 'large');
      const { text } = await call('POST', '/repos/demo/second/pulls', { auth: token, body: pull('large') });
      const id = BigInt(/"id":(\d+)/.exec(text)?.[1] ?? '0');
      expect(id).toBeGreaterThan(2n ** 53n);
      expect(BigInt(Number(id))).not.toBe(id);
    });

    it('is commented, in pages, and spares who has it already', async () => {
      await pushed(repository, 'talk');
      const number = String((await call('POST', path, { auth: token, body: pull('talk') })).body.number);
      const comments = `/repos/demo/sample/issues/${number}/comments`;
      for (const body of ['one', 'two', 'three']) expect((await call('POST', comments, { auth: token, body: { body } })).status).toBe(201);
      const first = await call('GET', `${comments}?per_page=2`, { auth: token });
      expect(first.body.map(({ body }) => body)).toEqual(['one', 'two']);
      const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
      expect((await call('GET', next.slice(peer.apiUrl.length), { auth: token })).body.map(({ body }) => body)).toEqual(['three']);
      const again = await call('GET', `${comments}?per_page=2`, { auth: token, headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
      expect([again.status, again.text]).toEqual([304, '']);
      expect(Number(again.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(0);
    });

    it('shows people what it says, and never as HTML of its own', async () => {
      await pushed(repository, 'shown');
      const body = '## Why\n\n**Bold** and `a < b`, <script>alert(1)</script> [x](javascript:alert(1))\n\n| Check | Result |\n| --- | --- |\n| `npm test` | passed |\n\n<!-- not for people -->';
      const { html_url: url } = (await call('POST', path, { auth: token, body: pull('shown', { title: 'Fix <b>', body }) })).body;
      const page = await fetch(String(url));
      const text = await page.text();
      expect(page.status).toBe(200);
      for (const part of ['Fix &lt;b&gt;', '<h2>Why</h2>', '<strong>Bold</strong>', '<code>a &lt; b</code>', '&lt;script&gt;', '<td>passed</td>', 'export const answer = 42;', 'src/index.js']) expect(text).toContain(part);
      for (const part of ['<script', 'href="javascript', 'not for people']) expect(text).not.toContain(part);
      expect(await (await fetch(repository.htmlUrl)).text()).toContain('Hello &lt;world&gt;.');
      expect(await (await fetch(`${peer.url}/`)).text()).toContain('demo/sample');
      expect((await fetch(`${peer.url}/demo/secret`)).status).toBe(404);
    });
  });

  describe('misfortunes and messages', () => {
    it('fails, waits and hangs up when a test asks for it', async () => {
      const path = '/repos/demo/sample/pulls';
      await pushed(repository, 'unlucky');
      peer.fault({ match: { method: 'POST', path: '/pulls' }, status: 429, headers: { 'retry-after': '7' } }, { match: { method: 'POST', path: '/pulls' }, cut: 'before' });
      const limited = await call('POST', path, { auth: token, body: pull('unlucky') });
      expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
      await expect(call('POST', path, { auth: token, body: pull('unlucky') })).rejects.toThrow();
      expect((await call('GET', `${path}?head=demo:unlucky`, { auth: token })).body).toHaveLength(0);
      peer.fault({ match: { method: 'POST', path: '/pulls' }, cut: 'after' });
      await expect(call('POST', path, { auth: token, body: pull('unlucky') })).rejects.toThrow();
      expect((await call('GET', `${path}?head=demo:unlucky`, { auth: token })).body).toHaveLength(1);
    });

    it('loses the answer to a push that happened', async () => {
      const clone = await work(repository, 'lost');
      peer.fault({ match: { path: 'git-receive-pack' }, cut: 'after' }, { match: { path: 'git-receive-pack' }, cut: 'after' });
      await expect(git(['-C', clone, 'push', '--quiet', 'origin', 'lost'], token)).rejects.toThrow();
      peer.clearFaults();
      await git(['-C', clone, 'push', '--quiet', 'origin', 'lost'], token);
      expect(await peer.ref('demo/sample', 'refs/heads/lost')).not.toBeNull();
      peer.fault({ match: { method: 'POST', path: 'git-receive-pack' }, cut: 'after' });
      await commit(clone, 'again.txt', 'again\n');
      await expect(git(['-C', clone, 'push', '--quiet', 'origin', 'lost'], token)).rejects.toThrow();
      expect(await peer.ref('demo/sample', 'refs/heads/lost')).toBe((await git(['-C', clone, 'rev-parse', 'HEAD'])).trim());
    });

    it('tells the webhook once, signed, and again only when asked', async () => {
      const heard: { event: string; guid: string; isSigned: boolean; action: unknown }[] = [];
      const listener: Server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
          const text = Buffer.concat(chunks);
          const signature = `sha256=${createHmac('sha256', peer.webhookSecret).update(text).digest('hex')}`;
          heard.push({ event: String(request.headers['x-github-event']), guid: String(request.headers['x-github-delivery']), isSigned: request.headers['x-hub-signature-256'] === signature, action: (JSON.parse(text.toString()) as Json).action });
          response.writeHead(500).end();
        });
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      try {
        peer.setWebhookUrl(`http://127.0.0.1:${(listener.address() as AddressInfo).port}/`);
        const clone = await pushed(repository, 'told');
        const { number } = (await call('POST', '/repos/demo/sample/pulls', { auth: token, body: pull('told') })).body;
        await commit(clone, 'told.txt', 'told\n');
        await git(['-C', clone, 'push', '--quiet', 'origin', 'told'], token);
        await call('PATCH', `/repos/demo/sample/pulls/${String(number)}`, { auth: token, body: { state: 'closed' } });
        await peer.deliveries();
        expect(heard.map(({ event, action }) => [event, ...(typeof action === 'string' ? [action] : [])].join(' ')).sort()).toEqual(['create', 'pull_request closed', 'pull_request opened', 'pull_request synchronize', 'push', 'push']);
        expect(heard.every(({ isSigned }) => isSigned)).toBe(true);
        const list = await call('GET', '/app/hook/deliveries', { auth: jwt() });
        expect(list.body).toHaveLength(6);
        expect(await call('POST', `/app/hook/deliveries/${String(list.body[0]?.id)}/attempts`, { auth: jwt() })).toMatchObject({ status: 202 });
        await peer.deliveries();
        expect(heard.filter(({ guid }) => guid === list.body[0]?.guid)).toHaveLength(2);
      } finally {
        peer.setWebhookUrl(null);
        listener.close();
      }
    });
  });

  describe('its own honesty', () => {
    it('refuses bodies that GitHub refuses, and keeps a record of fields that GitHub ignores', async () => {
      const wrongType = await call('POST', '/repos/demo/sample/pulls', { auth: token, body: pull('one', { draft: 'yes' }) });
      const unknown = await call('PATCH', '/repos/demo/sample/pulls/1', { auth: token, body: { tittle: 'typo' } });
      wrongRequests += 2;
      expect([wrongType.status, unknown.status]).toEqual([422, 200]);
      const messages = peer.violations().filter(({ side }) => side === 'request').map(({ message }) => message);
      expect(messages).toEqual([expect.stringContaining('draft must be boolean'), expect.stringContaining('tittle')]);
    });

    it('answered as GitHub describes its answers, and checked each of them', async () => {
      for (const path of ['/app/installations', `/app/installations/${peer.installationId}`, '/repos/demo/sample/installation']) expect((await call('GET', path, { auth: jwt() })).status).toBe(200);
      const reads = ['', '/branches', '/branches/main', '/git/ref/heads/main', '/commits/main', '/pulls/1', '/pulls/1/commits', '/collaborators/demo/permission'];
      for (const path of reads) expect({ path, status: (await call('GET', `/repos/demo/sample${path}`, { auth: token })).status }).toEqual({ path, status: 200 });
      expect(peer.violations().slice(wrongRequests)).toEqual([]);
      expect(peer.violations().filter(({ side }) => side === 'answer')).toEqual([]);
      expect(peer.requests().filter(({ note }) => note?.startsWith('not checked'))).toEqual([]);
    });
  });
});
