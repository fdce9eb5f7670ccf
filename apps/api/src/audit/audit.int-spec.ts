import { aGitRepo } from '@app/domain/testing';
import { type Answer, TeamHouse } from '../organizations/testing/team-house';
import type { SignedIn } from '../testing/test-api';

interface Listed {
  readonly data: (Answer & { readonly action: string; readonly actor: object; readonly target: object; readonly changes: object | null })[];
  readonly nextCursor: string | null;
}

let house: TeamHouse;
beforeAll(async () => {
  house = await TeamHouse.open();
  await house.sql('UPDATE subscription_plans SET max_tasks_per_day = NULL');
}, 60_000);
afterAll(() => house.close());

const read = async (path: string, as: SignedIn, query = ''): Promise<Listed> => (await house.api.send('get', `${path}/audit-logs?${query}`, as)).body as Listed;

it('tells who did what from where, newest first, page by page', async () => {
  const { id, path, owner } = await house.team();
  for (const name of ['a', 'b', 'c', 'd']) await house.api.send('patch', path, owner).set('User-Agent', 'curl/8').set('X-Request-Id', `request-${name}`).send({ name });
  const all: Listed['data'] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Listed = await read(path, owner, `limit=2${cursor ? `&cursor=${cursor}` : ''}`);
    all.push(...page.data);
    cursor = page.nextCursor;
  }
  expect(all.map(({ changes }) => (changes as { name: string }).name)).toEqual(['d', 'c', 'b', 'a', 'Acme']);
  expect(all[0]).toMatchObject({
    action: 'organization.updated', actor: { type: 'user', id: owner.userId, username: expect.any(String) as string }, target: { type: 'organization', id }, ipAddress: expect.stringMatching(/127\.0\.0\.1/) as string,
    userAgent: 'curl/8', requestId: 'request-d',
  });
  expect((await read(path, owner, 'order=asc&limit=1')).data[0]).toMatchObject({ action: 'organization.created' });
});

it('filters by action, actor, target and time, and shows no other organization', async () => {
  const { path, people } = await house.crew();
  await house.api.send('patch', path, people.admin).send({ name: 'x' });
  await house.api.send('patch', `${path}/members/${people.viewer.userId}`, people.owner).send({ role: 'member' });
  const actions = async (query: string) => (await read(path, people.admin, query)).data.map(({ action }) => action);
  expect(await actions('action=member.role_changed')).toEqual(['member.role_changed']);
  expect(await actions(`actor=${people.admin.userId}`)).toEqual(['organization.updated']);
  expect(await actions(`target=${people.viewer.userId}`)).toEqual(['member.role_changed']);
  expect(await actions('targetType=organization')).toEqual(['organization.updated', 'organization.created']);
  expect(await actions(`to=2020-01-01T00:00:00Z`)).toEqual([]);
  expect((await actions('from=2020-01-01T00:00:00%2B01:00')).length).toBe(3);
  const elsewhere = await house.team();
  expect((await read(elsewhere.path, elsewhere.owner, `actor=${people.admin.userId}`)).data).toEqual([]);
  for (const query of ['action=x', 'from=yesterday', 'to=2026-02-30T00:00:00Z', 'actor=', 'nonsense=1', 'limit=101']) {
    expect([query, (await house.api.send('get', `${path}/audit-logs?${query}`, people.admin)).status]).toEqual([query, 400]);
  }
});

it('has a row of each thing people ask of a task, with the tasks of a repository that is disconnected', async () => {
  const person = await house.api.signUp();
  const { organizationId } = person;
  const repo = await aGitRepo(house.api.database.dataSource, { organizationId });
  const send = (method: 'post' | 'put' | 'delete', tail: string, body?: object) => house.api.send(method, `/api/v1${tail}`, person).send(body);
  const created = (await send('post', '/tasks', { prompt: 'Fix it', repositoryId: repo.id, draft: true })).body as Answer;
  const at = `/tasks/${created.id}`;
  await send('put', at, { title: 'New', draft: false });
  await send('post', `${at}/pause`, {});
  await send('post', `${at}/resume`, {});
  await send('post', `${at}/messages`, { content: 'A secret wish' });
  await send('post', `${at}/cancel`, { reason: 'Enough' });
  await send('post', `${at}/retry`, {});
  await send('delete', `/repositories/${repo.id}?force=true`);
  const rows = await house.audit(organizationId);
  expect(rows.filter(({ targetId }) => targetId === created.id).map(({ action }) => action)).toEqual([
    'task.created', 'task.updated', 'task.started', 'task.paused', 'task.resumed', 'task.message_sent', 'task.cancel_requested', 'task.retried', 'task.cancel_requested',
  ]);
  expect(rows.at(-1)).toMatchObject({ action: 'repository.disconnected', targetId: repo.id, changes: { cancelledTaskIds: [created.id] } });
  expect(rows.every(({ actorId }) => actorId === person.userId)).toBe(true);
  expect(JSON.stringify(rows)).not.toMatch(/secret wish|Fix it/);
});

it('keeps rows that nobody can change', async () => {
  const { id } = await house.team();
  await expect(house.sql('UPDATE audit_logs SET action = $2 WHERE organization_id = $1', id, 'x.y')).rejects.toThrow('append-only');
  await expect(house.sql('DELETE FROM audit_logs WHERE organization_id = $1', id)).rejects.toThrow('append-only');
});
