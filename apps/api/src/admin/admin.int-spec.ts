import { newId } from '@app/common';
import { aGitRepo, aTask, aWebhookDelivery } from '@app/domain/testing';
import type { SignedIn } from '../testing/test-api';
import { type Answer, TeamHouse } from '../organizations/testing/team-house';

let house: TeamHouse;
let admin: SignedIn;
let support: SignedIn;
beforeAll(async () => {
  house = await TeamHouse.open();
  [admin, support] = [await staff('admin'), await staff('support')];
}, 60_000);
afterAll(() => house.close());

async function staff(role: 'support' | 'admin'): Promise<SignedIn> {
  const person = await house.api.signUp();
  await house.sql('UPDATE users SET role = $1 WHERE id = $2', role, person.userId);
  return person;
}

const send = (method: 'get' | 'post' | 'patch', path: string, as: SignedIn = admin) => house.api.send(method, `/api/v1/admin${path}`, as);
const patch = (person: SignedIn, body: object, as = admin) => send('patch', `/users/${person.userId}`, as).send(body);
const lastAudit = async (targetId: string) =>
  (await house.sql<object>('SELECT organization_id AS "organizationId", actor_type AS "actorType", actor_id AS "actorId", action, changes FROM audit_logs WHERE target_id = $1 ORDER BY id DESC LIMIT 1', targetId))[0];

describe('who may', () => {
  const id = newId();
  const routes: ['get' | 'post' | 'patch', string, 'support' | 'admin'][] = [
    ['get', '/users', 'support'], ['get', `/users/${id}`, 'support'], ['patch', `/users/${id}`, 'admin'], ['get', `/users/${id}/sessions`, 'support'], ['post', `/users/${id}/revoke-sessions`, 'admin'],
    ['post', `/users/${id}/credits`, 'admin'], ['get', '/audit-logs', 'support'], ['get', '/stats', 'support'], ['get', '/tasks', 'support'], ['post', `/tasks/${id}/fail`, 'admin'],
  ];

  it.each(routes)('%s %s: %s and above', async (method, path, least) => {
    const person = await house.api.signUp();
    expect([(await send(method, path, person)).status, (await house.api.send(method, `/api/v1/admin${path}`)).status]).toEqual([403, 401]);
    expect((await send(method, path, support)).status === 403).toBe(least === 'admin');
    expect((await send(method, path, admin)).status).not.toBe(403);
  });
});

describe('GET /admin/users', () => {
  it('pages, and filters by part of a name, status and role', async () => {
    const first = (await send('get', '/users?limit=1', support)).body as { data: Answer[]; nextCursor: string };
    const second = (await send('get', `/users?limit=1&cursor=${first.nextCursor}`, support)).body as { data: Answer[] };
    expect(first.data[0]?.id).not.toBe(second.data[0]?.id);
    const people = async (query: string) => ((await send('get', `/users?${query}`)).body as { data: Answer[] }).data.map(({ id }) => id);
    expect(await people(`q=${admin.email.toUpperCase()}`)).toEqual([admin.userId]);
    expect(await people(`q=${support.userId}`)).toEqual([support.userId]);
    expect(await people('role=support')).toEqual([support.userId]);
    expect(await people('status=deleted')).toEqual([]);
    expect((await send('get', '/users?status=nonsense')).status).toBe(400);
  });

  it('shows one, with its organizations and sessions', async () => {
    const { id, owner } = await house.team();
    const answer = await send('get', `/users/${owner.userId}`, support);
    expect(answer).toMatchObject({ status: 200, body: { email: owner.email, role: 'user', status: 'active', organizations: [{ kind: 'personal' }, { id, role: 'owner' }] } });
    expect(answer.text).not.toMatch(/hash|token/i);
    expect((await send('get', `/users/${owner.userId}/sessions`, support)).body).toMatchObject({ data: [{ authMethod: 'password', current: false }], nextCursor: null });
    expect([(await send('get', `/users/${newId()}`)).status, (await send('get', `/users/${newId()}/sessions`)).status]).toEqual([404, 404]);
  });
});

describe('PATCH /admin/users/{id}', () => {
  it('suspends at once, whatever the credential, and lets in again', async () => {
    const person = await house.api.signUp();
    const { token } = (await house.api.send('post', '/api/v1/auth/tokens', person).send({ name: 'script', scopes: ['tasks:read'] })).body as { token: string };
    const byToken = () => house.api.send('get', '/api/v1/tasks', { accessToken: token });
    expect((await byToken()).status).toBe(200);
    expect(await patch(person, { status: 'suspended' })).toMatchObject({ status: 200, body: { status: 'suspended' } });
    expect((await house.api.send('get', '/api/v1/users/profile', person)).status).toBe(403);
    expect(await byToken()).toMatchObject({ status: 403, body: { code: 'account_suspended' } });
    expect((await house.api.send('post', '/api/v1/auth/refresh').send({ refreshToken: person.refreshToken })).status).toBe(401);
    expect((await house.api.send('post', '/api/v1/auth/login').send({ email: person.email, password: person.password })).body).toMatchObject({ code: 'account_suspended' });
    expect(await lastAudit(person.userId)).toEqual({ organizationId: null, actorType: 'admin', actorId: admin.userId, action: 'user.changed_by_staff', changes: { status: { from: 'active', to: 'suspended' } } });

    expect((await patch(person, { status: 'active' })).status).toBe(200);
    expect((await byToken()).status).toBe(200);
    expect((await house.api.send('get', '/api/v1/users/profile', person)).status).toBe(401);
    expect((await house.api.send('post', '/api/v1/auth/login').send({ email: person.email, password: person.password })).status).toBe(200);
  });

  it('gives and takes roles, and what they open, at once', async () => {
    const person = await house.api.signUp();
    expect((await patch(person, { role: 'support' })).status).toBe(200);
    expect((await send('get', '/stats', person)).status).toBe(200);
    expect((await patch(person, { role: 'user' })).status).toBe(200);
    expect((await send('get', '/stats', person)).status).toBe(403);
  });

  it('keeps everybody from their own account, and to the fields that are declared', async () => {
    expect((await patch(admin, { role: 'user' })).status).toBe(403);
    expect((await patch(admin, { status: 'suspended' })).status).toBe(403);
    const person = await house.api.signUp();
    for (const body of [{ status: 'deleted' }, { role: 'god' }, { role: null }, { email: 'x@example.com' }, { passwordHash: 'x' }, { tokenVersion: 0 }, { clerkId: 'x' }]) expect([body, (await patch(person, body)).status]).toEqual([body, 422]);
    expect((await send('patch', `/users/${newId()}`).send({ role: 'support' })).status).toBe(404);
  });

  it('keeps to If-Match', async () => {
    const person = await house.api.signUp();
    const tag = (await send('get', `/users/${person.userId}`)).headers['etag'] ?? '';
    const change = (role: string) => patch(person, { role }).set('If-Match', tag);
    const statuses = await Promise.all([change('support'), change('admin')]);
    expect(statuses.map(({ status }) => status).sort()).toEqual([200, 412]);
    await house.sql(`UPDATE users SET role = 'user' WHERE id = $1`, person.userId);
  });

  it('leaves one admin: of two who take the role from each other at once, one keeps it', async () => {
    for (let round = 0; round < 5; round++) {
      const other = await staff('admin');
      const answers = await Promise.all([patch(other, { role: 'user' }, admin), patch(admin, { status: 'suspended' }, other)]);
      const active = await house.sql<{ id: string }>(`SELECT id FROM users WHERE role = 'admin' AND status = 'active'`);
      expect(active).toHaveLength(1);
      expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
      admin = active[0]?.id === admin.userId ? admin : other;
    }
    const erased = await house.api.send('get', '/api/v1/users/profile', admin);
    const { username } = erased.body as { username: string };
    expect(await house.api.send('delete', '/api/v1/users/profile', admin).send({ confirm: username })).toMatchObject({ status: 409, body: { code: 'last_admin' } });
  });
});

it('POST …/revoke-sessions ends every session at once', async () => {
  const person = await house.api.signUp();
  expect((await send('post', `/users/${person.userId}/revoke-sessions`)).status).toBe(204);
  expect((await house.api.send('get', '/api/v1/users/profile', person)).status).toBe(401);
  expect((await house.api.send('post', '/api/v1/auth/refresh').send({ refreshToken: person.refreshToken })).status).toBe(401);
  expect((await send('get', `/users/${person.userId}/sessions`)).body).toMatchObject({ data: [] });
  expect(await lastAudit(person.userId)).toMatchObject({ actorType: 'admin', action: 'user.sessions_revoked' });
  expect((await send('post', `/users/${newId()}/revoke-sessions`)).status).toBe(404);
});

describe('POST /admin/users/{id}/credits', () => {
  const give = (person: SignedIn, body: object, key: string | null = newId()) => {
    const test = send('post', `/users/${person.userId}/credits`);
    return (key === null ? test : test.set('Idempotency-Key', key)).send(body);
  };

  it('gives once per key, also of ten calls at once', async () => {
    const person = await house.api.signUp();
    const { organizationId } = person;
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 10 }, () => give(person, { organizationId, amount: 12.345678, reason: 'Sorry' }, key)));
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect(await give(person, { organizationId, amount: 12.345678, reason: 'Sorry' }, key)).toMatchObject({ status: 200, body: { amountMicros: 12_345_678, availableMicros: 112_345_678 } });
    expect((await house.api.send('get', '/api/v1/users/credits', person)).body).toMatchObject({ available: 112.345678 });
    expect(await lastAudit(organizationId)).toEqual({ organizationId, actorType: 'admin', actorId: admin.userId, action: 'credits.granted', changes: { userId: person.userId, amount: 12.345678, reason: 'Sorry' } });
  });

  it('needs a key, an amount, a reason, and an organization of the user', async () => {
    const [person, other] = [await house.api.signUp(), await house.api.signUp()];
    const { organizationId } = person;
    expect(await give(person, { organizationId, amount: 1, reason: 'x' }, null)).toMatchObject({ status: 400, body: { errors: [{ parameter: 'Idempotency-Key', code: 'required' }] } });
    for (const amount of [0, -5, 1e-7, '5', null, 1e15]) expect([amount, (await give(person, { organizationId, amount, reason: 'x' })).status]).toEqual([amount, 422]);
    expect((await give(person, { organizationId, amount: 1 })).status).toBe(422);
    expect((await give(person, { organizationId: other.organizationId, amount: 1, reason: 'x' })).status).toBe(404);
    expect((await house.api.send('get', '/api/v1/users/credits', other)).body).toMatchObject({ available: 100 });
  });
});

it('GET /admin/audit-logs reads all of them, filtered', async () => {
  const { id, owner } = await house.team();
  const data = async (query: string) => ((await send('get', `/audit-logs?${query}`, support)).body as { data: Answer[] }).data;
  expect(await data(`organizationId=${id}`)).toMatchObject([{ action: 'organization.created', organizationId: id, actor: { type: 'user', id: owner.userId, username: expect.any(String) as string }, target: { type: 'organization', id } }]);
  expect((await data(`actor=${owner.userId}&action=organization.created`)).map(({ organizationId }) => organizationId)).toEqual([id]);
  expect(await data(`target=${id}&to=2020-01-01T00:00:00Z`)).toEqual([]);
});

describe('tasks', () => {
  const aLiveTask = async (status: 'queued' | 'in_progress' | 'paused') => {
    const { id: organizationId, owner } = await house.team();
    const repo = await aGitRepo(house.api.database.dataSource, { organizationId });
    const { task } = await aTask(house.api.database.dataSource, { organizationId, userId: owner.userId, repositoryId: repo.id, status, title: 'A secret plan' });
    return { id: task.id, organizationId, owner };
  };

  it('are listed without what they say', async () => {
    const { id, organizationId, owner } = await aLiveTask('in_progress');
    const answer = await send('get', `/tasks?organizationId=${organizationId}&status=queued,in_progress&userId=${owner.userId}`, support);
    expect(answer.body).toMatchObject({ data: [{ id, status: 'in_progress', attemptStatus: 'running', workerId: 'worker-1' }], nextCursor: null });
    expect(answer.text).not.toContain('secret plan');
    expect((await send('get', '/tasks?status=nonsense')).status).toBe(400);
  });

  it.each(['queued', 'in_progress'] as const)('are failed when %s, once, and may be retried', async (status) => {
    const { id, organizationId } = await aLiveTask(status);
    const fail = () => send('post', `/tasks/${id}/fail`).send({ reason: 'Stuck since noon' });
    const answers = await Promise.all([fail(), fail(), fail()]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409]);
    expect(answers.find((answer) => answer.status === 200)?.body).toMatchObject({ id, status: 'failed', statusReason: 'stuck', errorCode: 'stuck', attemptStatus: 'failed' });
    expect(await lastAudit(id)).toEqual({ organizationId, actorType: 'admin', actorId: admin.userId, action: 'task.failed_by_staff', changes: { status: { from: status, to: 'failed' }, reason: 'Stuck since noon' } });
    expect(await house.sql('SELECT 1 FROM task_analytics WHERE task_id = $1', id)).toHaveLength(1);
  });

  it('are left alone when nobody runs them', async () => {
    const { id } = await aLiveTask('paused');
    expect(await send('post', `/tasks/${id}/fail`).send({ reason: 'x' })).toMatchObject({ status: 409, body: { code: 'task_not_cancellable' } });
    expect((await send('post', `/tasks/${newId()}/fail`).send({ reason: 'x' })).status).toBe(404);
  });
});

it('GET /admin/stats counts what waits and what should not', async () => {
  const before = (await send('get', '/stats', support)).body as { rows: Record<string, number>; users: { active: number } };
  await aWebhookDelivery(house.api.database.dataSource, { nextAttemptAt: new Date(Date.now() - 3_600_000) });
  await aWebhookDelivery(house.api.database.dataSource, { status: 'dead' });
  await house.sql(`UPDATE task_attempts SET available_at = now() - interval '1 hour' WHERE status = 'queued'`);
  const after = (await send('get', '/stats', support)).body as typeof before;
  expect([after.rows['overdueIncomingWebhooks'], after.rows['deadIncomingWebhooks'], after.rows['incomingWebhooks']]).toEqual([
    (before.rows['overdueIncomingWebhooks'] ?? 0) + 1, (before.rows['deadIncomingWebhooks'] ?? 0) + 1, (before.rows['incomingWebhooks'] ?? 0) + 1,
  ]);
  expect(after.rows['stuckAttempts']).toBe(after.rows['queuedAttempts']);
  expect(after.users.active).toBeGreaterThan(10);
});
