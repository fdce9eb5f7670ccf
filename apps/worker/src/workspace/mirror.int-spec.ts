import { identify, Logger, startProgram, type AppConfig } from '@app/common';
import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataFolders } from './data-folders';
import { GitCommand } from './git-command';
import { isSafeRef, Mirror } from './mirror';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

jest.setTimeout(30_000);

describe('Mirror', () => {
  let fixture: WorkspaceFixture;
  let first: string;
  let second: string;
  const repository = (): ReturnType<WorkspaceFixture['request']>['repository'] => fixture.request().repository;
  const folder = (): string => join(fixture.dataDir, 'mirrors', 'organization-1', 'repository-1.git');

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    first = await fixture.commit({ 'a.txt': '1' });
    second = await fixture.commit({ 'a.txt': '2' });
    await fixture.commit({ 'a.txt': '3' }, 'feature/ü-1');
    await fixture.shell(`git -C remote.git tag v1 ${first}`);
  });
  afterAll(() => fixture.remove());

  it('finds branches, tags and commits', async () => {
    await expect(fixture.mirror.resolve(repository(), 'main')).resolves.toEqual({ sha: second, folder: folder() });
    await expect(fixture.mirror.resolve(repository(), 'v1')).resolves.toMatchObject({ sha: first });
    await expect(fixture.mirror.resolve(repository(), 'feature/ü-1')).resolves.toMatchObject({ sha: expect.stringMatching(/^[0-9a-f]{40}$/) as string });
    await expect(fixture.mirror.resolve(repository(), first)).resolves.toMatchObject({ sha: first });
  });

  it('follows a branch that moved, also backwards', async () => {
    const third = await fixture.commit({ 'a.txt': '4' });
    await expect(fixture.mirror.resolve(repository(), 'main')).resolves.toMatchObject({ sha: third });
    await fixture.shell(`git -C remote.git update-ref refs/heads/main ${second}`);
    await expect(fixture.mirror.resolve(repository(), 'main')).resolves.toMatchObject({ sha: second });
    // The old commit is kept: an attempt that began there goes on there.
    await expect(fixture.mirror.resolve(repository(), third)).resolves.toMatchObject({ sha: third });
  });

  it('needs no remote for a commit that it has', async () => {
    await fixture.mirror.resolve(repository(), 'main');
    await expect(fixture.mirror.resolve({ ...repository(), cloneUrl: 'file:///nowhere' }, second)).resolves.toMatchObject({ sha: second });
  });

  it('serves many at once and survives what a killed git left', async () => {
    await writeFile(join(folder(), 'HEAD.lock'), '');
    await mkdir(join(folder(), 'refs', 'heads'), { recursive: true });
    await writeFile(join(folder(), 'refs', 'heads', 'main.lock'), '');
    const answers = await Promise.all(Array.from({ length: 5 }, () => fixture.mirror.resolve(repository(), 'main')));
    expect(answers.map(({ sha }) => sha)).toEqual(Array(5).fill(second));
    expect(await readdir(join(fixture.dataDir, 'mirrors', 'organization-1'))).toEqual(['repository-1.git']);
  });

  it.each(['missing', '0'.repeat(40), '-u=x', '../x', 'a..b', 'main:refs/heads/x', 'main^', '@{u}', 'a b', '', 'x.lock', '/main', 'main\n', '*'])('says that %j is not there', async (ref) => {
    await expect(fixture.mirror.resolve(repository(), ref)).rejects.toMatchObject({ code: 'git_ref_not_found' });
  });

  it('says what is wrong with a repository', async () => {
    await expect(fixture.mirror.resolve({ ...repository(), id: 'r2', cloneUrl: `${fixture.remoteUrl}-missing` }, 'main')).rejects.toMatchObject({ code: 'git_repository_not_found' });
    const strict = { worker: fixture.config.worker, github: { ALLOW_LOCAL_REPOSITORIES: false } } as AppConfig;
    const mirror = new Mirror(strict, new DataFolders(strict), new GitCommand(strict), Logger.create('silent', 'test'));
    for (const cloneUrl of [fixture.remoteUrl, 'http://127.0.0.1:1/x.git']) await expect(mirror.resolve({ ...repository(), id: 'r3', cloneUrl }, 'main')).rejects.toMatchObject({ code: 'git_url_refused' });
  });

  it('keeps organizations apart, and forgets', async () => {
    await fixture.mirror.resolve({ ...repository(), organizationId: 'organization-2' }, 'main');
    const other = join(fixture.dataDir, 'mirrors', 'organization-2', 'repository-1.git');
    expect(existsSync(other)).toBe(true);
    await fixture.mirror.remove('organization-2', 'repository-1');
    expect(existsSync(other)).toBe(false);
    await expect(fixture.mirror.remove('organization-2', '../organization-1')).rejects.toThrow('not usable');
  });

  it('ends a fetch of a repository that is too large', async () => {
    const small = { worker: { ...fixture.config.worker, SANDBOX_DISK_MB: 1 }, github: fixture.config.github } as AppConfig;
    await fixture.shell('head -c 80000000 /dev/urandom > noise; git init -q big && cd big && mv ../noise . && git add -A && git commit -qm x && git push -q ../remote.git HEAD:refs/heads/large');
    const mirror = new Mirror(small, new DataFolders(small), new GitCommand(small), Logger.create('silent', 'test'));
    await expect(mirror.resolve({ ...repository(), id: 'r4' }, 'large')).rejects.toMatchObject({ code: 'git_too_large' });
  });
});

describe('isSafeRef', () => {
  it.each(['main', 'feature/x', 'v1.2.3', 'a@b', 'ü'])('takes %s', (ref) => expect(isSafeRef(ref)).toBe(true));
  it.each(['-x', 'a/../b', 'a//b', 'a/', 'a.', 'a/.b', 'a~1', 'a:b', 'a?', 'a[', 'a\\b', '@', 'x'.repeat(256)])('refuses %s', (ref) => expect(isSafeRef(ref)).toBe(false));
});

describe('WorkspaceSweeper', () => {
  let fixture: WorkspaceFixture;
  const root = (): string => join(fixture.dataDir, 'workspaces');

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    await fixture.commit({ 'a.txt': '1' });
  });
  afterAll(() => fixture.remove());

  it('removes what a dead worker left, and nothing else', async () => {
    const mine = await fixture.open({ attemptId: 'living' });
    await mine.exec('true', { timeoutMs: 5_000, maxOutputBytes: 100 }, never);
    const leave = async (attempt: string, owner: string | null): Promise<string> => {
      const name = `${attempt}.${'0'.repeat(24)}`;
      await mkdir(join(root(), name, 'agent', 'repo'), { recursive: true });
      if (owner !== null) await writeFile(join(root(), name, 'owner'), owner);
      return name;
    };
    const dead = await leave('dead', '999999 1\n');
    const running = await leave('running', '999999 1\n');
    const newborn = await leave('newborn', null);
    const abandoned = await leave('abandoned', null);
    await utimes(join(root(), abandoned), new Date(0), new Date(0));
    await mkdir(join(root(), 'something-else'));
    // As a bwrap that was orphaned in its start: no record, and a command line that names the folder.
    const waiting = (...words: string[]): ReturnType<typeof startProgram> => startProgram('bash', { args: ['-c', 'read -r line', ...words], cwd: '/', env: { PATH: '/usr/bin:/bin' } });
    const orphan = await waiting('bwrap', '--bind', join(root(), dead, 'agent'));
    const others = [await waiting('bwrap', '--bind', join(root(), running, 'agent')), await waiting('editor', join(root(), dead, 'agent'))];
    await expect(fixture.sweeper.sweep(new Set(['running']))).resolves.toBe(2);
    await orphan.ended;
    for (const other of others) {
      expect(await identify(other.pid)).not.toBeNull();
      other.kill();
    }
    const left = await readdir(root());
    expect(left).toEqual(expect.arrayContaining([running, newborn, 'something-else']));
    expect(left).not.toContain(dead);
    expect(left).toHaveLength(4);
    await expect(mine.read('a.txt', 1, 1)).resolves.toMatchObject({ lines: ['1'] });
  });
});
