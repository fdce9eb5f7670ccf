import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GIT_TRICKS, MAY_BE_REFUSED } from './testing/git-tricks';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

jest.setTimeout(60_000);
const OPTIONS = { timeoutMs: 20_000, maxOutputBytes: 20_000 } as const;

describe('a hostile tree', () => {
  let fixture: WorkspaceFixture;
  let marks: string;
  const names = Object.keys(GIT_TRICKS);

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    await fixture.commit({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
    marks = join(fixture.folder, 'fired');
    await mkdir(marks, { mode: 0o777 });
  });
  afterEach(async () => {
    await rm(marks, { recursive: true, force: true });
    await mkdir(marks, { mode: 0o777 });
  });
  afterAll(() => fixture.remove());

  const script = (name: string): string => GIT_TRICKS[name]?.replaceAll('FIRE_NAME', `touch ${marks}/${names.indexOf(name)}`).replaceAll('FIRE', `touch ${marks}/${names.indexOf(name)}`) ?? '';
  const fired = (): Promise<string[]> => readdir(marks);

  it('would run code if git were used on it plainly', async () => {
    const plain = `git status; git add -A; git diff HEAD; git diff --cached; git -c user.name=a -c user.email=a@a commit -m x; git log -p -1; git push -q ../sink.git HEAD:refs/heads/x; git checkout -q HEAD~1 -- . ; true`;
    await fixture.shell('git init -q --bare sink.git');
    // Nobody's root folder shall be added to a repository.
    for (const [i, name] of names.entries()) {
      if (name === 'core.worktree elsewhere') continue;
      await fixture.shell(`git clone -q remote.git plain-${i} && cd plain-${i} && { (${script(name)}) >/dev/null 2>&1 || true; }; cd ${fixture.folder}/plain-${i} && timeout 2 bash -c '${plain}' < /dev/null >/dev/null 2>&1 || true`);
    }
    const hit = (await fired()).map((mark) => names[Number(mark)]);
    // The test below proves something only if these would have fired.
    const wellKnown = ['fsmonitor', 'filter clean', 'filter process', 'textconv', 'diff driver', 'diff.external', 'hook post-index-change', 'gitlink with a planted repository'];
    expect(wellKnown.filter((name) => !hit.includes(name))).toEqual([]);
    expect(hit.length).toBeGreaterThanOrEqual(16);
  });

  it(`runs nothing outside the sandbox, whichever of ${names.length} tricks is planted`, async () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
    const waiting = [...names];
    const work = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await useAndPublish(name);
    };
    await Promise.all([work(), work(), work()]);
    expect((await fired()).map((mark) => names[Number(mark)])).toEqual([]);
  }, 300_000);

  /** All that the worker does with a tree in which the trick is planted. */
  async function useAndPublish(name: string): Promise<void> {
    const workspace = await fixture.factory.open(fixture.request({ taskId: 'hostile' }));
    try {
      await workspace.exec(script(name), OPTIONS, never);
      await workspace.exec('echo work > work.txt', OPTIONS, never);
      await workspace.read('a.txt', 1, 5);
      await workspace.search({ pattern: 'a', maxMatches: 5 });
      await workspace.glob('**', 50);
      await workspace.checkpoint(1);
      const { files } = await workspace.diff();
      expect({ name, paths: files.map(({ path }) => path) }).toMatchObject({ paths: expect.arrayContaining(['work.txt']) as string[] });
      await workspace.checkpointBundle();
      const commit = await workspace.commitForPublish({ message: 'm', author: { name: 'a', email: 'a@a' }, date: new Date(0) });
      const branch = `async-coder/trick-${names.indexOf(name)}`;
      await expect(workspace.push({ sha: commit.sha, branch, expectedRemoteSha: null })).resolves.toEqual({ remoteSha: commit.sha });
    } catch (error) {
      if (!MAY_BE_REFUSED.includes(name)) throw new Error(`trick "${name}"`, { cause: error });
      expect(error).toMatchObject({ code: 'checkpoint_refused' });
    } finally {
      await workspace.dispose();
    }
  }

  it('is saved without the repositories nested in it, but with their files', async () => {
    const workspace = await fixture.open();
    await workspace.exec(script('nested repository'), OPTIONS, never);
    await workspace.exec(script('.GIT at the root'), OPTIONS, never);
    expect((await workspace.diff()).files.map(({ path }) => path)).toEqual(['sub/.gitattributes', 'sub/inner.txt']);
  });
});
