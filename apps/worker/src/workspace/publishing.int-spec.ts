import { Secret } from '@app/common';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GitWorkspace } from './git-workspace';
import { never, WorkspaceFixture } from './testing/workspace-fixture';
import type { PublishCommitRequest } from './workspace-request';

jest.setTimeout(30_000);
const BRANCH = 'async-coder/task-1';
const REQUEST: PublishCommitRequest = { message: 'Fix the thing\n\nBecause it was broken.\n\nAsync-Coder-Task: task-1\n', author: { name: 'Ada', email: 'ada@example.org' }, date: new Date('2026-01-02T03:04:05Z') };

describe('publishing', () => {
  let fixture: WorkspaceFixture;
  let workspace: GitWorkspace;
  let base: string;

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    base = await fixture.commit({ 'a.txt': 'a\n', 'dir/b.txt': 'b\n', 'gone.txt': 'x\n' });
    workspace = await fixture.open();
    await workspace.exec('echo changed > a.txt; echo new > dir/new.txt; rm gone.txt; mkdir out; echo o > out/o.txt; echo b2 > dir/b.txt', { timeoutMs: 10_000, maxOutputBytes: 1_000 }, never);
  });
  afterEach(() => fixture.shell(`git -C remote.git update-ref -d refs/heads/${BRANCH}`));
  afterAll(() => fixture.remove());

  describe('the commit', () => {
    it('is one on top of the base, and the same whenever it is made', async () => {
      const commit = await workspace.commitForPublish(REQUEST);
      await expect(workspace.commitForPublish(REQUEST)).resolves.toEqual(commit);
      const again = await fixture.open({ baseSha: base, restore: { bundle: await workspace.checkpointBundle() } });
      await expect(again.commitForPublish(REQUEST)).resolves.toEqual(commit);
      await workspace.push({ sha: commit.sha, branch: BRANCH, expectedRemoteSha: null });
      expect(await fixture.shell(`git -C remote.git log -1 --format='%P|%an|%ae|%cn|%aI|%B' ${BRANCH}`)).toBe(`${base}|Ada|ada@example.org|Ada|2026-01-02T03:04:05+00:00|${REQUEST.message.trim()}`);
      expect(commit).toMatchObject({ leftOut: [], empty: false });
    });

    it('leaves paths out by giving them the content of the base', async () => {
      const commit = await workspace.commitForPublish({ ...REQUEST, dropPaths: ['out', 'gone.txt', 'dir/b.txt'] });
      expect([...commit.leftOut].sort()).toEqual(['dir/b.txt', 'gone.txt', 'out/o.txt']);
      await expect(workspace.diffOf(commit)).resolves.toMatchObject({ files: [{ path: 'a.txt', status: 'modified' }, { path: 'dir/new.txt', status: 'added' }] });
      const kept = await workspace.commitForPublish({ ...REQUEST, keepPaths: ['dir/', 'gone.txt'], dropPaths: ['dir/new.txt'] });
      await expect(workspace.diffOf(kept)).resolves.toMatchObject({ files: [{ path: 'dir/b.txt' }, { path: 'gone.txt', status: 'deleted' }] });
      await expect(workspace.commitForPublish({ ...REQUEST, keepPaths: [] })).resolves.toMatchObject({ empty: true });
    });

    it('can put a file back where now a folder is', async () => {
      const other = await fixture.open();
      await other.exec('rm a.txt; mkdir a.txt; echo x > a.txt/x; echo new > dir/new.txt', { timeoutMs: 10_000, maxOutputBytes: 1_000 }, never);
      const commit = await other.commitForPublish({ ...REQUEST, keepPaths: ['dir/new.txt'] });
      await expect(other.diffOf(commit)).resolves.toMatchObject({ files: [{ path: 'dir/new.txt' }] });
    });
  });

  describe('the push', () => {
    it('makes the branch, tells what the remote has, and may be repeated', async () => {
      const { sha } = await workspace.commitForPublish(REQUEST);
      await expect(workspace.lsRemote(BRANCH)).resolves.toBeNull();
      await expect(workspace.push({ sha, branch: BRANCH, expectedRemoteSha: null })).resolves.toEqual({ remoteSha: sha });
      await expect(workspace.push({ sha, branch: BRANCH, expectedRemoteSha: null })).resolves.toEqual({ remoteSha: sha });
      await expect(workspace.lsRemote(BRANCH)).resolves.toBe(sha);
    });

    it('replaces only what we know', async () => {
      const first = await workspace.commitForPublish(REQUEST);
      const second = await workspace.commitForPublish({ ...REQUEST, message: 'Again' });
      await workspace.push({ sha: first.sha, branch: BRANCH, expectedRemoteSha: null });
      const foreign = await fixture.commit({ 'theirs.txt': 'x' }, BRANCH);
      await expect(workspace.push({ sha: second.sha, branch: BRANCH, expectedRemoteSha: first.sha })).rejects.toMatchObject({ code: 'git_push_rejected' });
      await expect(workspace.push({ sha: second.sha, branch: BRANCH, expectedRemoteSha: null })).rejects.toMatchObject({ code: 'git_push_rejected' });
      await expect(workspace.lsRemote(BRANCH)).resolves.toBe(foreign);
      await expect(workspace.push({ sha: second.sha, branch: BRANCH, expectedRemoteSha: foreign })).resolves.toEqual({ remoteSha: second.sha });
    });

    it.each(['main', 'async-coder/', 'async-coder/../main', 'async-coder/-x', 'async-coder/a b', 'async-coder/a:refs/heads/main', 'refs/heads/async-coder/x', '--mirror', 'async-coder/x.lock'])('refuses the branch %s', async (branch) => {
      await expect(workspace.push({ sha: base, branch, expectedRemoteSha: null })).rejects.toMatchObject({ code: 'git_push_rejected' });
    });

    it('refuses what is no sha', async () => {
      await expect(workspace.push({ sha: 'HEAD', branch: BRANCH, expectedRemoteSha: null })).rejects.toMatchObject({ code: 'git_push_rejected' });
      await expect(workspace.push({ sha: base, branch: BRANCH, expectedRemoteSha: 'main' })).rejects.toMatchObject({ code: 'git_push_rejected' });
    });
  });

  describe('at a server', () => {
    const token = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a.xyz-long';
    let server: Server;
    let seen: IncomingMessage[];
    let answer: { status: number; headers?: Record<string, string> };
    const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/o/r.git`;

    beforeEach(async () => {
      seen = [];
      server = createServer((request, response) => {
        seen.push(request);
        response.writeHead(answer.status, answer.headers).end('no');
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
    });
    afterEach(() => server.close());

    it.each([
      [401, 'git_auth_failed'],
      [403, 'git_auth_failed'],
      [404, 'git_repository_not_found'],
      [500, 'git_network'],
    ])('turns HTTP %i into %s, without the token in it', async (status, code) => {
      answer = { status };
      const failed = await workspace.lsRemote(BRANCH, { remoteUrl: url(), credentials: new Secret(token) }).catch((error: unknown) => error as Error);
      expect(failed).toMatchObject({ code });
      expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`);
      const told = `${(failed as Error).stack} ${String((failed as Error).cause)}`;
      expect(told).not.toContain(token.slice(0, 20));
      expect(told).not.toContain(Buffer.from(`x-access-token:${token}`).toString('base64').slice(0, 20));
    });

    it('follows no redirect with the token', async () => {
      const thief: string[] = [];
      const other = createServer((request, response) => {
        thief.push(String(request.headers.authorization));
        response.end();
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      answer = { status: 302, headers: { location: `http://127.0.0.1:${(other.address() as AddressInfo).port}/o/r.git/info/refs?service=git-upload-pack` } };
      await expect(workspace.lsRemote(BRANCH, { remoteUrl: url(), credentials: new Secret(token) })).rejects.toMatchObject({ name: 'AppError' });
      other.close();
      expect(thief).toEqual([]);
    });

    it('gives the token to nobody that the workspace names', async () => {
      answer = { status: 401 };
      const thief = url();
      await workspace.exec(`git config url."${thief}".insteadOf "${fixture.remoteUrl}"; git config http.extraHeader "X: y"; git config http.proxy "${thief}"; git config remote.origin.url ${thief}`, { timeoutMs: 5_000, maxOutputBytes: 1_000 }, never);
      const { sha } = await workspace.commitForPublish(REQUEST);
      await workspace.push({ sha, branch: BRANCH, expectedRemoteSha: null });
      expect(seen).toEqual([]);
    });

    it('goes by ssh only with a key of its own', async () => {
      await expect(workspace.lsRemote(BRANCH, { remoteUrl: 'ssh://git@github.com/o/r' })).rejects.toMatchObject({ code: 'git_auth_failed' });
    });

    it('says when nobody answers', async () => {
      const address = url();
      await new Promise((resolve) => server.close(resolve));
      await expect(workspace.lsRemote(BRANCH, { remoteUrl: address })).rejects.toMatchObject({ code: 'git_network' });
    });

    it.each(['ssh://github.com/o/r', 'ssh://git:pw@github.com/o/r', 'ssh://-oProxyCommand=id@github.com/o/r', 'ssh://git@-oProxyCommand=id/o/r', 'ssh://git@github.com/-o/r', 'ssh://git@github.com/o;id', 'git@github.com:o/r.git', 'http://example.org/o/r.git', 'http://127.0.0.1.example.org/o/r.git', 'https://user:pw@github.com/o/r', 'ext::sh -c id', '/etc', '--upload-pack=id', 'git://github.com/o/r'])('refuses the address %s', async (remoteUrl) => {
      await expect(workspace.lsRemote(BRANCH, { remoteUrl })).rejects.toMatchObject({ code: 'git_url_refused' });
    });
  });
});
