import { expectGithubManners } from '../support/github-manners';
import { tellPeer } from '../support/peer-script';
import { TaskHouse } from '../support/task-house';

/** Work that changes what CI runs waits for a person, and a forge that wants a pause gets one. */
describe('a change that somebody has to approve', () => {
  let house: TaskHouse;
  const writes = (path: string, content: string) => ({
    calls: [
      { name: 'write', args: { path, content } },
      { name: 'submit', args: { title: 'Check more', summary: 'CI checks more.', testing: 'None.', risks: 'None.' } },
    ],
  });

  beforeAll(async () => {
    house = await TaskHouse.open();
    const { status } = await house.ada.send('PATCH', `/repositories/${house.state.repository.id}`, { settings: { protectedPaths: 'approve' } });
    expect(status).toBe(200);
  }, 180_000);

  afterAll(() => house?.close(), 60_000);

  it('is shown and not pushed, and goes on once it is approved', async () => {
    await house.model('script', { match: { text: 'WORKFLOW-1' }, by: 'calls', turns: [writes('.gitlab-ci.yml', 'test: true\n')] });
    const id = await house.handIn({ prompt: 'WORKFLOW-1: let CI check more.' });
    const held = await house.ada.until(id, ['waiting_for_approval', 'completed', 'failed']);
    expect(held).toMatchObject({ status: 'waiting_for_approval', statusReason: 'protected_paths', pullRequest: null });
    expect(house.remoteHead(id)).toBe('');
    expect((await house.ada.get<string>(`/tasks/${id}/diff`)).body).toContain('.gitlab-ci.yml');
    expect((await house.ada.post(`/tasks/${id}/plan/approve`, {})).status).toBe(409);

    await tellPeer(house.state.peers.github, 'faults', { match: { method: 'POST', path: '/pulls' }, status: 429, message: 'API rate limit exceeded', headers: { 'retry-after': '2' } });
    expect(await house.ada.post(`/tasks/${id}/publish`, {})).toMatchObject({ status: 202, body: { cause: 'publish' } });
    const done = await house.ada.until(id, ['completed', 'failed']);
    expect(done).toMatchObject({ status: 'completed', attemptCount: 2, pullRequest: expect.objectContaining({ number: expect.any(Number) as number }) as object });
    expect(house.remoteHead(id)).toMatch(/^[0-9a-f]{40}$/);
    const { rows } = await house.database.query<{ kind: string; status: string }>('SELECT kind, status FROM task_effects WHERE task_id = $1 ORDER BY created_at', [id]);
    expect(rows.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['push', 'pull_request', 'check_run']));
    await expectGithubManners(house.state.peers.github);
  }, 120_000);
});
