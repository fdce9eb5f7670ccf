import { randomBytes } from 'node:crypto';
import { newId, sha256 } from '@app/common';
import { OrganizationInvitation, planContent } from '@app/domain';
import { aGitRepo, anApiKey, insert, unique, uniqueGithubId } from '@app/domain/testing';
import type { TestApi } from '../test-api';
import { type Caller, taskIn, type Tenant } from './tenant';

/** Who calls, and what the request names, so that an operation succeeds. */
export interface Prepared {
  readonly as: Caller | null;
  readonly tenant: Tenant;
  readonly body?: object;
  readonly isOutside: boolean;
}

async function make(api: TestApi, tenant: Tenant, path: string, body: object): Promise<string> {
  const answer = await api.send('post', path, tenant.people.owner).set('X-Organization-Id', tenant.organizationId).send(body);
  return (answer.body as { id: string }).id;
}

type Preparation = (api: TestApi, tenant: Tenant) => Promise<Partial<Prepared> & { ids?: Record<string, string> }>;

const task = (status: Parameters<typeof taskIn>[2]): Preparation => async (api, tenant) => {
  const userId = tenant.people.owner.userId;
  const repositoryId = tenant.ids['/api/v1/repositories'] ?? '';
  const { taskId } = await taskIn(api, { organizationId: tenant.organizationId, userId, repositoryId }, status);
  return { ids: { '/api/v1/tasks': taskId, '/api/v1/admin/tasks': taskId } };
};

/** A task that waits with a plan. */
const planned: Preparation = async (api, tenant) => {
  const prepared = await task('waiting_for_approval')(api, tenant);
  const id = prepared.ids?.['/api/v1/tasks'];
  const plan = planContent({ steps: [{ id: 's1', title: 'Read', description: 'Read it.', files: [], risks: null, tests: null }], markdown: 'A plan.' }).toString();
  await api.database.dataSource.query(`UPDATE tasks SET plan_status = 'proposed' WHERE id = $1`, [id]);
  await api.database.dataSource.query(
    `INSERT INTO task_results (id, task_id, attempt_id, result_type, content, media_type) SELECT $2, a.task_id, a.id, 'plan', $3, 'application/json' FROM task_attempts a WHERE a.task_id = $1`, [id, newId(), plan],
  );
  return prepared;
};

/** A repository that is no forge's, and what lets us in. */
const plainRemote: Preparation = async (api, { organizationId }) => {
  const { id } = await aGitRepo(api.database.dataSource, { organizationId, provider: 'git', githubId: null, cloneUrl: `https://git.example.com/${unique('repo')}.git` });
  return { ids: { '/api/v1/repositories': id }, body: { kind: 'basic', username: 'deploy-bot', password: 'a-token-of-the-forge' } };
};

/** A key that nothing else uses. */
const key: Preparation = async (api, tenant) => ({ body: { name: unique('key'), description: 'Paid by research' }, ids: { '/api/v1/api-keys': (await anApiKey(api.database.dataSource, { organizationId: tenant.organizationId, userId: tenant.people.owner.userId })).id } });

/** Somebody whose account or session may end. */
const victim: Preparation = async (api) => {
  const person = await api.signUp();
  const [session] = await api.database.dataSource.query<{ id: string }[]>('SELECT id FROM user_sessions WHERE user_id = $1', [person.userId]);
  return { as: person, ids: { '/api/v1/auth/sessions': session?.id ?? '', '/api/v1/admin/users': person.userId } };
};

const staff = (more: Preparation): Preparation => async (api, tenant) => {
  const prepared = await more(api, tenant);
  const boss = await api.signUp();
  await api.database.dataSource.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [boss.userId]);
  return { ...prepared, as: boss };
};

/** What an operation needs beyond the tenant's usual belongings. */
const PREPARATIONS: Readonly<Record<string, Preparation>> = {
  auth_register: async () => Promise.resolve({ as: null, body: { email: `${unique('new')}@example.com`, password: 'orbit-velvet-canyon-42' } }),
  auth_login: async (api) => ({ as: null, body: await api.signUp().then(({ email, password }) => ({ email, password })) }),
  auth_refresh: async (api) => ({ as: null, body: await api.signUp().then(({ refreshToken }) => ({ refreshToken })) }),
  auth_logout: victim,
  sessions_end: victim,
  sessions_changePassword: victim,
  users_delete: async (api) => {
    const person = await api.signUp();
    const [user] = await api.database.dataSource.query<{ username: string }[]>('SELECT username FROM users WHERE id = $1', [person.userId]);
    return { as: person, body: { confirm: user?.username } };
  },
  organizations_create: async () => Promise.resolve({ body: { name: 'Acme', slug: unique('acme') } }),
  organizations_update: async () => Promise.resolve({ body: { name: unique('Acme'), lowBalance: 25 } }),
  organizations_put: async () => Promise.resolve({ body: { name: unique('Acme'), lowBalance: 26 } }),
  organizations_delete: async (api, tenant) => {
    const answer = await api.send('post', '/api/v1/organizations', tenant.people.owner).send({ name: unique('Gone') });
    return { ids: { '/api/v1/organizations': (answer.body as { id: string }).id } };
  },
  members_remove: async (api, tenant) => {
    const { userId } = await api.signUp();
    await api.database.dataSource.query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'viewer')`, [tenant.organizationId, userId]);
    return { ids: { '/api/v1/organizations/{id}/members': userId } };
  },
  invitationAcceptance_accept: async (api, tenant) => {
    const person = await api.signUp();
    const made = await api.send('post', `/api/v1/organizations/${tenant.organizationId}/invitations`, tenant.people.owner).send({ email: person.email, role: 'member' });
    return { as: person, body: { token: (made.body as { token: string }).token } };
  },
  invitations_create: async () => Promise.resolve({ body: { email: `${unique('guest')}@example.com`, role: 'member' } }),
  invitations_revoke: async (api, { organizationId, people }) => {
    const invitation = await insert(api.database.dataSource, OrganizationInvitation, { id: newId(), organizationId, email: `${unique('guest')}@example.com`, role: 'member', tokenHash: sha256(randomBytes(8)), invitedByUserId: people.owner.userId, expiresAt: new Date(Date.now() + 86_400_000) });
    return { ids: { '/api/v1/organizations/{id}/invitations': invitation.id } };
  },
  repositories_connect: async () => Promise.resolve({ body: { provider: 'git', cloneUrl: `http://127.0.0.1:9/acme/${unique('repo')}` } }),
  repositories_disconnect: async (api, { organizationId }) => ({ ids: { '/api/v1/repositories': (await aGitRepo(api.database.dataSource, { organizationId })).id } }),
  githubAccount_disconnect: async (api, { people }) => {
    await api.database.dataSource.query(`INSERT INTO github_connections (user_id, github_user_id, login, status) VALUES ($1, $2, 'octocat', 'revoked') ON CONFLICT DO NOTHING`, [people.owner.userId, uniqueGithubId()]);
    return {};
  },
  githubRepositories_sync: async (api, { organizationId }) => {
    await api.database.dataSource.query(
      `INSERT INTO github_installations (id, installation_id, app_id, organization_id, account_id, account_login, account_type, repository_selection) VALUES ($1, $2, 1, $3, 1, 'acme', 'User', 'all')`, [newId(), uniqueGithubId(), organizationId],
    );
    return {};
  },
  repositoryCredential_set: plainRemote,
  repositoryCredential_delete: async (api, tenant) => {
    const prepared = await plainRemote(api, tenant);
    await api.send('put', `/api/v1/repositories/${prepared.ids?.['/api/v1/repositories']}/credential`, tenant.people.owner).set('X-Organization-Id', tenant.organizationId).send(prepared.body);
    return prepared;
  },
  repositorySecrets_delete: async (api, { organizationId, people, ids }) => {
    await api.send('put', `/api/v1/repositories/${ids['/api/v1/repositories']}/secrets/NPM_TOKEN`, people.owner).set('X-Organization-Id', organizationId).send({ value: 'npm_0123456789' });
    return {};
  },
  tasks_update: task('queued'),
  tasks_patch: task('queued'),
  tasks_delete: task('queued'),
  taskControl_cancel: task('queued'),
  taskControl_retry: task('failed'),
  taskControl_publish: task('failed'),
  taskConversation_send: task('queued'),
  taskArchive_archive: task('completed'),
  taskArchive_archiveAll: async (api, tenant) => {
    const { ids } = await task('completed')(api, tenant);
    return { body: { ids: [ids?.['/api/v1/tasks']] } };
  },
  taskArchive_unarchive: async (api, tenant) => {
    const prepared = await task('completed')(api, tenant);
    await api.database.dataSource.query('UPDATE tasks SET archived_at = now() WHERE id = $1', [prepared.ids?.['/api/v1/tasks']]);
    return prepared;
  },
  taskPlan_get: planned,
  taskPlan_approve: planned,
  taskPlan_reject: planned,
  taskConversation_pause: task('queued'),
  taskConversation_resume: task('paused'),
  apiKeys_create: async () => Promise.resolve({ body: { provider: 'anthropic', name: unique('key'), keyValue: `sk-ant-api03-${unique('k'.repeat(30))}`, verify: false } }),
  apiKeys_update: key,
  apiKeys_patch: key,
  apiKeys_delete: key,
  tokens_revoke: async (api, tenant) => ({ ids: { '/api/v1/auth/tokens': await make(api, tenant, '/api/v1/auth/tokens', { name: unique('token'), scopes: ['tasks:read'] }) } }),
  automations_delete: async (api, tenant) => ({ ids: { '/api/v1/automations': await make(api, tenant, '/api/v1/automations', { name: unique('rule'), repositoryId: tenant.ids['/api/v1/repositories'], trigger: { kind: 'api' }, task: { prompt: 'Tidy up.' } }) } }),
  budgets_delete: async (api, tenant) => ({ ids: { '/api/v1/budgets': await make(api, tenant, '/api/v1/budgets', { scope: 'user', userId: tenant.people.viewer.userId, period: 'total', limit: 5 }) } }),
  webhookEndpoints_delete: async (api, tenant) => ({ ids: { '/api/v1/webhook-endpoints': await make(api, tenant, '/api/v1/webhook-endpoints', { url: `https://example.com/${unique('hook')}`, events: ['*'] }) } }),
  webhookEndpoints_update: async () => Promise.resolve({ body: { url: `https://example.com/${unique('hook')}`, description: 'Deploys' } }),
  webhookEndpoints_patch: async () => Promise.resolve({ body: { url: `https://example.com/${unique('hook')}`, description: 'Deploys it' } }),
  webhookEndpoints_create: async () => Promise.resolve({ body: { url: `https://example.com/${unique('hook')}`, events: ['task.completed'] } }),
  adminUsers_update: staff(victim),
  adminUsers_revokeSessions: staff(victim),
  adminUsers_grantCredits: staff(async (api) => {
    const person = await api.signUp();
    return { ids: { '/api/v1/admin/users': person.userId, '/api/v1/organizations': person.organizationId } };
  }),
  adminInbox_replay: staff(async () => Promise.resolve({})),
  adminOperations_fail: staff(task('queued')),
};

/** A call of the operation that succeeds; the example of the document unless something must be fresh. */
export async function prepare(api: TestApi, tenant: Tenant, operationId: string): Promise<Prepared> {
  const { ids = {}, as = tenant.people.owner, body } = (await PREPARATIONS[operationId]?.(api, tenant)) ?? {};
  return { as, body, isOutside: as !== tenant.people.owner, tenant: { ...tenant, ids: { ...tenant.ids, ...ids } } };
}
