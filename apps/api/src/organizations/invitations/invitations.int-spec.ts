import { newId } from '@app/common';
import type { SignedIn } from '../../testing/test-api';
import { type Answer, TeamHouse } from '../testing/team-house';

interface Invitation extends Answer {
  readonly token: string;
}

let house: TeamHouse;
beforeAll(async () => {
  house = await TeamHouse.open();
}, 60_000);
afterAll(() => house.close());

const invite = (path: string, as: SignedIn, email: string, role = 'member') => house.api.send('post', `${path}/invitations`, as).send({ email, role });
const tokenFor = async (path: string, as: SignedIn, email: string, role = 'member') => ((await invite(path, as, email, role)).body as Invitation).token;
const accept = (as: SignedIn, token: string) => house.api.send('post', '/api/v1/invitations/accept', as).send({ token });
const listed = async (path: string, as: SignedIn) => ((await house.api.send('get', `${path}/invitations`, as)).body as { data: Answer[] }).data;

describe('POST …/invitations', () => {
  it('shows the token once and keeps its hash', async () => {
    const { id, path, owner } = await house.team();
    const answer = await invite(path, owner, 'Grace@Example.com', 'admin');
    expect(answer).toMatchObject({ status: 201, body: { email: 'Grace@Example.com', role: 'admin', status: 'open', invitedBy: { id: owner.userId }, token: expect.stringMatching(/^ac_inv_[\w-]{43}$/) as string } });
    const { token, ...shown } = answer.body as Invitation;
    expect(answer.headers['location']).toBe(`${path}/invitations/${shown.id}`);
    expect(await listed(path, owner)).toEqual([shown]);
    const [row] = await house.sql<{ text: string; days: number }>('SELECT i::text AS text, extract(day FROM expires_at - created_at)::int AS days FROM organization_invitations i WHERE id = $1', shown.id);
    expect([row?.text.includes(token), row?.days]).toEqual([false, 7]);
    const audit = (await house.audit(id)).at(-1);
    expect(audit).toMatchObject({ action: 'invitation.created', targetId: shown.id, changes: { email: 'Grace@Example.com', role: 'admin' } });
    expect(JSON.stringify(audit)).not.toContain(token);
  });

  it('gives a repeated key the same token', async () => {
    const { path, owner } = await house.team();
    const key = newId();
    const [first, again] = [await invite(path, owner, 'a@example.com').set('Idempotency-Key', key), await invite(path, owner, 'a@example.com').set('Idempotency-Key', key)];
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([201, first.text, 'true']);
  });

  it('takes the place of an open one to the same address', async () => {
    const { path, owner } = await house.team();
    const person = await house.api.signUp();
    const old = await tokenFor(path, owner, person.email);
    const renewed = await tokenFor(path, owner, person.email.toUpperCase());
    expect((await accept(person, old)).status).toBe(404);
    expect((await accept(person, renewed)).status).toBe(200);
    expect(await listed(path, owner)).toEqual([]);
  });

  it.each([['owner', '/role'], ['god', '/role'], [undefined, '/role']])('refuses the role %s', async (role, pointer) => {
    const { path, owner } = await house.team();
    const answer = await house.api.send('post', `${path}/invitations`, owner).send({ email: 'a@example.com', role });
    expect([answer.status, (answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer]).toEqual([422, pointer]);
  });

  it('refuses members, foreign domains and personal organizations', async () => {
    const { path, owner } = await house.team();
    expect(await invite(path, owner, owner.email)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/email', code: 'already_member' }] } });
    await house.api.send('patch', path, owner).send({ settings: { allowedEmailDomains: ['corp.example'] } });
    expect(await invite(path, owner, 'a@sub.corp.example')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/email', code: 'not_allowed' }] } });
    expect((await invite(path, owner, 'a@CORP.example')).status).toBe(201);
    expect(await invite(`/api/v1/organizations/${owner.organizationId}`, owner, 'a@example.com')).toMatchObject({ status: 409, body: { code: 'personal_organization' } });
  });

  it('counts open invitations as members of the plan, also at once', async () => {
    const { path, owner } = await house.team();
    await house.sql(`UPDATE subscriptions SET plan_id = (SELECT id FROM subscription_plans WHERE name = 'pro') WHERE organization_id = $1`, path.split('/').at(-1));
    await house.sql(`UPDATE subscription_plans SET max_members = 3 WHERE name = 'pro'`);
    try {
      const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => invite(path, owner, `wanted-${n}@example.com`)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 429, 429, 429, 429]);
      expect(answers.find(({ status }) => status === 429)?.body).toMatchObject({ code: 'plan_limit_members', limit: 3 });
      const [open] = await listed(path, owner);
      // Another one to the same address needs no further place; a revoked one gives its place back.
      expect((await invite(path, owner, String(open?.['email']))).status).toBe(201);
      const [again] = await listed(path, owner);
      expect((await house.api.send('delete', `${path}/invitations/${again?.id}`, owner)).status).toBe(204);
      expect((await invite(path, owner, 'last@example.com')).status).toBe(201);
    } finally {
      await house.sql('UPDATE subscription_plans SET max_members = NULL');
    }
  });
});

describe('POST /invitations/accept', () => {
  it('makes a member, once of 20 calls at once, and all of them succeed', async () => {
    const { id, path, owner } = await house.team();
    const person = await house.api.signUp();
    const token = await tokenFor(path, owner, person.email, 'billing');
    const answers = await Promise.all(Array.from({ length: 20 }, () => accept(person, token)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200, body: { id, role: 'billing', kind: 'team' } });
    expect(await house.roles(id)).toEqual({ [owner.userId]: 'owner', [person.userId]: 'billing' });
    expect((await house.audit(id)).filter(({ action }) => action === 'member.joined')).toEqual([
      { action: 'member.joined', actorId: person.userId, targetId: person.userId, changes: { role: 'billing', invitationId: expect.any(String) as string } },
    ]);
  });

  it('lets no other account in, though it has the token', async () => {
    const { id, path, owner } = await house.team();
    const [wanted, other] = [await house.api.signUp(), await house.api.signUp()];
    const token = await tokenFor(path, owner, wanted.email.toUpperCase());
    expect(await accept(other, token)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await accept(other, token)).text).not.toContain(wanted.email);
    expect((await accept(wanted, token)).status).toBe(200);
    expect((await accept(other, token)).status).toBe(403);
    expect(Object.keys(await house.roles(id)).sort()).toEqual([owner.userId, wanted.userId].sort());
  });

  it('answers 404 for a token that is unknown, revoked or expired, or of a team that is gone', async () => {
    const { path, owner } = await house.team();
    const person = await house.api.signUp();
    expect((await accept(person, 'ac_inv_nothing')).status).toBe(404);
    const revoked = (await invite(path, owner, person.email)).body as Invitation;
    expect((await house.api.send('delete', `${path}/invitations/${revoked.id}`, owner)).status).toBe(204);
    expect((await house.api.send('delete', `${path}/invitations/${revoked.id}`, owner)).status).toBe(404);
    expect((await accept(person, revoked.token)).status).toBe(404);
    const expired = (await invite(path, owner, person.email)).body as Invitation;
    await house.sql(`UPDATE organization_invitations SET expires_at = now() WHERE id = $1`, expired.id);
    expect((await accept(person, expired.token)).status).toBe(404);
    expect(await listed(path, owner)).toMatchObject([{ id: expired.id, status: 'expired' }]);
    const good = await tokenFor(path, owner, person.email);
    expect((await house.api.send('delete', path, owner)).status).toBe(204);
    expect((await accept(person, good)).status).toBe(404);
  });

  it('is good once: who left needs a new one', async () => {
    const { path, owner } = await house.team();
    const person = await house.api.signUp();
    const token = await tokenFor(path, owner, person.email);
    expect((await accept(person, token)).status).toBe(200);
    expect((await house.api.send('delete', `${path}/members/${person.userId}`, person)).status).toBe(204);
    expect((await accept(person, token)).status).toBe(404);
    expect((await accept(person, await tokenFor(path, owner, person.email))).status).toBe(200);
  });

  it('holds the rules that are in force now, not those of when it was sent', async () => {
    const { id, path, owner } = await house.team();
    const person = await house.api.signUp();
    const token = await tokenFor(path, owner, person.email);
    await house.api.send('patch', path, owner).send({ settings: { allowedEmailDomains: ['corp.example'] } });
    expect((await accept(person, token)).status).toBe(403);
    await house.api.send('patch', path, owner).send({ settings: { allowedEmailDomains: [] } });
    await house.sql(`UPDATE subscription_plans SET max_members = 1 WHERE name = 'free'`);
    expect(await accept(person, token)).toMatchObject({ status: 429, body: { code: 'plan_limit_members' } });
    await house.sql(`UPDATE subscription_plans SET max_members = NULL`);
    expect((await accept(person, token)).status).toBe(200);
    expect(Object.keys(await house.roles(id))).toHaveLength(2);
  });

  it('does not reach another organization with an invitation of its own', async () => {
    const [here, there] = [await house.team(), await house.team()];
    const { id } = (await invite(there.path, there.owner, 'a@example.com')).body as Invitation;
    expect((await house.api.send('delete', `${here.path}/invitations/${id}`, here.owner)).status).toBe(404);
    expect(await listed(there.path, there.owner)).toHaveLength(1);
  });
});

describe('POST /auth/register with inviteToken', () => {
  const register = (email: string, inviteToken: unknown) => house.api.send('post', '/api/v1/auth/register').send({ email, password: 'orbit-velvet-canyon-42', inviteToken });

  it('joins the new person in the same step', async () => {
    const { id, path, owner } = await house.team();
    const token = await tokenFor(path, owner, 'newcomer@example.com', 'admin');
    const answer = await register('newcomer@example.com', token);
    expect(answer).toMatchObject({ status: 201, body: { organization: { role: 'owner' } } });
    const { accessToken, user } = answer.body as { accessToken: string; user: { id: string } };
    expect((await house.api.send('get', path, { accessToken })).body).toMatchObject({ id, role: 'admin' });
    expect((await house.audit(id)).at(-1)).toMatchObject({ action: 'member.joined', actorId: user.id, targetId: user.id });
  });

  it('opens no account when the invitation is not for it', async () => {
    const { path, owner } = await house.team();
    const token = await tokenFor(path, owner, 'invited@example.com');
    expect((await register('somebody-else@example.com', token)).status).toBe(403);
    expect((await register('somebody-else@example.com', 'ac_inv_unknown')).status).toBe(404);
    expect((await register('somebody-else@example.com', 5)).status).toBe(422);
    expect(await house.sql(`SELECT 1 FROM users WHERE email = 'somebody-else@example.com'`)).toEqual([]);
    expect((await register('invited@example.com', token)).status).toBe(201);
  });
});
