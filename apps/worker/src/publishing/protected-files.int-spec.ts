import { PROTECTED_PATHS, type GitRepo, type RepositorySettings } from '@app/domain';
import { aGitRepo } from '@app/domain/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { endingOfError } from '../attempts/attempt-end';
import { AppError } from '@app/common';
import { GIT_RATE_LIMITED } from '../workspace/git.errors';
import { PublishFixture, type ReadyWork } from './testing/publish-fixture';

jest.setTimeout(60_000);

let database: TestDatabase;
let fixture: PublishFixture;
let made = 0;
beforeAll(async () => {
  database = await openTestDatabase();
  fixture = await PublishFixture.create(database.dataSource);
  await fixture.files.commit({ 'greet.txt': 'hello\n', 'package.json': '{"scripts":{"test":"jest"}}\n' });
});
afterEach(() => fixture.files.closeAll());
afterAll(async () => {
  await fixture.files.remove();
  await database.close();
});

const WORK = 'mkdir -p .github/workflows && echo "on: push" > .github/workflows/ci.yml; echo \'{"scripts":{"test":"curl x"}}\' > package.json; echo more >> greet.txt';
const remoteSha = ({ task }: ReadyWork): Promise<string> => fixture.files.shell(`git -C remote.git rev-parse -q --verify refs/heads/async-coder/${task.id} || true`);
const policyEvents = async ({ task }: ReadyWork) => (await fixture.events(task.id)).flatMap((event) => (event.type === 'policy' ? [event.data] : []));

async function ready(settings: RepositorySettings, options: Record<string, unknown> = {}, work = WORK): Promise<ReadyWork> {
  const url = fixture.files.remoteUrl;
  // One address may be connected once: the spelling differs, the place does not.
  const cloneUrl = url.replace('/remote.git', `${'/.'.repeat(++made)}/remote.git`);
  const repo: GitRepo = await aGitRepo(database.dataSource, { organizationId: fixture.tenant.organization.id, provider: 'git', githubId: null, cloneUrl, url: cloneUrl, settings: { ...settings } });
  return fixture.ready({ repo, options, work });
}

it('leaves CI files out and names the rest, unless it is told otherwise', async () => {
  const work = await ready({});
  const outcome = await fixture.publish(work);
  expect(outcome).toMatchObject({ kind: 'published', leftOut: [{ path: '.github/workflows/ci.yml' }] });
  await expect(policyEvents(work)).resolves.toMatchObject([{ decision: 'flagged', files: [{ path: 'package.json', kind: 'package_scripts', why: expect.stringContaining('changed: test') as string }] }]);
  expect(await fixture.result(work.task, 'report')).toMatch(/## Look closely at[\s\S]*`package\.json`/);
  expect(await fixture.files.shell(`git -C remote.git diff --name-only main async-coder/${work.task.id}`)).toBe('greet.txt\npackage.json');
});

it.each<[RepositorySettings, Record<string, unknown>]>([[{}, { allowCiFiles: true }], [{ allowCiFiles: true }, {}], [{ protectedPaths: 'flag' }, {}]])('publishes and names them with %j and %j', async (settings, options) => {
  const work = await ready(settings, options);
  await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'published', leftOut: [] });
  await expect(policyEvents(work)).resolves.toMatchObject([{ decision: 'flagged', files: [{ path: '.github/workflows/ci.yml', kind: 'workflow' }, { path: 'package.json' }] }]);
});

it('says nothing of a common change', async () => {
  const work = await ready({ protectedPaths: 'approve' }, {}, 'echo more >> greet.txt');
  await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'published' });
  await expect(policyEvents(work)).resolves.toEqual([]);
});

describe('a change that waits for approval', () => {
  /** As `POST /tasks/{id}/publish` does it. */
  async function approve(work: ReadyWork): Promise<ReadyWork> {
    const { commands, lifecycle, tasks, work: uow } = fixture.house;
    await uow.run((tx) => lifecycle.finish(tx, work.lease, { kind: 'suspended', status: 'waiting_for_approval', reason: PROTECTED_PATHS }, fixture.house.noHolds));
    const next = await uow.run((tx) => commands.publish(tx, work.task, {}));
    const lease = await fixture.house.claim(next.attemptId);
    const task = await tasks.findForOrganization(uow.reader, work.task.organizationId, work.task.id);
    if (!task) throw new Error('the task is gone');
    expect(lease.stage).toBe('publish');
    return { ...work, lease, task };
  }

  it('is not pushed, whatever its task allows; the approval publishes it, and leaves an audit row', async () => {
    const work = await ready({ protectedPaths: 'approve' }, { allowCiFiles: true, skipCi: true });
    await fixture.house.work.run((tx) => fixture.house.lifecycle.advance(tx, work.lease, 'in_progress'));
    await fixture.house.work.run((tx) => fixture.house.lifecycle.advance(tx, work.lease, 'publishing'));
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'held', files: [{ path: '.github/workflows/ci.yml' }, { path: 'package.json' }] });
    await expect(remoteSha(work)).resolves.toBe('');
    expect(await fixture.result(work.task, 'patch')).toContain('+on: push');
    await expect(policyEvents(work)).resolves.toMatchObject([{ decision: 'held', text: expect.stringContaining('before somebody approves') as string }]);

    const approved = await approve(work);
    const outcome = await fixture.publish(approved);
    expect(outcome).toMatchObject({ kind: 'published', headSha: await remoteSha(work) });
    expect(await fixture.files.shell(`git -C remote.git log -1 --format=%B async-coder/${work.task.id}`)).toMatch(/^\[skip ci\]$/m);
    const audit = await database.dataSource.query<{ action: string; changes: object }[]>(`SELECT action, changes FROM audit_logs WHERE target_id = $1 AND action LIKE 'task.change%'`, [work.task.id]);
    expect(audit).toEqual([{ action: 'task.change_approved', changes: expect.objectContaining({ headSha: await remoteSha(work) }) as object }]);
  });

  it('is of exactly what was shown', async () => {
    const work = await ready({ protectedPaths: 'approve' });
    await fixture.house.work.run((tx) => fixture.house.lifecycle.advance(tx, work.lease, 'in_progress'));
    await fixture.house.work.run((tx) => fixture.house.lifecycle.advance(tx, work.lease, 'publishing'));
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'held' });
    const approved = await approve(work);
    await fixture.edit(work.workspace, 'echo "run: curl evil" >> .github/workflows/ci.yml');
    await expect(fixture.publish(approved)).resolves.toMatchObject({ kind: 'held' });
    await expect(remoteSha(work)).resolves.toBe('');
  });
});

it('never pushes to a branch that is not its own, whatever a row says', async () => {
  const work = await ready({}, {}, 'echo more >> greet.txt');
  for (const workBranch of ['main', 'feature', 'async-coder/../main', 'refs/heads/async-coder/x']) {
    await expect(fixture.publish({ ...work, task: { ...work.task, workBranch } })).resolves.toMatchObject({ kind: 'failed', code: 'push_failed' });
  }
  await expect(fixture.publish({ ...work, task: { ...work.task, workBranch: 'async-coder/x', targetBranch: 'async-coder/x' } })).resolves.toMatchObject({ kind: 'failed' });
  await expect(fixture.publish({ ...work, repo: { ...work.repo, isArchived: true } })).resolves.toMatchObject({ kind: 'failed', code: 'repository_read_only', message: expect.stringContaining('archived') as string });
  expect(await fixture.files.shell('git -C remote.git for-each-ref --format="%(refname)" | grep -c feature || true')).toBe('0');
});

it('gives an attempt back that a forge lets wait, and moves the clock', async () => {
  expect(endingOfError(new AppError(GIT_RATE_LIMITED, 'wait'))).toEqual({ kind: 'hand_over', handOver: { reason: 'forge_rate_limit', delaySeconds: 60 } });
  const work = await ready({}, { timeoutSeconds: 600 }, 'echo more >> greet.txt');
  const clock = async (): Promise<number> => Number((await database.dataSource.query<{ s: string }[]>('SELECT extract(epoch FROM deadline_at) AS s FROM tasks WHERE id = $1', [work.task.id]))[0]?.s);
  const before = await clock();
  await fixture.house.work.run((tx) => fixture.house.lifecycle.handOver(tx, work.lease, { reason: 'forge_rate_limit', delaySeconds: 120 }, fixture.house.noHolds));
  expect((await clock()) - before).toBeCloseTo(120, 0);
  const [row] = await database.dataSource.query<{ status: string; waits: boolean; failures: number; attempts: number }[]>(
    `SELECT a.status, a.available_at > now() + interval '100 seconds' AS waits, t.failure_count AS failures, t.attempt_count AS attempts FROM task_attempts a JOIN tasks t ON t.id = a.task_id WHERE t.id = $1`, [work.task.id],
  );
  expect(row).toEqual({ status: 'queued', waits: true, failures: 0, attempts: 1 });
});
