import { expectGithubManners } from '../support/github-manners';
import { askedOf } from '../support/peer-script';
import { TaskHouse } from '../support/task-house';

const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';

/** GitHub misbehaves while a task is being published: nothing is lost, nothing is done twice. */
describe('publishing when GitHub is in trouble', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open();
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  beforeEach(() => fault(null));

  async function fault(fault: object | null): Promise<void> {
    const url = `${house.state.peers.github}/__peer/faults`;
    const options = fault === null ? { method: 'DELETE' } : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fault) };
    expect((await fetch(url, options)).ok).toBe(true);
  }

  /** How often GitHub made one: a call whose answer was lost has status 0, a repeated one is refused with 422. */
  async function creationsOf(branch: string): Promise<number> {
    const requests = await askedOf<{ method: string; path: string; status: number; body?: { head?: string } }>(house.state.peers.github);
    return requests.filter((request) => request.method === 'POST' && /\/pulls$/.test(request.path) && request.status !== 422 && request.body?.head === branch).length;
  }

  it('keeps the patch of a push that failed, and publishes it when asked again', async () => {
    await fault({ match: { path: 'git-receive-pack' }, times: 50, status: 503 });
    const id = await house.handIn({ prompt: PROMPT });
    const failed = await house.ada.until(id, ['completed', 'failed']);
    expect(failed).toMatchObject({ status: 'failed', statusReason: 'push_failed', pullRequest: null });
    const patch = await house.ada.get<string>(`/tasks/${id}/diff`);
    expect(patch.status).toBe(200);
    expect(patch.body).toContain('diff --git');
    expect(house.remoteHead(id)).toBe('');

    await fault(null);
    const calls = (await house.ada.get<{ usage: { modelCalls: number } }>(`/tasks/${id}`)).body.usage.modelCalls;
    const again = await house.ada.post(`/tasks/${id}/publish`, {});
    expect(again).toMatchObject({ status: 202, body: { cause: 'publish' } });
    const task = await house.ada.until(id, ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'completed', pullRequest: { status: 'open' }, usage: { modelCalls: calls } });
    expect(house.remoteHead(id)).toMatch(/^[0-9a-f]{40}$/);
    expect((await house.ada.post(`/tasks/${id}/publish`, {})).status).toBe(409);
  }, 120_000);

  it('finds the pull request whose answer was lost', async () => {
    await fault({ match: { method: 'POST', path: '/pulls' }, times: 1, cut: 'after' });
    const id = await house.handIn({ prompt: PROMPT });
    const task = await house.ada.until(id, ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'completed', pullRequest: { status: 'open' } });
    expect(await creationsOf(`async-coder/${id}`)).toBe(1);
  }, 120_000);

  it('speaks to GitHub as its schema says, and leaves no token alive', () => expectGithubManners(house.state.peers.github), 60_000);
});
