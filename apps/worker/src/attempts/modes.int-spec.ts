import { LoopEngine, type AgentOutcome, type AgentTask } from '@app/agent';
import { byHistory, calling, JournalStore, MemoryJournal, SUBMISSION, testHost, testTask } from '@app/agent/testing';
import { ScriptedProvider, type ScriptedTurn } from '@app/providers/testing';
import type { ReviewFindingStore } from '@app/domain';
import type { FollowUpFindings } from '../reviewing/followed-findings';
import { ReviewRepository } from '../reviewing/review-repository';
import type { ReviewSubjects } from '../reviewing/review-subject';
import type { GitWorkspace } from '../workspace/git-workspace';
import { WorkspaceFixture } from '../workspace/testing/workspace-fixture';
import type { Briefing } from './briefing';
import type { DeliveryStores } from './delivery-stores';
import type { OpenedReview } from './opened-review';
import { ReviewDesks, type ReviewEvents } from './review-desks';

const FILES = {
  'package.json': JSON.stringify({ name: 'sample', scripts: { test: 'node --test' } }),
  'src/add.js': 'exports.add = (a, b) => a - b;\n',
  'test/zero.test.js': 'const { add } = require("../src/add.js");\nrequire("node:assert").equal(add(0, 0), 0);\n',
};
const TEST = 'const { add } = require("../src/add.js");\nrequire("node:assert").equal(add(1, 2), 3);\n';
const TEST_FILE = 'test/add.test.js';

let fixture: WorkspaceFixture;
beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.commit(FILES);
}, 60_000);
afterEach(() => fixture.closeAll());
afterAll(() => fixture.remove(), 60_000);

async function play(turns: readonly ScriptedTurn[], changes: Partial<AgentTask>, workspace: GitWorkspace): Promise<{ outcome: AgentOutcome; said: string[] }> {
  const store = new JournalStore();
  const provider = new ScriptedProvider(byHistory(turns));
  const task = testTask({ baseSha: workspace.baseSha, verifyCommands: ['node --test'], verifyCommandsFrom: 'repository', deadline: Date.now() + 600_000, ...changes });
  const outcome = await new LoopEngine().run(testHost({ provider, workspace, journal: new MemoryJournal(store), task }));
  return { outcome, said: store.ofType('step').flatMap((step) => step.results.map((result) => result.text)) };
}

describe('debug in a real sandbox', () => {
  const proof = { ...SUBMISSION, diagnosis: 'It subtracts: src/add.js:1.', regressionTest: { command: `node ${TEST_FILE}`, files: [TEST_FILE] } };
  const fix = [calling('read', { path: 'src/add.js' }), calling('edit', { path: 'src/add.js', old: 'a - b', new: 'a + b' })];

  it('runs the test on the base and on the head, and leaves the base as it was', async () => {
    const workspace = await fixture.open();
    const { outcome } = await play([...fix, calling('write', { path: TEST_FILE, content: TEST }), calling('submit', proof)], { mode: 'debug' }, workspace);
    expect(outcome).toMatchObject({ kind: 'submitted', verification: { status: 'passed' } });
    const checks = outcome.kind === 'submitted' ? outcome.verification.checks : [];
    expect(checks.map(({ name, phase, status }) => [name, phase, status])).toEqual([
      [`Regression test: node ${TEST_FILE}`, 'base', 'failed'], [`Regression test: node ${TEST_FILE}`, 'head', 'passed'], ['node --test', 'base', 'passed'], ['node --test', 'head', 'passed'],
    ]);
    expect(checks[0]?.outputTail).toContain('AssertionError');
    await expect(workspace.base.read(TEST_FILE, 1, 1)).rejects.toMatchObject({ code: 'not_found' });
    expect((await workspace.diff()).files.map(({ path }) => path)).toEqual(['src/add.js', TEST_FILE]);
  }, 120_000);

  it('is not taken in by a test that is green on the base', async () => {
    const workspace = await fixture.open();
    const { said } = await play([...fix, calling('write', { path: TEST_FILE, content: TEST.replace('add(1, 2), 3', 'add(2, 0), 2') }), calling('submit', proof), calling('write', { path: TEST_FILE, content: TEST }), calling('submit', proof)], { mode: 'debug' }, workspace);
    expect(said[3]).toContain('passes on the code as it was before your change');
    expect(said.at(-1)).toBe('Accepted.');
  }, 120_000);
});

describe('documentation in a real sandbox', () => {
  it('takes comments, and no code, link or permission', async () => {
    const workspace = await fixture.open();
    const run = (command: string) => workspace.exec(command, { timeoutMs: 20_000, maxOutputBytes: 1_000 }, new AbortController().signal);
    await run('printf "/** Adds. */\\n" | cat - src/add.js > t && mv t src/add.js; echo "# Sample" > README.md');
    expect((await play([calling('submit', SUBMISSION)], { mode: 'documentation' }, workspace)).outcome).toMatchObject({ kind: 'submitted' });
    const refused = async (command: string, undo: string): Promise<string> => {
      await run(command);
      const { said } = await play([calling('submit', SUBMISSION), calling('submit', { ...SUBMISSION, discard: ['x.md', 'src', 'README.md'], noChangesReason: 'x' })], { mode: 'documentation' }, workspace);
      await run(undo);
      return said[0] ?? '';
    };
    expect(await refused('sed -i "s/a - b/a + b/" src/add.js', 'sed -i "s/a + b/a - b/" src/add.js')).toContain('src/add.js:2: the code of this line differs from line 1 before');
    expect(await refused('chmod +x src/add.js', 'chmod -x src/add.js')).toContain('src/add.js: whether it may be run was changed');
    expect(await refused('ln -s /etc/passwd x.md', 'rm x.md')).toContain('x.md: a link is no document');
    expect(await refused('git mv src/add.js src/sub.js 2>/dev/null || mv src/add.js src/sub.js', 'mv src/sub.js src/add.js')).toMatch(/src\/(sub|add)\.js: it is no document/);
    expect(await refused('printf "#!/bin/sh\\n" > x.md; chmod +x x.md', 'rm x.md')).toContain('x.md: a document is not run');
  }, 180_000);
});

describe('a mode that only reads', () => {
  it('has a tree that nobody can write', async () => {
    const workspace = await fixture.open({ readOnly: true });
    const { exitCode } = await workspace.exec('echo x > src/new.js', { timeoutMs: 20_000, maxOutputBytes: 1_000 }, new AbortController().signal);
    expect(exitCode).not.toBe(0);
    const plan = { steps: [{ id: 'one', title: 'One', description: 'Do it.', files: ['src/add.js', 'src/sub.js (new)'] }] };
    expect((await play([calling('submit', { ...SUBMISSION, plan })], { mode: 'architect' }, workspace)).outcome).toMatchObject({ kind: 'submitted' });
  }, 120_000);
});

describe('a review', () => {
  const desks = (): ReviewDesks => {
    const nothing = {} as unknown;
    const none = { of: () => Promise.resolve(null) } as unknown as ReviewSubjects;
    return new ReviewDesks(new ReviewRepository(fixture.mirror, fixture.git), none, nothing as FollowUpFindings, nothing as DeliveryStores, nothing as ReviewFindingStore, nothing as ReviewEvents);
  };
  const briefing = (branch: string, targetBranch = 'main') => ({ task: { branch, targetBranch, options: {} }, settings: {}, model: { contextWindow: 200_000 }, attempt: {}, repo: {} }) as unknown as Briefing;
  const { signal } = new AbortController();

  it('is of what a branch, or a pull request, brings since it parted', async () => {
    const base = await fixture.shell('git -C remote.git rev-parse main');
    await fixture.commit({ 'src/add.js': FILES['src/add.js'], 'src/new.js': 'exports.x = 1;\n' }, 'topic');
    await fixture.commit({ 'LATER.md': 'On main alone.\n' });
    await fixture.shell('git -C remote.git update-ref refs/pull/7/head refs/heads/topic && git -C remote.git branch -q -D topic');
    const workspace = await fixture.open({ ref: 'pull/7/head', readOnly: true });
    const review = (await desks().open(briefing('pull/7/head'), workspace, signal)) as OpenedReview;
    expect(review.diff.range).toEqual({ baseSha: base, headSha: workspace.baseSha, base: 'main', head: 'pull/7/head' });
    expect(review.diff.files.map(({ path, status }) => [path, status])).toEqual([['src/new.js', 'added']]);
    expect(review.diff.lineAt('src/new.js', 'RIGHT', 1)).toBe('exports.x = 1;');
    expect(review.shown.text).toContain('    1 +exports.x = 1;');
    await expect(desks().open(briefing('pull/7/head', 'pull/7/head'), workspace, signal)).rejects.toMatchObject({ code: 'no_changes' });
    await expect(fixture.open({ ref: 'pull/8/head' })).rejects.toMatchObject({ code: 'git_ref_not_found' });
  }, 120_000);

  it('leaves a draft alone that nobody asked about, and a commit that was looked at', async () => {
    const workspace = await fixture.open({ readOnly: true });
    const open = (status: string, task: object, last: object | null = null) => {
      const subjects = { of: () => Promise.resolve({ pullRequestId: 'p', pull: { number: 7, status, baseRef: 'main' }, last }) } as unknown as ReviewSubjects;
      const nothing = {} as unknown;
      const desk = new ReviewDesks(new ReviewRepository(fixture.mirror, fixture.git), subjects, nothing as FollowUpFindings, nothing as DeliveryStores, nothing as ReviewFindingStore, nothing as ReviewEvents);
      return desk.open({ ...briefing('main'), task: { branch: 'main', targetBranch: 'main', options: {}, ...task } } as unknown as Briefing, workspace, signal);
    };
    await expect(open('draft', { source: 'automation' })).resolves.toMatchObject({ skipped: 'draft' });
    await expect(open('draft', { source: 'automation', options: { reviewDrafts: true } })).rejects.toMatchObject({ code: 'no_changes' });
    await expect(open('draft', { source: 'api' })).rejects.toMatchObject({ code: 'no_changes' });
    await expect(open('open', { source: 'api' }, { taskId: 't', headSha: workspace.baseSha })).resolves.toMatchObject({ skipped: 'already_reviewed' });
  }, 120_000);

  it('needs a commit that both have', async () => {
    await fixture.commit({ 'a.txt': 'a' }, 'apart', 'git checkout -q --orphan other && git branch -q -D apart && git checkout -q -b apart 2>/dev/null; git branch -q -M apart');
    const workspace = await fixture.open({ ref: 'apart', readOnly: true });
    await expect(desks().open(briefing('apart'), workspace, signal)).rejects.toMatchObject({ code: 'incomplete', message: expect.stringContaining('no commit in common') as string });
  }, 120_000);
});
