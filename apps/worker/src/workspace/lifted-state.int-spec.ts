import type { GitWorkspace } from './git-workspace';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

const BRANCH = 'async-coder/task-1';
const FILE = ['one', 'two', 'three', 'four', 'five', ''].join('\n');

let fixture: WorkspaceFixture;
let base: string;
/** What the task pushed, and the state in which it was saved. */
let pushed: string;
let atPush: Buffer;
/** The same with work that was never pushed. */
let later: Buffer;

const run = (workspace: GitWorkspace, command: string): Promise<unknown> => workspace.exec(command, { timeoutMs: 10_000, maxOutputBytes: 4_000 }, never);
const saved = async (workspace: GitWorkspace, step: number): Promise<Buffer> => {
  await workspace.checkpoint(step);
  return workspace.checkpointBundle();
};
const text = async (workspace: GitWorkspace, path: string): Promise<string> => (await workspace.readWhole(path)).content;

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  base = await fixture.commit({ 'list.txt': FILE });
  const workspace = await fixture.open();
  await run(workspace, 'sed -i s/one/ONE/ list.txt');
  atPush = await saved(workspace, 1);
  const commit = await workspace.commitForPublish({ message: 'One', author: { name: 'a', email: 'a@a' }, date: new Date(0) });
  pushed = commit.sha;
  await workspace.push({ sha: pushed, branch: BRANCH, expectedRemoteSha: null });
  await run(workspace, 'sed -i s/five/FIVE/ list.txt');
  later = await saved(workspace, 2);
});
afterAll(() => fixture.remove());

/** Somebody goes on with the branch, from what the task pushed. */
async function theirs(content: string, prepare = ''): Promise<string> {
  await fixture.shell(`git -C remote.git update-ref refs/heads/${BRANCH} ${pushed}`);
  return fixture.commit({ 'list.txt': content }, BRANCH, prepare);
}
const open = (baseSha: string, bundle: Buffer): Promise<GitWorkspace> => fixture.open({ baseSha, restore: { bundle }, ownShas: new Set([pushed]) });

it('begins at what others made of it, also where they changed lines of ours', async () => {
  const sha = await theirs(FILE.replace('one', 'Uno'));
  const workspace = await open(sha, atPush);
  expect([workspace.baseSha, workspace.conflicts, await text(workspace, 'list.txt')]).toEqual([sha, [], FILE.replace('one', 'Uno')]);
  expect((await workspace.diff()).files).toEqual([]);
});

it('sets what was not pushed on top, and goes on from there when it is saved again', async () => {
  const sha = await theirs(FILE.replace('one', 'Uno'));
  const both = FILE.replace('one', 'Uno').replace('five', 'FIVE');
  const workspace = await open(sha, later);
  expect([workspace.conflicts, await text(workspace, 'list.txt')]).toEqual([[], both]);
  expect((await workspace.diff()).patch).toContain('+FIVE');
  expect((await workspace.diff()).patch).not.toContain('Uno\n+');
  await run(workspace, 'echo more > more.txt');
  const again = await open(sha, await saved(workspace, 3));
  expect([await text(again, 'list.txt'), await text(again, 'more.txt')]).toEqual([both, 'more\n']);
  // What is pushed then goes on from their commit, so nothing of theirs is lost.
  const { sha: next } = await again.commitForPublish({ message: 'Five', author: { name: 'a', email: 'a@a' }, date: new Date(0) });
  await again.push({ sha: next, branch: BRANCH, expectedRemoteSha: sha });
  expect(await fixture.shell(`git -C remote.git rev-list ${BRANCH}`)).toBe([next, sha, pushed, base].join('\n'));
});

it('leaves out what does not fit, and says why', async () => {
  const sha = await theirs(FILE.replace('one', 'Uno').replace('five', 'Cinco'));
  const workspace = await open(sha, later);
  expect([workspace.conflicts, await text(workspace, 'list.txt')]).toEqual([['list.txt'], FILE.replace('one', 'Uno').replace('five', 'Cinco')]);
  expect(await workspace.exec('git status --porcelain', { timeoutMs: 10_000, maxOutputBytes: 4_000 }, never)).toMatchObject({ exitCode: 0, output: '' });
});

it('takes a branch whose history was rewritten', async () => {
  await fixture.shell(`git -C remote.git update-ref refs/heads/${BRANCH} ${base}`);
  const fits = await fixture.commit({ 'other.txt': 'x\n' }, BRANCH);
  expect(await text(await open(fits, later), 'list.txt')).toBe(FILE.replace('one', 'ONE').replace('five', 'FIVE'));
  const unrelated = await fixture.commit({ 'list.txt': 'x\n' }, 'elsewhere', 'git checkout -q --orphan fresh && git rm -rqf --cached . && git branch -qM elsewhere');
  const workspace = await open(unrelated, later);
  expect([workspace.conflicts.length > 0, await text(workspace, 'list.txt')]).toEqual([true, 'x\n']);
});
