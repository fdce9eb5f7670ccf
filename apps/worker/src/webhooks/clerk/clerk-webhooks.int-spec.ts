import { BillingModule, PaymentsModule } from '@app/billing';
import { loadConfig, Logger, ProcessModule } from '@app/common';
import { DomainModule, seed, WEBHOOK_TRIES, WebhookInboxStore } from '@app/domain';
import { aGitRepo, TaskHouse, type Tenant } from '@app/domain/testing';
import { GithubModule } from '@app/github';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { type ClerkPeer, startClerkPeer } from '../../../../../test/support/clerk-peer';
import { openTestDatabase, type TestDatabase } from '../../../../../test/support/test-database';
import { AccountsModule, personFromClerk, VouchedAccounts } from '@app/accounts';
import { WebhookInboxSweeper } from '../../maintenance/webhook-inbox.sweeper';
import { WEBHOOKS } from '..';
import { WebhookInbox } from '../webhook-inbox';

const HOUR = 3_600_000;

let database: TestDatabase;
let house: TaskHouse;
let clerk: ClerkPeer;
let worker: TestingModule;
let inbox: WebhookInbox;
const news: string[] = [];
const enqueued: string[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
  await seed(database.dataSource);
  house = new TaskHouse(database.dataSource);
  clerk = await startClerkPeer();
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32, 7).toString('base64') });
  const told = [
    { provide: TaskEventBus, useValue: { publishNews: (taskId: string) => news.push(taskId) } },
    { provide: JobProducer, useValue: { enqueue: (_: string, { deliveryId }: { deliveryId: string }) => Promise.resolve(enqueued.push(deliveryId) > 0) } },
  ];
  @Global()
  @Module({ providers: told, exports: [TaskEventBus, JobProducer] })
  class Told {}
  const domain = DomainModule.forRoot('worker');
  worker = await Test.createTestingModule({
    imports: [ProcessModule.with(config, Logger.create('silent', 'test')), Told, domain, AccountsModule.with(domain), BillingModule, GithubModule, PaymentsModule.with(domain)], providers: [...WEBHOOKS, WebhookInboxSweeper],
  }).compile();
  inbox = worker.get(WebhookInbox);
}, 60_000);
beforeEach(() => news.splice(0));
afterAll(async () => {
  await worker.close();
  await clerk.stop();
  await database.close();
});

type Signed = ReturnType<ClerkPeer['webhook']>;
const sql = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => database.dataSource.query<Row[]>(text, values);
const userOf = async (clerkId: string) => (await sql<Record<string, unknown> & { id: string }>(`SELECT * FROM users WHERE clerk_id = $1`, [clerkId]))[0];

/** Into the inbox as the API puts it there. */
async function receive({ id, body }: Signed): Promise<string> {
  const { type, data, timestamp } = JSON.parse(body) as { type: string; data: { id?: string; user_id?: string }; timestamp: number };
  const delivery = { source: 'clerk' as const, deliveryId: id, eventType: type, subjectId: (type.startsWith('user.') ? data.id : data.user_id) ?? null, occurredAt: new Date(timestamp), rawBody: Buffer.from(body) };
  const received = await house.work.run((tx) => worker.get(WebhookInboxStore).receive(tx, delivery));
  return received.id ?? '';
}

async function happened(type: string, data: object): Promise<string> {
  const id = await receive(clerk.webhook(type, data));
  await inbox.process(id);
  return (await sql<{ status: string }>(`SELECT status FROM webhook_deliveries WHERE id = $1`, [id]))[0]?.status ?? 'missing';
}

/** As if it had never been worked on: the worker died between the work and its record. */
const again = async (id: string) => {
  await sql(`UPDATE webhook_deliveries SET status = 'received', next_attempt_at = now() - interval '1 s', processed_at = NULL WHERE id = $1`, [id]);
  await inbox.process(id);
};

describe('user.created', () => {
  it('opens the account, with all that belongs to it, in the name of Clerk', async () => {
    const person = clerk.addUser({ email: 'ada@example.com', firstName: 'Ada' });
    expect(await happened('user.created', person)).toBe('processed');
    const user = (await userOf(person.id))!;
    expect(user).toMatchObject({ email: 'ada@example.com', first_name: 'Ada', status: 'active', last_login_at: null });
    expect(await sql(`SELECT count(*)::int AS grants FROM credit_grants g JOIN organizations o ON o.id = g.organization_id WHERE o.owner_user_id = $1`, [user.id])).toEqual([{ grants: 1 }]);
    expect(await sql(`SELECT actor_type, actor_id, action FROM audit_logs WHERE target_id = $1`, [user.id])).toEqual([{ actor_type: 'webhook', actor_id: 'clerk', action: 'account.opened' }]);
  });

  it('does the same once, however often it comes, and beside the first sign-in', async () => {
    const person = clerk.addUser();
    const id = await receive(clerk.webhook('user.created', person));
    const accounts = worker.get(VouchedAccounts);
    await Promise.all([...Array.from({ length: 5 }, () => inbox.process(id)), ...Array.from({ length: 5 }, () => accounts.findOrOpen(personFromClerk(person)!))]);
    await again(id);
    expect(await sql(`SELECT count(*)::int AS users, (SELECT count(*)::int FROM credit_grants g JOIN organizations o ON o.id = g.organization_id JOIN users x ON x.id = o.owner_user_id WHERE x.clerk_id = $1) AS grants FROM users WHERE clerk_id = $1`, [person.id]))
      .toEqual([{ users: 1, grants: 1 }]);
  });

  it('is ignored for a person who cannot be linked, and for what is no person', async () => {
    const first = clerk.addUser({ email: 'taken@example.com' });
    await happened('user.created', first);
    expect(await happened('user.created', clerk.addUser({ email: 'taken@example.com' }))).toBe('ignored');
    expect(await happened('user.created', clerk.addUser({ email: null }))).toBe('ignored');
    expect(await happened('user.created', { id: 7 })).toBe('ignored');
    expect(await sql(`SELECT last_error FROM webhook_deliveries WHERE status = 'ignored' AND last_error LIKE 'account_link_required%'`)).toHaveLength(2);
  });
});

describe('user.updated', () => {
  it('takes over what is newer, in any order, as often as it comes', async () => {
    const person = clerk.addUser({ firstName: 'One', email: 'one@example.com' });
    const second = clerk.changeUser(person.id, { first_name: 'Two' });
    const third = clerk.changeUser(person.id, { first_name: 'Three', email_addresses: [{ ...second.email_addresses[0]!, email_address: 'three@example.com' }] });
    for (const user of [person, third, second, third, person]) await happened('user.updated', user);
    expect(await userOf(person.id)).toMatchObject({ first_name: 'Three', email: 'three@example.com' });
  });

  it('comes before user.created and is enough', async () => {
    const person = clerk.addUser({ firstName: 'Old' });
    await happened('user.updated', clerk.changeUser(person.id, { first_name: 'New' }));
    await happened('user.created', person);
    expect(await userOf(person.id)).toMatchObject({ first_name: 'New' });
  });

  it('takes nobody else\'s address, and keeps what is chosen here', async () => {
    const person = clerk.addUser({ email: 'mine@example.com', username: 'mine' });
    await happened('user.created', clerk.addUser({ email: 'hers@example.com' }));
    await happened('user.created', person);
    const changed = clerk.changeUser(person.id, { username: 'other', last_name: 'Changed', email_addresses: [{ ...person.email_addresses[0]!, email_address: 'HERS@example.com' }] });
    expect(await happened('user.updated', changed)).toBe('processed');
    expect(await userOf(person.id)).toMatchObject({ email: 'mine@example.com', last_name: 'Changed', username: 'mine' });
  });

  it('does not count an address that is no longer verified', async () => {
    const person = clerk.addUser({ email: 'a@verified.example' });
    await happened('user.created', person);
    const address = { ...person.email_addresses[0]!, email_address: 'b@unverified.example', verification: null };
    await happened('user.updated', clerk.changeUser(person.id, { email_addresses: [address] }));
    expect(await userOf(person.id)).toMatchObject({ email: 'b@unverified.example', email_verified_at: null });
  });
});

describe('user.deleted', () => {
  it('erases the person, wherever they left something, and cancels what runs for them', async () => {
    const person = clerk.addUser({ email: 'leaving@example.com', firstName: 'Leaving', username: 'leaving' });
    await happened('user.created', person);
    const { id: userId, default_organization_id: organizationId } = (await userOf(person.id))! as unknown as { id: string; default_organization_id: string };
    const tenant = { user: { id: userId }, organization: { id: organizationId } } as Tenant;
    const repositoryId = (await aGitRepo(database.dataSource, { organizationId })).id;
    const waiting = await house.newTask(tenant, { repositoryId });
    const running = await house.runningTask(tenant, { repositoryId });
    const done = await house.newTask(tenant, { repositoryId });
    await house.work.run((tx) => house.commands.requestCancel(tx, { organizationId, id: done.taskId }));
    await sql(`INSERT INTO user_sessions (id, user_id, auth_method, ip_address, expires_at) VALUES (gen_random_uuid(), $1, 'clerk', '203.0.113.9', now() + interval '1 day')`, [userId]);
    await sql(`INSERT INTO personal_access_tokens (id, user_id, organization_id, name, token_prefix, token_hash) VALUES (gen_random_uuid(), $1, $2, 'x', 'ac_pat_', sha256('x'))`, [userId, organizationId]);
    await sql(`INSERT INTO github_connections (user_id, github_user_id, login, access_token_enc) VALUES ($1, 991, 'leaving', '\\x01')`, [userId]);
    await sql(`INSERT INTO api_keys (id, organization_id, user_id, provider, name, key_ciphertext, key_fingerprint, key_last4) VALUES (gen_random_uuid(), $1, $2, 'anthropic', 'mine', '\\x01', sha256('k'), 'abcd')`, [organizationId, userId]);

    expect(await happened('user.deleted', { id: person.id, object: 'user', deleted: true })).toBe('processed');

    const user = (await userOf(person.id))!;
    expect(user).toMatchObject({ status: 'deleted', email: `deleted-${userId}@deleted.invalid`, username: `deleted-${userId}`, first_name: null, avatar_url: null, email_verified_at: null, default_organization_id: null });
    expect(await sql(`SELECT (SELECT count(*) FROM user_sessions WHERE user_id = $1)::int AS sessions, (SELECT count(*) FROM personal_access_tokens WHERE user_id = $1)::int AS tokens,
      (SELECT count(*) FROM github_connections WHERE user_id = $1)::int AS connections, (SELECT count(*) FROM organization_members WHERE user_id = $1)::int AS memberships`, [userId]))
      .toEqual([{ sessions: 0, tokens: 0, connections: 0, memberships: 0 }]);
    expect(await sql(`SELECT key_ciphertext, key_last4, deleted_at IS NOT NULL AS deleted FROM api_keys WHERE user_id = $1`, [userId])).toEqual([{ key_ciphertext: null, key_last4: '', deleted: true }]);
    expect(await sql(`SELECT status, name, billing_email FROM organizations WHERE id = $1`, [organizationId])).toEqual([{ status: 'deleted', name: 'Deleted', billing_email: null }]);
    expect(await sql(`SELECT status FROM subscriptions WHERE organization_id = $1`, [organizationId])).toEqual([{ status: 'canceled' }]);
    expect(await sql(`SELECT id, status, cancel_requested_at IS NOT NULL AS told FROM tasks WHERE id = ANY($1) ORDER BY id`, [[waiting.taskId, running.taskId]])).toEqual([
      { id: waiting.taskId, status: 'cancelled', told: true }, { id: running.taskId, status: 'in_progress', told: true },
    ]);
    expect(news.sort()).toEqual([waiting.taskId, running.taskId].sort());
    // No text of the person is left in what Clerk sent about them.
    expect(await sql(`SELECT event_type FROM webhook_deliveries WHERE position('leaving'::bytea IN raw_body) > 0`)).toEqual([]);
    expect(await sql(`SELECT actor_type, actor_id FROM audit_logs WHERE target_id = $1 AND action = 'account.erased'`, [userId])).toEqual([{ actor_type: 'webhook', actor_id: 'clerk' }]);
  });

  it('is final: neither a repeat nor late news brings anybody back', async () => {
    const person = clerk.addUser({ email: 'final@example.com' });
    await happened('user.created', person);
    const id = await receive(clerk.webhook('user.deleted', { id: person.id, object: 'user', deleted: true }));
    await inbox.process(id);
    const erased = await userOf(person.id);
    await again(id);
    expect(await happened('user.updated', clerk.changeUser(person.id, { first_name: 'Back' }))).toBe('ignored');
    expect(await happened('user.created', person)).toBe('ignored');
    expect(await happened('session.created', { ...clerk.session('sess_late', person.id), user: person })).toBe('ignored');
    expect(await userOf(person.id)).toEqual(erased);
    expect(await sql(`SELECT event_type FROM webhook_deliveries WHERE position('final@example.com'::bytea IN raw_body) > 0`)).toEqual([]);
  });

  it('may come before user.created, which then opens nothing', async () => {
    const person = clerk.addUser();
    expect(await happened('user.deleted', { id: person.id, object: 'user', deleted: true })).toBe('processed');
    expect(await happened('user.created', person)).toBe('ignored');
    expect(await userOf(person.id)).toBeUndefined();
  });

  it('leaves no team without an owner: it passes on, or is closed', async () => {
    const [owner, admin, member] = await Promise.all([0, 1, 2].map(async () => {
      const person = clerk.addUser();
      await happened('user.created', person);
      return { clerkId: person.id, id: (await userOf(person.id))!.id };
    })) as [{ clerkId: string; id: string }, { id: string }, { id: string }];
    const team = (slug: string) => sql<{ id: string }>(`INSERT INTO organizations (id, kind, name, slug, owner_user_id) VALUES (gen_random_uuid(), 'team', $1, $1, $2) RETURNING id`, [slug, owner.id]).then(([row]) => row!.id);
    const join = (organizationId: string, userId: string, role: string) => sql(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, $3)`, [organizationId, userId, role]);
    const [shared, alone] = [await team('shared'), await team('alone')];
    await join(shared, owner.id, 'owner');
    await join(shared, member.id, 'member');
    await join(shared, admin.id, 'admin');
    await join(alone, owner.id, 'owner');
    await happened('user.deleted', { id: owner.clerkId, object: 'user', deleted: true });
    expect(await sql(`SELECT user_id, role FROM organization_members WHERE organization_id = $1 ORDER BY role`, [shared])).toEqual([{ user_id: member.id, role: 'member' }, { user_id: admin.id, role: 'owner' }]);
    expect(await sql(`SELECT slug, status, owner_user_id FROM organizations WHERE id = ANY($1) ORDER BY slug DESC`, [[shared, alone]])).toEqual([
      { slug: 'shared', status: 'active', owner_user_id: admin.id }, { slug: 'alone', status: 'deleted', owner_user_id: owner.id },
    ]);
  });
});

describe('sessions at Clerk', () => {
  it('are seen as they begin, and end ours with them, and no other', async () => {
    const person = clerk.addUser();
    await happened('user.created', person);
    const { id: userId } = (await userOf(person.id))!;
    await happened('session.created', clerk.session('sess_one', person.id));
    expect(Date.now() - ((await userOf(person.id))!['last_login_at'] as Date).getTime()).toBeLessThan(HOUR);
    for (const [id, sid] of [['018f6e0a-0000-7000-8000-00000000000a', 'sess_one'], ['018f6e0a-0000-7000-8000-00000000000b', 'sess_two']]) {
      await sql(`INSERT INTO user_sessions (id, user_id, auth_method, expires_at, clerk_session_id) VALUES ($1, $2, 'clerk', now() + interval '1 day', $3)`, [id, userId, sid]);
    }
    for (const type of ['session.ended', 'session.removed', 'session.revoked']) expect(await happened(type, clerk.session('sess_one', person.id, 'ended'))).toBe('processed');
    expect(await sql(`SELECT clerk_session_id, revoked_at IS NOT NULL AS ended FROM user_sessions WHERE user_id = $1 ORDER BY clerk_session_id`, [userId])).toEqual([{ clerk_session_id: 'sess_one', ended: true }, { clerk_session_id: 'sess_two', ended: false }]);
    expect(await sql(`SELECT actor_id FROM audit_logs WHERE action = 'session.revoked' AND target_id = '018f6e0a-0000-7000-8000-00000000000a'`)).toEqual([{ actor_id: 'clerk' }]);
  });

  it('of people unknown here, and all other news, do nothing', async () => {
    expect(await happened('session.created', clerk.session('sess_x', 'user_unknown'))).toBe('processed');
    expect(await happened('session.ended', { id: 7 })).toBe('ignored');
    for (const type of ['organization.created', 'organizationMembership.created', 'email.created', 'something.new']) expect(await happened(type, { id: `x_${type}` })).toBe('ignored');
  });
});

describe('work that fails', () => {
  it('is put off and tried again, until it is given up', async () => {
    const person = clerk.addUser();
    const id = await receive(clerk.webhook('user.created', person));
    await sql(`ALTER TABLE credit_accounts RENAME TO credit_accounts_away`);
    try {
      await inbox.process(id);
      expect(await sql(`SELECT status, attempts FROM webhook_deliveries WHERE id = $1`, [id])).toEqual([{ status: 'failed', attempts: 1 }]);
      await inbox.process(id);
      expect(await sql(`SELECT attempts FROM webhook_deliveries WHERE id = $1`, [id])).toEqual([{ attempts: 1 }]);
      expect(await userOf(person.id)).toBeUndefined();
    } finally {
      await sql(`ALTER TABLE credit_accounts_away RENAME TO credit_accounts`);
    }
    await sql(`UPDATE webhook_deliveries SET next_attempt_at = now() - interval '6 s' WHERE id = $1`, [id]);
    enqueued.splice(0);
    expect(await worker.get(WebhookInboxSweeper).run()).toBe(1);
    expect(enqueued).toEqual([id]);
    await inbox.process(id);
    expect(await userOf(person.id)).toMatchObject({ status: 'active' });
  });

  it('that kills its worker each time is buried', async () => {
    const id = await receive(clerk.webhook('sms.created', { id: 'sms_1' }));
    await sql(`UPDATE webhook_deliveries SET attempts = $2, next_attempt_at = now() - interval '1 s' WHERE id = $1`, [id, WEBHOOK_TRIES]);
    expect(await worker.get(WebhookInboxSweeper).run()).toBe(1);
    await inbox.process(id);
    expect(await sql(`SELECT status FROM webhook_deliveries WHERE id = $1`, [id])).toEqual([{ status: 'dead' }]);
  });
});
