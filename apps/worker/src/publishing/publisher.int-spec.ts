import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { applyStoredPatch } from './stored-patch';
import { FAILED, PublishFixture, SUBMISSION, type ReadyWork } from './testing/publish-fixture';
import { never } from '../workspace/testing/workspace-fixture';

jest.setTimeout(60_000);

let database: TestDatabase;
let fixture: PublishFixture;
beforeAll(async () => {
  database = await openTestDatabase();
  fixture = await PublishFixture.create(database.dataSource);
  await fixture.files.commit({ 'greet.txt': 'hello\n', 'ci/old.txt': 'x\n' });
});
afterEach(() => fixture.files.closeAll());
afterAll(async () => {
  await fixture.files.remove();
  await database.close();
});

const branchOf = ({ task }: ReadyWork): string => `async-coder/${task.id}`;
const remoteSha = (ready: ReadyWork): Promise<string> => fixture.files.shell(`git -C remote.git rev-parse -q --verify refs/heads/${branchOf(ready)} || true`);

describe('Publisher, on a plain git remote', () => {
  it('keeps diff, patch and report, pushes one commit and tells both', async () => {
    const ready = await fixture.ready();
    const outcome = await fixture.publish(ready);
    const sha = await remoteSha(ready);
    expect(outcome).toEqual({ kind: 'published', headSha: sha, branch: branchOf(ready), pullRequest: null, leftOut: [] });
    expect(JSON.parse(await fixture.result(ready.task, 'diff'))).toEqual([expect.objectContaining({ path: 'greet.txt', status: 'modified' })]);
    expect(await fixture.result(ready.task, 'patch')).toContain('+hello, ');
    expect(await fixture.result(ready.task, 'report')).toMatch(/Greets by name[\s\S]*npm test[\s\S]*model-1/);
    expect(await fixture.effectEvents(ready.task.id)).toEqual(['effect.intended push', 'effect.done push']);
    expect(await fixture.files.shell(`git -C remote.git log -1 --format=%an%n%B ${branchOf(ready)}`)).toMatch(new RegExp(`^Async Coder\nfix: fix the greeting[\\s\\S]*Async-Coder-Task: ${ready.task.id}`));
  });

  it('changes nothing when it is done again', async () => {
    const ready = await fixture.ready();
    const first = await fixture.publish(ready);
    const events = await fixture.events(ready.task.id);
    await expect(fixture.publish(ready)).resolves.toEqual(first);
    await expect(fixture.events(ready.task.id)).resolves.toEqual(events);
  });

  it.each(['results-before', 'results-after', 'push-before', 'push-after'] as const)('goes on after a worker was killed at %s', async (point) => {
    const ready = await fixture.ready();
    await fixture.publishUntil(point, ready);
    const before = await remoteSha(ready);
    const outcome = await fixture.publish(ready);
    expect(outcome).toMatchObject({ kind: 'published', headSha: await remoteSha(ready) });
    if (point === 'push-after') expect(before).toBe(await remoteSha(ready));
    expect(await fixture.effectEvents(ready.task.id)).toEqual(['effect.intended push', 'effect.done push']);
    const results = await fixture.house.results.listForTask(fixture.house.work.reader, ready.task.organizationId, ready.task.id);
    expect(results.map(({ type }) => type).sort()).toEqual(['diff', 'patch', 'report']);
  });

  it('moves its own branch on when the work went on, also if the first push was never recorded', async () => {
    const ready = await fixture.ready();
    await fixture.publishUntil('push-after', ready);
    const first = await remoteSha(ready);
    await fixture.edit(ready.workspace, 'echo more >> greet.txt');
    await expect(fixture.publish(ready)).resolves.toMatchObject({ kind: 'published' });
    expect(await remoteSha(ready)).not.toBe(first);
  });

  it('does not touch a branch that somebody else wrote to, and keeps the patch', async () => {
    const ready = await fixture.ready();
    const foreign = await fixture.files.commit({ 'theirs.txt': 'x' }, branchOf(ready));
    const outcome = await fixture.publish(ready);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'push_failed', message: expect.stringContaining('changed by somebody else') as string });
    expect(await remoteSha(ready)).toBe(foreign);
    expect(await fixture.result(ready.task, 'patch')).toContain('greet.txt');
    await fixture.files.shell(`git -C remote.git update-ref -d refs/heads/${branchOf(ready)}`);
    await expect(fixture.publish(ready)).resolves.toMatchObject({ kind: 'published' });
  });

  it('keeps a credential from leaving, and never repeats it', async () => {
    const token = `ghp_${'Ab1'.repeat(13)}`;
    const ready = await fixture.ready({ work: `mkdir -p conf && printf 'x\\n%s\\n' ${token} > conf/app.env` });
    const outcome = await fixture.publish(ready);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'push_failed', message: expect.stringContaining('GitHub token in conf/app.env') as string });
    expect(JSON.stringify(outcome)).not.toContain(token);
    expect(await remoteSha(ready)).toBe('');
    expect(await fixture.effectEvents(ready.task.id)).toEqual([]);
  });

  it('keeps a secret of the task from leaving in the text', async () => {
    const ready = await fixture.ready();
    const outcome = await fixture.publish(ready, { submission: { ...SUBMISSION, summary: 'It was hunter2-hunter2.' }, secrets: ['hunter2-hunter2'] });
    expect(outcome).toMatchObject({ kind: 'failed', message: expect.stringContaining('secret of this task in the') as string });
    expect(await remoteSha(ready)).toBe('');
  });

  it('leaves out what the agent discards and CI files, renamed ones too', async () => {
    const ready = await fixture.ready({ work: 'echo y > greet.txt; mkdir -p .github/workflows tmp; git mv ci/old.txt .github/workflows/ci.yml 2>/dev/null || mv ci/old.txt .github/workflows/ci.yml; echo t > tmp/t.txt' });
    const outcome = await fixture.publish(ready, { submission: { ...SUBMISSION, discard: ['tmp'] } });
    expect(outcome).toMatchObject({ kind: 'published', leftOut: expect.arrayContaining([{ path: '.github/workflows/ci.yml', reason: expect.stringContaining('CI') as string }, { path: 'tmp/t.txt', reason: expect.any(String) as string }]) as unknown });
    expect(await fixture.files.shell(`git -C remote.git diff --name-status main ${branchOf(ready)}`)).toBe('M\tgreet.txt');
  });

  it('says that there is nothing to publish', async () => {
    const ready = await fixture.ready({ work: 'mkdir tmp; echo x > tmp/x' });
    await expect(fixture.publish(ready, { submission: { ...SUBMISSION, discard: ['tmp/'] } })).resolves.toEqual({ kind: 'no_changes' });
    expect(await remoteSha(ready)).toBe('');
  });

  it('writes nothing once the lease is lost', async () => {
    const ready = await fixture.ready();
    await fixture.house.passLease(ready.lease.attemptId);
    await expect(fixture.publish(ready)).rejects.toMatchObject({ stopCause: 'lease_lost' });
    expect(await remoteSha(ready)).toBe('');
  });

  it('stops for a signal before anything is pushed', async () => {
    const ready = await fixture.ready();
    await expect(fixture.publish(ready, { signal: AbortSignal.abort(new Error('cancelled')) })).rejects.toThrow('cancelled');
    expect(await remoteSha(ready)).toBe('');
  });

  it('needs the App where the repository is GitHub’s', async () => {
    const ready = await fixture.ready();
    const outcome = await fixture.publish({ ...ready, repo: { ...ready.repo, provider: 'github' } }, { verification: FAILED });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'integration_not_connected' });
    expect(await fixture.result(ready.task, 'report')).toContain('failed');
  });
});

describe('applyStoredPatch', () => {
  it('brings a stored patch back into a fresh workspace', async () => {
    const ready = await fixture.ready({ work: 'echo new > greet.txt; rm ci/old.txt; mkdir a; printf "\\000\\001\\377" > a/b.bin' });
    const { patch } = await ready.workspace.diff();
    const fresh = await fixture.files.open({ taskId: ready.task.id });
    await applyStoredPatch(fresh, patch, never);
    await expect(fresh.diff()).resolves.toMatchObject({ patch });
    await expect(applyStoredPatch(fresh, patch, never)).rejects.toMatchObject({ code: 'push_failed', message: expect.stringContaining('does not fit') as string });
  });

  it('refuses a patch that lost bytes on its way', async () => {
    const ready = await fixture.ready({ work: 'printf "caf\\351\\n" > greet.txt' });
    const { patch } = await ready.workspace.diff();
    await expect(applyStoredPatch(ready.workspace, patch, never)).rejects.toMatchObject({ code: 'push_failed', message: expect.stringContaining('every byte') as string });
  });
});
