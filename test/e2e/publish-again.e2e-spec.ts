import { execFileSync } from 'node:child_process';
import { ApiClient } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';

const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';

/** GitHub misbehaves while a task is being published: nothing is lost, nothing is done twice. */
describe('publishing when GitHub is in trouble', () => {
  let house: RunningQuickstart;
  let ada: ApiClient;

  beforeAll(async () => {
    house = await RunningQuickstart.start();
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
  }, 180_000);

  afterAll(async () => {
    await house?.stop();
  }, 60_000);

  beforeEach(() => fault(null));

  async function fault(fault: object | null): Promise<void> {
    const url = `${house.state.peers.github}/__peer/faults`;
    const options = fault === null ? { method: 'DELETE' } : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fault) };
    expect((await fetch(url, options)).ok).toBe(true);
  }

  async function submit(): Promise<string> {
    const { status, body } = await ada.post('/tasks', { prompt: PROMPT, repositoryId: house.state.repository.id });
    expect(status).toBe(201);
    return String(body.id);
  }

  function remoteHead(branch: string): string {
    return execFileSync('git', ['ls-remote', house.state.repository.cloneUrl, `refs/heads/${branch}`], { encoding: 'utf8' }).split('\t')[0] ?? '';
  }

  /** How often GitHub made one: a call whose answer was lost has status 0, a repeated one is refused with 422. */
  async function creationsOf(branch: string): Promise<number> {
    const requests = (await (await fetch(`${house.state.peers.github}/__peer/requests`)).json()) as { data: { method: string; path: string; status: number; body?: { head?: string } }[] };
    return requests.data.filter((request) => request.method === 'POST' && /\/pulls$/.test(request.path) && request.status !== 422 && request.body?.head === branch).length;
  }

  it('keeps the patch of a push that failed, and publishes it when asked again', async () => {
    await fault({ match: { path: 'git-receive-pack' }, times: 50, status: 503 });
    const id = await submit();
    const failed = await ada.until(id, ['completed', 'failed']);
    expect(failed).toMatchObject({ status: 'failed', statusReason: 'push_failed', pullRequest: null });
    const patch = await ada.get<string>(`/tasks/${id}/diff`);
    expect(patch.status).toBe(200);
    expect(patch.body).toContain('diff --git');
    expect(remoteHead(`async-coder/${id}`)).toBe('');

    await fault(null);
    const calls = (await ada.get<{ usage: { modelCalls: number } }>(`/tasks/${id}`)).body.usage.modelCalls;
    const again = await ada.post(`/tasks/${id}/publish`, {});
    expect(again).toMatchObject({ status: 202, body: { cause: 'publish' } });
    const task = await ada.until(id, ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'completed', pullRequest: { status: 'open' }, usage: { modelCalls: calls } });
    expect(remoteHead(`async-coder/${id}`)).toMatch(/^[0-9a-f]{40}$/);
    expect((await ada.post(`/tasks/${id}/publish`, {})).status).toBe(409);
  }, 120_000);

  it('finds the pull request whose answer was lost', async () => {
    await fault({ match: { method: 'POST', path: '/pulls' }, times: 1, cut: 'after' });
    const id = await submit();
    const task = await ada.until(id, ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'completed', pullRequest: { status: 'open' } });
    expect(await creationsOf(`async-coder/${id}`)).toBe(1);
  }, 120_000);

  it('speaks to GitHub as its schema says', async () => {
    const { data } = (await (await fetch(`${house.state.peers.github}/__peer/violations`)).json()) as { data: unknown[] };
    expect(data).toEqual([]);
  });
});
