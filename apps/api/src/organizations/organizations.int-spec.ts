import { newId } from '@app/common';
import { aGitRepo, anAccessToken, anApiKey, aTask, aWebhookEndpoint } from '@app/domain/testing';
import { type Answer, TeamHouse } from './testing/team-house';

let house: TeamHouse;
beforeAll(async () => {
  house = await TeamHouse.open();
}, 60_000);
afterAll(() => house.close());

const create = async (body: object, key?: string) => {
  const person = await house.api.signUp();
  const send = () => {
    const test = house.api.send('post', '/api/v1/organizations', person);
    return (key === undefined ? test : test.set('Idempotency-Key', key)).send(body);
  };
  return { person, send, answer: await send() };
};

describe('POST /organizations', () => {
  it('makes a team with its owner, on the free plan and without credits', async () => {
    const { person, answer } = await create({ name: 'Ärzte & Söhne GmbH' });
    expect(answer).toMatchObject({ status: 201, body: { name: 'Ärzte & Söhne GmbH', slug: expect.stringMatching(/^arzte-sohne-gmbh-[0-9a-f]{8}$/) as string, kind: 'team', role: 'owner', memberCount: 1, lowBalance: null, settings: { allowedEmailDomains: [] } } });
    const { id } = answer.body as Answer;
    expect(answer.headers['location']).toBe(`/api/v1/organizations/${id}`);
    const credits = await house.api.send('get', '/api/v1/users/credits', person).set('X-Organization-Id', id);
    expect(credits.body).toMatchObject({ available: 0, lifetimeGranted: 0, grants: [] });
    expect((await house.api.send('get', '/api/v1/users/profile', person).set('X-Organization-Id', id)).body).toMatchObject({ subscription: { tier: 'free', status: 'active' } });
    expect(await house.audit(id)).toEqual([{ action: 'organization.created', actorId: person.userId, targetId: id, changes: { name: 'Ärzte & Söhne GmbH', slug: (answer.body as Answer)['slug'] } }]);
  });

  it('mints no credits, however many teams one person makes', async () => {
    const { person, send } = await create({ name: 'One' });
    for (let more = 0; more < 4; more++) expect((await send()).status).toBe(201);
    const [sum] = await house.sql<{ granted: string }>(
      'SELECT sum(a.lifetime_granted_micro) AS granted FROM credit_accounts a JOIN organization_members m ON m.organization_id = a.organization_id WHERE m.user_id = $1', person.userId,
    );
    expect(sum?.granted).toBe('100000000');
  });

  it('answers a repeated key with the first team', async () => {
    const { answer, send, person } = await create({ name: 'Once' }, newId());
    const again = await send();
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([201, answer.text, 'true']);
    expect(await house.sql('SELECT 1 FROM organization_members WHERE user_id = $1', person.userId)).toHaveLength(2);
  });

  it('of one slug there is one', async () => {
    const answers = await Promise.all([1, 2, 3].map(async () => house.api.send('post', '/api/v1/organizations', await house.api.signUp()).send({ name: 'Acme', slug: 'acme' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'slug_taken' });
  });

  it('nobody belongs to more than 100', async () => {
    const person = await house.api.signUp();
    await house.sql(
      `WITH o AS (INSERT INTO organizations (id, kind, name, slug, owner_user_id) SELECT gen_random_uuid(), 'team', 'x', 'many-' || n, $1 FROM generate_series(1, 98) n RETURNING id)
       INSERT INTO organization_members (organization_id, user_id, role) SELECT id, $1, 'owner' FROM o`, person.userId,
    );
    const answers = await Promise.all([1, 2, 3, 4].map(() => house.api.send('post', '/api/v1/organizations', person).send({ name: 'More' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'organization_limit', limit: 100 });
  });

  it.each([
    [{}, '/name'], [{ name: '' }, '/name'], [{ name: '  ' }, '/name'], [{ name: 'x'.repeat(201) }, '/name'], [{ name: 'x', slug: 'Ä' }, '/slug'], [{ name: 'x', slug: null }, '/slug'],
    [{ name: 'x', slug: '-x' }, '/slug'], [{ name: 'x', kind: 'personal' }, '/kind'], [{ name: 'x', ownerUserId: newId() }, '/ownerUserId'],
  ])('refuses %j', async (body, pointer) => {
    const { answer } = await create(body);
    expect([answer.status, (answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer]).toEqual([422, pointer]);
  });
});

describe('GET and PATCH /organizations/{id}', () => {
  it('shows it to its members, as their role, and to nobody else', async () => {
    const { path, people } = await house.crew();
    for (const [role, person] of Object.entries(people)) expect(await house.api.send('get', path, person)).toMatchObject({ status: 200, body: { role, memberCount: 5 } });
    const stranger = await house.api.signUp();
    const [foreign, missing] = await Promise.all([house.api.send('get', path, stranger), house.api.send('get', `/api/v1/organizations/${newId()}`, stranger)]);
    expect([foreign.status, missing.status]).toEqual([404, 404]);
    expect((await house.api.send('get', '/api/v1/organizations/nonsense', stranger)).status).toBe(400);
  });

  it('merges what an admin sends, by PATCH and PUT', async () => {
    const { id, path, people } = await house.crew();
    const patch = (body: object) => house.api.send('patch', path, people.admin).send(body);
    expect(await patch({ name: 'New', lowBalance: 12.345678, settings: { allowedEmailDomains: ['Example.COM'] } })).toMatchObject({
      status: 200, body: { name: 'New', lowBalance: 12.345678, lowBalanceMicros: 12_345_678, settings: { allowedEmailDomains: ['example.com'] } },
    });
    const put = await house.api.send('put', path, people.owner).send({ lowBalance: null });
    expect(put).toMatchObject({ status: 200, body: { name: 'New', lowBalance: null, settings: { allowedEmailDomains: ['example.com'] } } });
    expect((await house.audit(id)).filter(({ action }) => action === 'organization.updated').map(({ changes }) => changes)).toEqual([
      { name: 'New', lowBalance: 12.345678, settings: { allowedEmailDomains: ['example.com'] } }, { lowBalance: null },
    ]);
  });

  it.each<[pointer: string, body: object]>([
    ['/settings/extra', { settings: { extra: 1 } }], ['/settings', { settings: null }], ['/settings', { settings: [] }], ['/settings/allowedEmailDomains/0', { settings: { allowedEmailDomains: ['no domain'] } }],
    ['/lowBalance', { lowBalance: -1 }], ['/lowBalance', { lowBalance: 0.0000001 }], ['/lowBalance', { lowBalance: '5' }], ['/name', { name: null }],
    ...['id', 'kind', 'status', 'ownerUserId', 'stripeCustomerId', 'clerkOrgId', 'billingEmail', 'deletedAt', 'rowVersion', 'createdAt', 'role'].map((column): [string, object] => [`/${column}`, { [column]: 'x' }]),
  ])('refuses %s', async (pointer, body) => {
    const { path, owner } = await house.team();
    const before = (await house.api.send('get', path, owner)).body as object;
    const answer = await house.api.send('patch', path, owner).send(body);
    expect(answer.status).toBe(422);
    expect((answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer).toContain(pointer.split('/').slice(0, 3).join('/'));
    expect((await house.api.send('get', path, owner)).body).toEqual(before);
  });

  it('of changes at the same version one is made', async () => {
    const { path, owner } = await house.team();
    const tag = (await house.api.send('get', path, owner)).headers['etag'] ?? '';
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => house.api.send('patch', path, owner).set('If-Match', tag).send({ name })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect((await house.api.send('delete', path, owner).set('If-Match', tag)).status).toBe(412);
  });
});

describe('the role that counts', () => {
  it('is the one in the organization of the path, whatever the header names', async () => {
    const { path, people } = await house.crew();
    const own = await house.team(people.viewer);
    // An owner at home, a viewer there.
    const there = (method: 'patch' | 'delete') => house.api.send(method, path, people.viewer).set('X-Organization-Id', own.id).send(method === 'patch' ? { name: 'Mine now' } : undefined);
    expect([(await there('patch')).status, (await there('delete')).status]).toEqual([403, 403]);
    // And the other way round.
    expect((await house.api.send('patch', path, people.owner).set('X-Organization-Id', people.owner.organizationId).send({ name: 'Still mine' })).status).toBe(200);
  });

  const routes: [method: 'get' | 'post' | 'put' | 'patch' | 'delete', tail: string, allowed: string[], body?: object][] = [
    ['get', '', ['owner', 'admin', 'billing', 'member', 'viewer']],
    ['patch', '', ['owner', 'admin'], {}],
    ['put', '', ['owner', 'admin'], {}],
    ['get', '/members', ['owner', 'admin', 'billing', 'member', 'viewer']],
    ['patch', `/members/${newId()}`, ['owner', 'admin'], { role: 'member' }],
    ['get', '/invitations', ['owner', 'admin']],
    ['post', '/invitations', ['owner', 'admin'], { email: 'not an address', role: 'member' }],
    ['delete', `/invitations/${newId()}`, ['owner', 'admin']],
    ['get', '/audit-logs', ['owner', 'admin']],
    ['delete', '', ['owner']],
  ];

  it('opens each route to those it names: others 403, strangers 404', async () => {
    const { path, people } = await house.crew();
    const stranger = await house.api.signUp();
    for (const [method, tail, allowed, body] of routes) {
      for (const [role, person] of Object.entries(people)) {
        if (role === 'owner' && method === 'delete' && tail === '') continue;
        const { status } = await house.api.send(method, `${path}${tail}`, person).send(body);
        expect([method, tail, role, status === 403]).toEqual([method, tail, role, !allowed.includes(role)]);
      }
      expect([method, tail, (await house.api.send(method, `${path}${tail}`, stranger).send(body)).status]).toEqual([method, tail, 404]);
      expect((await house.api.send(method, `${path}${tail}`).send(body)).status).toBe(401);
    }
  });
});

describe('DELETE /organizations/{id}', () => {
  it('refuses a personal one, and one whose tasks run or that is paid for', async () => {
    const { id, path, owner } = await house.team();
    expect(await house.api.send('delete', `/api/v1/organizations/${owner.organizationId}`, owner)).toMatchObject({ status: 409, body: { code: 'personal_organization' } });
    const repo = await aGitRepo(house.api.database.dataSource, { organizationId: id });
    const { task } = await aTask(house.api.database.dataSource, { organizationId: id, userId: owner.userId, repositoryId: repo.id, status: 'in_progress' });
    expect(await house.api.send('delete', path, owner)).toMatchObject({ status: 409, body: { code: 'task_busy', taskIds: [task.id] } });
    await house.sql(`UPDATE task_attempts SET status = 'cancelled', finished_at = now() WHERE task_id = $1`, task.id);
    await house.sql(`UPDATE tasks SET status = 'cancelled', completed_at = now() WHERE id = $1`, task.id);
    await house.sql(`UPDATE subscriptions SET stripe_subscription_id = 'sub_1', stripe_customer_id = 'cus_1' WHERE organization_id = $1`, id);
    expect(await house.api.send('delete', path, owner)).toMatchObject({ status: 409, body: { code: 'subscription_exists' } });
    await house.sql(`UPDATE subscriptions SET status = 'canceled' WHERE organization_id = $1`, id);
    expect((await house.api.send('delete', path, owner)).status).toBe(204);
  });

  it('leaves nothing that answers, no secret and no token, and the slug free', async () => {
    const { id, path, people } = await house.crew();
    const { dataSource } = house.api.database;
    const owner = { organizationId: id, userId: people.admin.userId };
    const repo = await aGitRepo(dataSource, { organizationId: id });
    await Promise.all([anApiKey(dataSource, owner), anAccessToken(dataSource, 'ac_pat_x', owner), aWebhookEndpoint(dataSource, { organizationId: id })]);
    await house.api.send('post', `${path}/invitations`, people.admin).send({ email: 'new@example.com', role: 'member' });
    await house.sql('UPDATE users SET default_organization_id = $1 WHERE id = $2', id, people.member.userId);
    const { slug } = (await house.api.send('get', path, people.owner)).body as { slug: string };

    expect((await house.api.send('delete', path, people.owner)).status).toBe(204);
    expect((await house.api.send('delete', path, people.owner)).status).toBe(404);
    for (const tail of ['', '/members', '/invitations', '/audit-logs']) expect((await house.api.send('get', `${path}${tail}`, people.owner)).status).toBe(404);
    for (const at of ['/tasks', `/repositories/${repo.id}`, '/users/profile', '/users/credits']) {
      expect((await house.api.send('get', `/api/v1${at}`, people.owner).set('X-Organization-Id', id)).status).toBe(404);
    }
    // Whose requests acted in it by default acts at home again.
    expect((await house.api.send('get', '/api/v1/users/profile', people.member)).body).toMatchObject({ organization: { id: people.member.organizationId } });
    const [left] = await house.sql<object>(
      `SELECT (SELECT count(*)::int FROM api_keys WHERE organization_id = $1 AND (key_ciphertext IS NOT NULL OR deleted_at IS NULL)) AS keys,
              (SELECT count(*)::int FROM personal_access_tokens WHERE organization_id = $1 AND revoked_at IS NULL) AS tokens,
              (SELECT count(*)::int FROM webhook_endpoints WHERE organization_id = $1 AND (deleted_at IS NULL OR secret_enc <> '')) AS endpoints,
              (SELECT count(*)::int FROM organization_invitations WHERE organization_id = $1 AND revoked_at IS NULL) AS invitations,
              (SELECT count(*)::int FROM subscriptions WHERE organization_id = $1 AND status = 'active') AS subscriptions,
              (SELECT count(*)::int FROM repositories WHERE organization_id = $1 AND disconnected_at IS NULL) AS repositories,
              (SELECT count(*)::int FROM organization_members WHERE organization_id = $1) AS members`, id,
    );
    expect(left).toEqual({ keys: 0, tokens: 0, endpoints: 0, invitations: 0, subscriptions: 0, repositories: 0, members: 0 });
    expect((await house.audit(id)).at(-1)).toMatchObject({ action: 'organization.deleted', actorId: people.owner.userId });
    expect((await house.api.send('post', '/api/v1/organizations', people.owner).send({ name: 'Again', slug })).status).toBe(201);
  });

  it('lets no task begin beside it', async () => {
    const { id, path, owner } = await house.team();
    const { dataSource } = house.api.database;
    const repo = await aGitRepo(dataSource, { organizationId: id });
    const create = () => house.api.send('post', '/api/v1/tasks', owner).set('X-Organization-Id', id).send({ prompt: 'Fix it', repositoryId: repo.id, draft: true });
    const blocked = async () => (await house.sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO tasks%'`)).length > 0;
    expect((await create()).status).toBe(201);
    let late: Promise<{ status: number; body: unknown }> | undefined;
    await dataSource.transaction(async (tx) => {
      // As deletion and disconnecting do it; the task comes between.
      await tx.query('SELECT 1 FROM repositories WHERE id = $1 FOR UPDATE', [repo.id]);
      late = create().then(({ status, body }) => ({ status, body: body as unknown }));
      while (!(await blocked())) await new Promise((resolve) => setTimeout(resolve, 10));
      await tx.query(`UPDATE repositories SET status = 'disconnected', disconnected_at = now() WHERE id = $1`, [repo.id]);
    });
    expect(await late).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await house.api.send('delete', path, owner)).status).toBe(204);
    const left = await house.sql<{ status: string }>('SELECT status FROM tasks WHERE organization_id = $1', id);
    expect(left).toEqual([{ status: 'draft' }]);
  });
});
