import type { SignedIn } from '../../testing/test-api';
import { TeamHouse } from '../testing/team-house';

interface Listed {
  readonly data: { readonly userId: string; readonly email: string | null; readonly role: string }[];
  readonly nextCursor: string | null;
}

let house: TeamHouse;
beforeAll(async () => {
  house = await TeamHouse.open();
}, 60_000);
afterAll(() => house.close());

const setRole = (path: string, as: SignedIn, who: SignedIn, role: string) => house.api.send('patch', `${path}/members/${who.userId}`, as).send({ role });
const remove = (path: string, as: SignedIn, who: SignedIn) => house.api.send('delete', `${path}/members/${who.userId}`, as);

describe('GET /organizations/{id}/members', () => {
  it('pages through all of them, and shows addresses to admins alone', async () => {
    const { path, people } = await house.crew();
    const first = (await house.api.send('get', `${path}/members?limit=3&order=asc`, people.admin)).body as Listed;
    const second = (await house.api.send('get', `${path}/members?limit=3&order=asc&cursor=${first.nextCursor}`, people.admin)).body as Listed;
    const all = [...first.data, ...second.data];
    expect([first.data.length, second.data.length, second.nextCursor]).toEqual([3, 2, null]);
    expect(Object.fromEntries(all.map(({ role, email }) => [role, email]))).toEqual(Object.fromEntries(Object.entries(people).map(([role, person]) => [role, person.email])));
    const seen = ((await house.api.send('get', `${path}/members`, people.viewer)).body as Listed).data;
    expect(seen.filter(({ email }) => email !== null)).toEqual([expect.objectContaining({ userId: people.viewer.userId, email: people.viewer.email })]);
  });
});

describe('PATCH …/members/{userId}', () => {
  it('changes a role at once, and says who did it', async () => {
    const { id, path, people } = await house.crew();
    const answer = await setRole(path, people.admin, people.viewer, 'admin');
    expect(answer).toMatchObject({ status: 200, body: { userId: people.viewer.userId, role: 'admin' } });
    expect((await house.api.send('get', `${path}/audit-logs`, people.viewer)).status).toBe(200);
    expect((await house.audit(id)).at(-1)).toEqual({ action: 'member.role_changed', actorId: people.admin.userId, targetId: people.viewer.userId, changes: { role: { from: 'viewer', to: 'admin' } } });
    const tag = answer.headers['etag'] ?? '';
    expect((await setRole(path, people.admin, people.viewer, 'member').set('If-Match', '"0"')).status).toBe(412);
    expect((await setRole(path, people.admin, people.viewer, 'member').set('If-Match', tag)).status).toBe(200);
  });

  it('lets only owners make, change or remove owners', async () => {
    const { id, path, people } = await house.crew();
    expect((await setRole(path, people.admin, people.member, 'owner')).status).toBe(403);
    expect((await setRole(path, people.admin, people.owner, 'viewer')).status).toBe(403);
    expect((await remove(path, people.admin, people.owner)).status).toBe(403);
    expect((await setRole(path, people.admin, people.admin, 'owner')).status).toBe(403);
    expect((await setRole(path, people.owner, people.admin, 'owner')).status).toBe(200);
    expect((await setRole(path, people.admin, people.owner, 'member')).status).toBe(200);
    expect(await house.roles(id)).toMatchObject({ [people.owner.userId]: 'member', [people.admin.userId]: 'owner' });
    // Whom the organization's row names as its owner is one.
    expect(await house.sql('SELECT owner_user_id AS owner FROM organizations WHERE id = $1', id)).toEqual([{ owner: people.admin.userId }]);
  });

  it('answers 404 for people who do not belong to it', async () => {
    const { path, people } = await house.crew();
    const stranger = await house.api.signUp();
    expect((await setRole(path, people.owner, stranger, 'member')).status).toBe(404);
    expect((await remove(path, people.owner, stranger)).status).toBe(404);
  });

  it('revokes the open invitations of who may not invite any more', async () => {
    const { path, people } = await house.crew();
    const { token } = (await house.api.send('post', `${path}/invitations`, people.admin).send({ email: 'second-self@example.com', role: 'admin' })).body as { token: string };
    expect((await setRole(path, people.owner, people.admin, 'member')).status).toBe(200);
    expect((await house.api.send('post', '/api/v1/invitations/accept', people.viewer).send({ token })).status).toBe(404);
  });
});

describe('the last owner', () => {
  it('can neither leave nor be demoted', async () => {
    const { id, path, people } = await house.crew();
    for (const answer of [await remove(path, people.owner, people.owner), await setRole(path, people.owner, people.owner, 'admin')]) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'last_owner' } });
    }
    expect(await house.roles(id)).toMatchObject({ [people.owner.userId]: 'owner' });
    expect(await remove(`/api/v1/organizations/${people.owner.organizationId}`, people.owner, people.owner)).toMatchObject({ status: 409, body: { code: 'last_owner' } });
  });

  it('is whoever of several owners tries it last, all at once, ten times over', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, path, owner } = await house.team();
      const owners = [owner, ...(await Promise.all([1, 2, 3].map(() => house.person(id, 'owner'))))];
      const answers = await Promise.all(
        owners.map((person, n) => {
          if (n === 0) return remove(path, person, person);
          if (n === 1) return setRole(path, person, person, 'viewer');
          return n === 2 ? remove(path, person, owners[3] as SignedIn) : remove(path, person, owners[2] as SignedIn);
        }),
      );
      const left = Object.values(await house.roles(id)).filter((role) => role === 'owner');
      expect(left.length).toBeGreaterThanOrEqual(1);
      expect(answers.map(({ status }) => status).every((status) => [200, 204, 403, 404, 409].includes(status))).toBe(true);
    }
  });

  it('is one of two who leave at once, every time', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, path, owner } = await house.team();
      const other = await house.person(id, 'owner');
      const answers = await Promise.all([remove(path, owner, owner), remove(path, other, other)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
      const [row] = await house.sql<{ owner: string }>('SELECT owner_user_id AS owner FROM organizations WHERE id = $1', id);
      expect(await house.roles(id)).toEqual({ [row?.owner ?? '']: 'owner' });
    }
  });
});

describe('DELETE …/members/{userId}', () => {
  it('lets everybody leave, and admins remove all but owners', async () => {
    const { id, path, people } = await house.crew();
    expect((await remove(path, people.member, people.viewer)).status).toBe(403);
    expect((await remove(path, people.viewer, people.viewer)).status).toBe(204);
    expect((await remove(path, people.admin, people.member)).status).toBe(204);
    expect((await remove(path, people.admin, people.admin)).status).toBe(204);
    expect(Object.values(await house.roles(id)).sort()).toEqual(['billing', 'owner']);
    expect((await house.audit(id)).slice(-3).map(({ action, actorId, targetId }) => [action, actorId, targetId])).toEqual([
      ['member.left', people.viewer.userId, people.viewer.userId], ['member.removed', people.admin.userId, people.member.userId], ['member.left', people.admin.userId, people.admin.userId],
    ]);
  });

  it('takes away at once what the membership carried', async () => {
    const { id, path, people } = await house.crew();
    const { member } = people;
    await house.sql('UPDATE users SET default_organization_id = $1 WHERE id = $2', id, member.userId);
    const tokenIn = async (organizationId: string) =>
      ((await house.api.send('post', '/api/v1/auth/tokens', member).set('X-Organization-Id', organizationId).send({ name: 'script', scopes: ['tasks:read'] })).body as { token: string }).token;
    const [ofTeam, ofHome] = [await tokenIn(id), await tokenIn(member.organizationId)];
    const byToken = async (accessToken: string) => (await house.api.send('get', '/api/v1/tasks', { accessToken })).status;
    expect([await byToken(ofTeam), await byToken(ofHome)]).toEqual([200, 200]);
    expect((await house.api.send('get', '/api/v1/users/profile', { accessToken: ofTeam })).body).toMatchObject({ organization: { id }, organizations: [{ id }] });
    // Such a token names no scope for organizations.
    expect((await house.api.send('get', path, { accessToken: ofTeam })).status).toBe(403);
    expect((await house.api.send('get', '/api/v1/users/profile', member)).body).toMatchObject({ organization: { id } });

    expect((await remove(path, people.admin, member)).status).toBe(204);
    expect((await house.api.send('get', '/api/v1/users/profile', member)).body).toMatchObject({ organization: { id: member.organizationId } });
    expect((await house.api.send('get', '/api/v1/tasks', member).set('X-Organization-Id', id)).status).toBe(404);
    expect((await house.api.send('get', path, member)).status).toBe(404);
    expect([await byToken(ofTeam), await byToken(ofHome)]).toEqual([401, 200]);
    // Nor do they come alive again with a new membership.
    await house.sql(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'member')`, id, member.userId);
    expect(await byToken(ofTeam)).toBe(401);
  });
});
