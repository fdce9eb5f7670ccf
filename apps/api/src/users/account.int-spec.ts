import { anAccessToken, anApiKey, aGitRepo, aPullRequest, aTask, aTaskRow } from '@app/domain/testing';
import { TeamHouse } from '../organizations/testing/team-house';
import type { SignedIn } from '../testing/test-api';

let house: TeamHouse;
beforeAll(async () => {
  house = await TeamHouse.open();
}, 60_000);
afterAll(() => house.close());

const profile = async (person: SignedIn) => (await house.api.send('get', '/api/v1/users/profile', person)).body as { username: string };
const erase = async (person: SignedIn, confirm?: unknown) => house.api.send('delete', '/api/v1/users/profile', person).send({ confirm: confirm ?? (await profile(person)).username });

describe('DELETE /users/profile', () => {
  it('wants the username', async () => {
    const person = await house.api.signUp();
    expect(await erase(person, 'somebody')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/confirm', code: 'not_confirmed' }] } });
    expect((await erase(person, 5)).status).toBe(422);
    expect((await house.api.send('delete', '/api/v1/users/profile', person)).status).toBe(422);
    expect((await profile(person)).username).toBeTruthy();
  });

  it('ends everything that is the person, and cancels what runs', async () => {
    const person = await house.api.signUp();
    const { dataSource } = house.api.database;
    const alone = await house.team(person);
    const team = await house.team();
    await house.sql(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'member')`, team.id, person.userId);
    const owners = [person.organizationId, alone.id].map((organizationId) => ({ organizationId, userId: person.userId }));
    await Promise.all(owners.map((owner) => anApiKey(dataSource, owner)));
    await anAccessToken(dataSource, 'ac_pat_gone', { userId: person.userId, organizationId: team.id });
    const repo = await aGitRepo(dataSource, { organizationId: alone.id });
    const { task } = await aTask(dataSource, { organizationId: alone.id, userId: person.userId, repositoryId: repo.id, status: 'queued' });

    const answer = await erase(person);
    expect(answer.status).toBe(204);
    expect(String(answer.headers['set-cookie'])).toContain('ac_refresh=;');
    expect((await house.api.send('get', '/api/v1/users/profile', person)).status).toBe(401);
    expect((await house.api.send('post', '/api/v1/auth/login').send({ email: person.email, password: person.password })).status).toBe(401);
    const [left] = await house.sql<object>(
      `SELECT (SELECT count(*)::int FROM users WHERE email = $2) AS users, (SELECT count(*)::int FROM api_keys WHERE user_id = $1 AND key_ciphertext IS NOT NULL) AS keys,
              (SELECT count(*)::int FROM personal_access_tokens WHERE user_id = $1) AS tokens, (SELECT count(*)::int FROM organization_members WHERE user_id = $1) AS memberships,
              (SELECT status FROM organizations WHERE id = $3) AS alone, (SELECT status FROM organizations WHERE id = $4) AS team, (SELECT status FROM tasks WHERE id = $5) AS task`,
      person.userId, person.email, alone.id, team.id, task.id,
    );
    expect(left).toEqual({ users: 0, keys: 0, tokens: 0, memberships: 0, alone: 'deleted', team: 'active', task: 'cancelled' });
    expect((await house.api.send('post', '/api/v1/auth/register').send({ email: person.email, password: person.password })).status).toBe(201);
  });

  it('leaves no way to a second sign-up grant, and only a digest of the address', async () => {
    const grants = (email: string) => house.sql<{ grants: number; plan: string }>(
      `SELECT (SELECT count(*)::int FROM credit_grants g WHERE g.organization_id = o.id) AS grants, p.name AS plan
         FROM users u JOIN organizations o ON o.owner_user_id = u.id AND o.kind = 'personal' JOIN subscriptions s ON s.organization_id = o.id JOIN subscription_plans p ON p.id = s.plan_id WHERE u.email = $1`, email);
    const password = 'a long enough passphrase';
    const signUp = async (email: string) => {
      const answer = await house.api.send('post', '/api/v1/auth/register').send({ email, password });
      expect(answer.status).toBe(201);
      const { accessToken, user } = answer.body as { accessToken: string; user: { username: string } };
      return { accessToken, username: user.username };
    };
    const first = await signUp('twice.granted@example.com');
    expect(await grants('twice.granted@example.com')).toEqual([{ grants: 1, plan: 'free' }]);
    expect((await house.api.send('delete', '/api/v1/users/profile').set('Authorization', `Bearer ${first.accessToken}`).send({ confirm: first.username })).status).toBe(204);
    await signUp('Twice.Granted+again@example.com');
    expect(await grants('Twice.Granted+again@example.com')).toEqual([{ grants: 0, plan: 'free' }]);
    await signUp('somebody.else@example.com');
    expect(await grants('somebody.else@example.com')).toEqual([{ grants: 1, plan: 'free' }]);
    expect(await house.sql(`SELECT length(digest)::int AS bytes FROM granted_addresses g WHERE g.digest = (SELECT digest FROM granted_addresses ORDER BY created_at DESC LIMIT 1)`)).toEqual([{ bytes: 32 }]);
    await house.sql(`UPDATE granted_addresses SET created_at = now() - interval '13 months'`);
    await signUp('twice.granted@example.com');
    expect(await grants('twice.granted@example.com')).toEqual([{ grants: 1, plan: 'free' }]);
  });

  it('is refused to the only owner of a team with others in it', async () => {
    const { id, owner } = await house.team();
    const other = await house.person(id, 'member');
    expect(await erase(owner)).toMatchObject({ status: 409, body: { code: 'last_owner', organizationIds: [id] } });
    await house.sql(`UPDATE organization_members SET role = 'owner' WHERE user_id = $1 AND organization_id = $2`, other.userId, id);
    expect((await erase(owner)).status).toBe(204);
    expect(await house.roles(id)).toEqual({ [other.userId]: 'owner' });
  });

  it('leaves a team an owner when its two owners delete their accounts at once', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, owner } = await house.team();
      const second = await house.person(id, 'owner');
      await house.person(id, 'member');
      const answers = await Promise.all([erase(owner), erase(second)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
      expect(Object.values(await house.roles(id)).sort()).toEqual(['member', 'owner']);
    }
  });
});

describe('GET /users/stats', () => {
  it('counts the own tasks of the current organization', async () => {
    const { id: organizationId, owner } = await house.team();
    const other = await house.person(organizationId, 'member');
    const { dataSource } = house.api.database;
    const repo = await aGitRepo(dataSource, { organizationId });
    const mine = { organizationId, userId: owner.userId, repositoryId: repo.id };
    for (const status of ['completed', 'completed', 'failed', 'timed_out', 'in_progress', 'queued'] as const) await aTask(dataSource, { ...mine, status });
    await aTaskRow(dataSource, { ...mine, userId: other.userId });
    const { task } = await aTask(dataSource, { ...mine, status: 'completed' });
    await aPullRequest(dataSource, { repositoryId: repo.id, taskId: task.id, origin: 'agent', status: 'merged', mergedAt: new Date() });
    await aPullRequest(dataSource, { repositoryId: repo.id, taskId: task.id, origin: 'agent' });
    const stats = (person: SignedIn, at: string) => house.api.send('get', '/api/v1/users/stats', person).set('X-Organization-Id', at);
    expect((await stats(owner, organizationId)).body).toEqual({ tasks: { total: 7, completed: 3, failed: 2, running: 1 }, credits30d: 0, credits30dMicros: 0, pullRequests: { opened: 2, merged: 1 } });
    expect((await stats(other, organizationId)).body).toMatchObject({ tasks: { total: 1 } });
    expect((await stats(owner, owner.organizationId)).body).toMatchObject({ tasks: { total: 0 } });
  });
});

it('a profile change tells which fields, to the organization it was made in', async () => {
  const person = await house.api.signUp();
  await house.api.send('put', '/api/v1/users/profile', person).send({ bio: 'about me', company: null });
  await house.api.send('put', '/api/v1/users/profile', person).send({});
  const rows = (await house.audit(person.organizationId)).filter(({ action }) => action === 'user.updated');
  expect(rows).toEqual([{ action: 'user.updated', actorId: person.userId, targetId: person.userId, changes: { fields: ['bio', 'company'] } }]);
});
