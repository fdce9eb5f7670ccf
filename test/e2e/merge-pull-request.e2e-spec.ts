import { execFileSync } from 'node:child_process';
import { expectGithubManners } from '../support/github-manners';
import { TaskHouse } from '../support/task-house';

const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';

interface Pull {
  readonly id: string;
  readonly status: string;
  readonly headSha: string;
  readonly taskId: string | null;
}

/** An agent's pull request, from its task to its merge, through our API alone. */
describe("merging an agent's pull request", () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open();
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  it('ends with its task showing it as merged, and the branch gone', async () => {
    const taskId = await house.handIn({ prompt: PROMPT });
    const done = await house.ada.until(taskId, ['completed', 'failed']);
    expect(done).toMatchObject({ status: 'completed', pullRequest: { status: 'open' } });
    const listed = await house.ada.get<{ data: Pull[] }>(`/pull-requests?taskId=${taskId}&origin=agent`);
    const [pull] = listed.body.data;
    expect(listed.body.data).toMatchObject([{ taskId, status: 'open', headSha: house.remoteHead(taskId), sourceBranch: `async-coder/${taskId}` }]);
    const path = `/pull-requests/${pull?.id}`;
    expect(await house.ada.get(`${path}?refresh=true`)).toMatchObject({ status: 200, body: { mergeable: true, changedFiles: 1 } });
    expect(await house.ada.get(`${path}/files`)).toMatchObject({ status: 200, body: { data: [{ status: 'modified' }] } });
    expect(await house.ada.post(`${path}/reviews`, { event: 'APPROVE' })).toMatchObject({ status: 422, body: { code: 'github_validation_failed' } });
    expect(await house.ada.post(`${path}/comments`, { body: 'Thank you.' })).toMatchObject({ status: 201 });

    expect(await house.ada.post(`${path}/merge`, { sha: 'a'.repeat(40) })).toMatchObject({ status: 412, body: { code: 'version_conflict' } });
    const merged = await house.ada.post(`${path}/merge`, { method: 'squash', sha: pull?.headSha, deleteBranch: true });
    expect(merged).toMatchObject({ status: 200, body: { status: 'merged', taskId, branchDeleted: true } });
    expect(await house.ada.get(`/tasks/${taskId}`)).toMatchObject({ body: { status: 'completed', pullRequest: { status: 'merged' } } });
    expect(house.remoteHead(taskId)).toBe('');
    const main = execFileSync('git', ['ls-remote', house.state.repository.cloneUrl, 'refs/heads/main'], { encoding: 'utf8' }).split('\t')[0];
    expect(merged.body).toMatchObject({ mergeCommitSha: main });
    expect(await house.ada.post(`${path}/merge`, { method: 'squash', sha: pull?.headSha })).toMatchObject({ status: 200, body: { status: 'merged' } });
    const { rows } = await house.database.query<{ pull_request_merged: boolean }>('SELECT pull_request_merged FROM task_analytics WHERE task_id = $1', [taskId]);
    expect(rows).toEqual([{ pull_request_merged: true }]);
    // The API keeps what it reads with for a while.
    await expectGithubManners(house.state.peers.github, { mayKeepReading: true });
  }, 150_000);
});
