import { newId, sha256 } from '@app/common';
import { OrganizationInvitation, ReviewFinding, SubscriptionInvoice, TaskResult, type TaskStatus, WebhookDelivery } from '@app/domain';
import { aGitRepo, aMember, anApiKey, aPullRequest, aTask, insert, unique } from '@app/domain/testing';
import { SCOPES, type OrganizationRole } from '../../auth/principal';
import type { SignedIn, TestApi } from '../test-api';

/** Somebody with a token, and the organization their requests name. */
export interface Caller {
  readonly accessToken: string;
  readonly userId: string;
}

/** A team with people of each role and one of everything that an id can name. */
export interface Tenant {
  readonly organizationId: string;
  readonly people: Readonly<Record<OrganizationRole, Caller>>;
  /** By the path that lists such things: "/api/v1/tasks/{id}/results". */
  readonly ids: Readonly<Record<string, string>>;
}

type Json = Record<string, unknown>;

/** A tenant over the API; what the API cannot make by itself is inserted. */
export async function openTenant(api: TestApi): Promise<Tenant> {
  const owner = await api.signUp();
  await api.database.dataSource.query('UPDATE subscription_plans SET max_members = NULL, max_repositories = NULL, max_tasks_per_day = NULL');
  const organizationId = await make({ api, owner }, '/api/v1/organizations', { name: unique('Team') });
  await api.database.dataSource.query(`UPDATE subscriptions SET plan_id = (SELECT id FROM subscription_plans WHERE name = 'enterprise') WHERE organization_id = $1`, [organizationId]);
  await grant(api, organizationId);
  const people = { owner, admin: await join(api, organizationId, 'admin'), member: await join(api, organizationId, 'member'), viewer: await join(api, organizationId, 'viewer'), billing: await join(api, organizationId, 'billing') };
  return { organizationId, people, ids: await belongings(api, { organizationId, owner, member: people.member }) };
}

/** A personal access token of the caller in the organization, with these scopes. */
export async function tokenWith(api: TestApi, caller: Caller, { organizationId, scopes }: { organizationId: string; scopes: readonly string[] }): Promise<Caller> {
  const answer = await api.send('post', '/api/v1/auth/tokens', caller).set('X-Organization-Id', organizationId).send({ name: unique('token'), scopes: scopes.length > 0 ? scopes : SCOPES });
  if (answer.status !== 201) throw new Error(`no token: ${answer.text}`);
  return { accessToken: (answer.body as { token: string }).token, userId: caller.userId };
}

/** A task of the tenant in a state, with a patch when it has ended. */
export async function taskIn(api: TestApi, { organizationId, userId, repositoryId }: { organizationId: string; userId: string; repositoryId: string }, status: Exclude<TaskStatus, 'draft' | 'scheduled'>): Promise<{ taskId: string; resultId: string }> {
  const db = api.database.dataSource;
  const { task } = await aTask(db, { organizationId, userId, repositoryId, status }, status === 'paused' ? { statusReason: 'user_request' } as object : {});
  const content = 'diff --git a/a b/a\n';
  const result = await insert(db, TaskResult, { id: newId(), taskId: task.id, resultType: 'patch', content, mediaType: 'text/x-patch', sizeBytes: BigInt(content.length) });
  return { taskId: task.id, resultId: result.id };
}

async function belongings(api: TestApi, { organizationId, owner, member }: { organizationId: string; owner: SignedIn; member: SignedIn }): Promise<Record<string, string>> {
  const db = api.database.dataSource;
  const repository = await aGitRepo(db, { organizationId, connectedByUserId: owner.userId });
  const { taskId, resultId } = await taskIn(api, { organizationId, userId: owner.userId, repositoryId: repository.id }, 'queued');
  const invitation = await insert(db, OrganizationInvitation, {
    id: newId(), organizationId, email: `${unique('guest')}@example.com`, role: 'member', tokenHash: Buffer.from(newId().replaceAll('-', '').repeat(2), 'hex'), invitedByUserId: owner.userId, expiresAt: new Date(Date.now() + 86_400_000),
  });
  const endpoint = await make({ api, owner, organizationId }, '/api/v1/webhook-endpoints', { url: `https://example.com/${unique('hook')}`, events: ['*'] });
  const ping = await api.send('post', `/api/v1/webhook-endpoints/${endpoint}/ping`, owner).set('X-Organization-Id', organizationId);
  const [session] = await db.query<{ id: string }[]>('SELECT id FROM user_sessions WHERE user_id = $1 LIMIT 1', [owner.userId]);
  return {
    '/api/v1/organizations': organizationId,
    '/api/v1/organizations/{id}/members': member.userId,
    '/api/v1/organizations/{id}/invitations': invitation.id,
    '/api/v1/repositories': repository.id,
    '/api/v1/tasks': taskId,
    '/api/v1/tasks/{id}/results': resultId,
    '/api/v1/tasks/{id}/attempts': '1',
    '/api/v1/billing/invoices': (await insert(db, SubscriptionInvoice, { id: newId(), organizationId, stripeInvoiceId: unique('in'), status: 'paid', currency: 'usd' })).id,
    '/api/v1/api-keys': (await anApiKey(db, { organizationId, userId: owner.userId })).id,
    '/api/v1/webhook-endpoints': endpoint,
    '/api/v1/webhook-endpoints/{id}/deliveries': (ping.body as { deliveryId: string }).deliveryId,
    '/api/v1/budgets': await make({ api, owner, organizationId }, '/api/v1/budgets', { scope: 'repository', repositoryId: repository.id, period: 'day', limit: 10 }),
    '/api/v1/automations': await make({ api, owner, organizationId }, '/api/v1/automations', { name: unique('rule'), repositoryId: repository.id, trigger: { kind: 'api' }, task: { prompt: 'Tidy up.' } }),
    '/api/v1/findings': await findingOf(db, { organizationId, repositoryId: repository.id, taskId }),
    '/api/v1/pull-requests': (await aPullRequest(db, { repositoryId: repository.id })).id,
    '/api/v1/auth/sessions': session?.id ?? '',
    '/api/v1/auth/tokens': await make({ api, owner, organizationId }, '/api/v1/auth/tokens', { name: unique('token'), scopes: ['tasks:read'] }),
    '/api/v1/admin/users': owner.userId,
    '/api/v1/admin/tasks': taskId,
    '/api/v1/admin/webhook-deliveries': await deliveryIn(db),
  };
}

/** A webhook that could not be worked on. */
async function deliveryIn(db: TestApi['database']['dataSource']): Promise<string> {
  const rawBody = Buffer.from(unique('{}'));
  return (await insert(db, WebhookDelivery, { id: newId(), source: 'clerk', deliveryId: unique('msg'), eventType: 'user.updated', rawBody, bodySha256: sha256(rawBody), status: 'dead' })).id;
}

async function findingOf(db: TestApi['database']['dataSource'], owner: { organizationId: string; repositoryId: string; taskId: string }): Promise<string> {
  const place = { file: 'a.js', side: 'RIGHT', endLine: 3, firstSeenSha: 'a'.repeat(40), lastConfirmedSha: 'a'.repeat(40) } as const;
  return (await insert(db, ReviewFinding, { id: newId(), ...owner, ...place, fingerprint: 'f'.repeat(64), severity: 'high', confidence: 'high', category: 'bug', title: 'Wrong', body: 'It is.' })).id;
}

async function make({ api, owner, organizationId }: { api: TestApi; owner: SignedIn; organizationId?: string }, path: string, body: Json): Promise<string> {
  const call = api.send('post', path, owner);
  if (organizationId !== undefined) call.set('X-Organization-Id', organizationId);
  const answer = await call.send(body);
  if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${answer.text}`);
  return (answer.body as { id: string }).id;
}

async function join(api: TestApi, organizationId: string, role: OrganizationRole): Promise<SignedIn> {
  const person = await api.signUp();
  await aMember(api.database.dataSource, organizationId, person.userId, role);
  return person;
}

/** Teams begin without credits. */
async function grant(api: TestApi, organizationId: string): Promise<void> {
  await api.database.dataSource.query(`UPDATE credit_accounts SET available_micro = available_micro + 1000000000 WHERE organization_id = $1`, [organizationId]);
}
