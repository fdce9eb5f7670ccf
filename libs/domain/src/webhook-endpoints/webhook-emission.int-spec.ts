import { Secret } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { AgentPullRequest } from '../pull-requests/forge-pull-request';
import { PullRequestStore } from '../pull-requests/pull-request.store';
import { aGitRepo, aTenant, TaskHouse, WebhookHouse, type Tenant } from '../testing';
import { taskSummaryJson } from '../tasks/task-projection';
import { sealCallback } from './task-callback';
import { newWebhookSecret } from './webhook-secret';

let database: TestDatabase;
let house: TaskHouse;
let hooks: WebhookHouse;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  hooks = new WebhookHouse(database.dataSource);
});
beforeEach(async () => {
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
});
afterAll(() => database.close());

const types = async (endpointId: string): Promise<string[]> => (await hooks.sentTo(endpointId)).map(({ eventType }) => eventType);

describe('what happens to a task', () => {
  it('is sent to whoever listens, from the first row to each end', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant);
    const { lifecycle, commands, work, noHolds } = house;
    const attempt = await house.runningTask(tenant);
    const task = { organizationId: tenant.organization.id, id: attempt.taskId };
    await work.run((tx) => lifecycle.finish(tx, attempt, { kind: 'suspended', status: 'waiting_for_user', reason: 'question' }, noHolds));
    const second = await house.claim((await work.run((tx) => commands.resume(tx, task, 'message'))).attemptId);
    await work.run((tx) => lifecycle.advance(tx, second, 'in_progress'));
    await work.run((tx) => lifecycle.finish(tx, second, { kind: 'suspended', status: 'waiting_for_approval', reason: 'plan_ready' }, noHolds));
    const third = await house.claim((await work.run((tx) => commands.resume(tx, task, 'approval'))).attemptId);
    await work.run((tx) => lifecycle.finish(tx, third, { kind: 'suspended', status: 'paused', reason: 'user_request' }, noHolds));
    const fourth = await house.claim((await work.run((tx) => commands.resume(tx, task, 'resume'))).attemptId);
    await work.run((tx) => lifecycle.advance(tx, fourth, 'in_progress'));
    await work.run((tx) => lifecycle.finish(tx, fourth, { kind: 'failed', code: 'stuck', message: 'It went round in circles.', retryable: true }, noHolds));
    const fifth = await house.claim((await work.run((tx) => commands.retry(tx, task, { fromCheckpoint: true }))).attemptId);
    await house.passLease(fifth.attemptId);
    const lost = await work.run((tx) => house.sweeps.loseAttempt(tx, fifth.attemptId, noHolds));
    const sixth = await house.claim(lost!.enqueue[0]!);
    await database.dataSource.query(`UPDATE tasks SET deadline_at = now() - interval '1 h' WHERE id = $1`, [task.id]);
    await work.run((tx) => house.sweeps.endOverdue(tx, sixth.attemptId, noHolds));
    const seventh = await house.claim((await work.run((tx) => commands.retry(tx, task, { fromCheckpoint: true }))).attemptId);
    await work.run((tx) => lifecycle.advance(tx, seventh, 'in_progress'));
    await work.run((tx) => lifecycle.advance(tx, seventh, 'publishing'));
    await work.run((tx) => lifecycle.finish(tx, seventh, { kind: 'completed' }, noHolds));
    await work.run((tx) => commands.resume(tx, task, 'message'));
    await work.run((tx) => commands.requestCancel(tx, task));
    const again = ['task.queued', 'task.started'];
    expect(await types(endpoint.id)).toEqual([
      'task.created', ...again, 'task.waiting_for_user', ...again, 'task.waiting_for_approval', ...again, 'task.paused', ...again, 'task.failed', ...again, ...again, 'task.timed_out', ...again,
      'task.completed', 'task.queued', 'task.cancelled',
    ]);
  });

  it('is told with the task as it is shown, and what it was before', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['task.started']);
    const attempt = await house.claim((await house.newTask(tenant, { prompt: 'Nobody else shall read this.', metadata: { note: 'nor this' } })).attemptId);
    const [sent] = await hooks.sentTo(endpoint.id);
    const view = await house.tasks.findForOrganization(database.dataSource.manager, tenant.organization.id, attempt.taskId);
    expect(sent!.message).toMatchObject({ id: sent!.eventId, type: 'task.started', organizationId: tenant.organization.id });
    expect(sent!.eventId).toMatch(/^evt_[0-9a-f-]{36}$/);
    expect(Math.abs(Date.parse(sent!.message.createdAt) - sent!.createdAt.getTime())).toBeLessThan(5);
    const { previousStatus, ...data } = sent!.message.data;
    expect(previousStatus).toBe('queued');
    expect(data).toEqual(taskSummaryJson(view!));
    expect(sent!.body).not.toContain('Nobody else');
    expect(sent!.body).not.toContain('nor this');
  });

  it('reaches the endpoints of its organization that asked for it, and each event has one id for all', async () => {
    const one = (await hooks.newEndpoint(tenant, ['task.queued'])).endpoint;
    const all = (await hooks.newEndpoint(tenant)).endpoint;
    const other = (await hooks.newEndpoint(await aTenant(database.dataSource))).endpoint;
    const off = (await hooks.newEndpoint(tenant)).endpoint;
    const gone = (await hooks.newEndpoint(tenant)).endpoint;
    const organizationId = tenant.organization.id;
    await hooks.work.run((tx) => hooks.endpoints.update(tx, { organizationId, id: off.id }, { status: 'disabled' }));
    await hooks.work.run((tx) => hooks.endpoints.delete(tx, { organizationId, id: gone.id }));
    await house.newTask(tenant);
    expect(await Promise.all([one, all, other, off, gone].map(({ id }) => types(id)))).toEqual([['task.queued'], ['task.created', 'task.queued'], [], [], []]);
    expect((await hooks.sentTo(one.id))[0]!.eventId).toBe((await hooks.sentTo(all.id))[1]!.eventId);
  });

  it.each([['draft' as const], ['scheduled' as const]])('a %s is created, not queued', async (status) => {
    const { endpoint } = await hooks.newEndpoint(tenant);
    await house.newTask(tenant, { status, scheduledAt: status === 'scheduled' ? new Date(Date.now() + 60_000) : null });
    expect(await types(endpoint.id)).toEqual(['task.created']);
  });

  it('is forgotten with the transaction that did not come to its end', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant);
    const told: string[] = [];
    house.work.onDeliveries((ids) => told.push(...ids));
    const { taskId, attemptId } = await house.newTask(tenant);
    expect(told).toEqual((await hooks.sentTo(endpoint.id)).map(({ id }) => id));
    const roll = house.work.run(async (tx) => {
      await house.commands.requestCancel(tx, { organizationId: tenant.organization.id, id: taskId });
      throw new Error('power cut');
    });
    await expect(roll).rejects.toThrow('power cut');
    await house.claim(attemptId);
    expect(await types(endpoint.id)).toEqual(['task.created', 'task.queued', 'task.started']);
    expect(told).toHaveLength(3);
  });

  it('adds no statement where nobody listens', async () => {
    const { attemptId } = await house.newTask(tenant);
    const attempt = await house.claim(attemptId);
    const count = async (): Promise<number> =>
      house.work.run(async (tx) => {
        const connection = (await tx.queryRunner!.connect()) as { query: (...all: unknown[]) => unknown };
        const query = jest.spyOn(connection, 'query');
        await house.events.append(tx, attempt.taskId, attemptId, [{ type: 'status', data: { from: 'provisioning', to: 'in_progress', reason: null } }]);
        await house.events.append(tx, attempt.taskId, attemptId, [{ type: 'status', data: { from: 'in_progress', to: 'completed', reason: null } }]);
        const statements = query.mock.calls.length;
        query.mockRestore();
        return statements;
      });
    expect(await count()).toBe(2);
    await hooks.newEndpoint(tenant);
    expect(await count()).toBe(4);
  });

  it('fits into 256 KB however long its texts are', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['task.created']);
    await house.newTask(tenant, { description: '\u0001'.repeat(10_000), tags: ['a tag'] });
    const checks = Array.from({ length: 400 }, (_, n) => ({ name: `check ${n}`, command: 'x'.repeat(1_000) }));
    const task = await house.newTask(tenant);
    await database.dataSource.query(`UPDATE tasks SET verification = 'failed' WHERE id = $1`, [task.taskId]);
    await house.work.run((tx) => house.events.append(tx, task.taskId, null, [{ type: 'verify', data: { phase: 'head', status: 'failed', source: 'x', note: null, checks: checks as never } }]));
    const all = (await hooks.newEndpoint(tenant, ['task.started'])).endpoint;
    await house.claim(task.attemptId);
    const [created] = await hooks.sentTo(endpoint.id);
    expect(created!.message.data).toMatchObject({ description: '\u0001'.repeat(10_000), tags: ['a tag'] });
    const [started] = await hooks.sentTo(all.id);
    expect(Buffer.byteLength(started!.body)).toBeLessThan(262_144);
    expect(started!.message.data).toMatchObject({ id: task.taskId, status: 'provisioning', truncated: true });
  });
});

describe('the callback of one task', () => {
  it('hears all of its task and nothing else, and is opened with its own secret', async () => {
    const secret = new Secret(`whsec_${Buffer.alloc(24, 3).toString('base64')}`);
    const organizationId = tenant.organization.id;
    const callback = await hooks.work.run((tx) => sealCallback(tx, hooks.secrets, { organizationId, url: 'https://example.com/callback', secret }));
    const { taskId, attemptId } = await house.newTask(tenant, { callback });
    const other = await house.newTask(tenant);
    await house.claim(attemptId);
    await house.claim(other.attemptId);
    const sent = await hooks.sentTo(callback.endpointId);
    expect(sent.map(({ eventType }) => eventType)).toEqual(['task.created', 'task.queued', 'task.started']);
    expect(new Set(sent.map((row) => row.taskId))).toEqual(new Set([taskId]));
    expect(sent[0]!.message.data).toMatchObject({ id: taskId, callbackUrl: 'https://example.com/callback', previousStatus: null });
    const claim = await hooks.work.run((tx) => hooks.claims.claim(tx, sent[0]!.id));
    expect(claim.kind === 'claimed' && claim.delivery.secrets.map((opened) => opened.use((text) => text))).toEqual([secret.use((text) => text)]);
    expect((await hooks.endpoints.list(database.dataSource.manager, organizationId, { limit: 10, after: null, order: 'desc' })).rows).toEqual([]);
    expect(await hooks.endpoints.find(database.dataSource.manager, organizationId, callback.endpointId)).toBeNull();
  });
});

describe('the pull request of a task', () => {
  it('is told as it opens, moves on and ends; what stays the same is not', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['task.pull_request.opened', 'task.pull_request.updated', 'task.pull_request.merged', 'task.pull_request.closed']);
    const repo = await aGitRepo(database.dataSource, { organizationId: tenant.organization.id });
    const { taskId } = await house.newTask(tenant, { repositoryId: repo.id });
    const pulls = new PullRequestStore();
    const time = new Date('2026-11-23T08:00:00Z');
    const pull: AgentPullRequest = {
      repositoryId: repo.id, taskId, githubPrId: '9000000000000001', nodeId: 'PR_1', number: 7, title: 'Fix it', description: null, sourceBranch: 'async-coder/x', targetBranch: 'main',
      headSha: 'a'.repeat(40), baseSha: 'b'.repeat(40), status: 'open', authorLogin: 'app[bot]', url: 'https://github.com/acme/repo/pull/7', githubCreatedAt: time, githubUpdatedAt: time,
      mergedAt: null, closedAt: null, additions: 1, deletions: 1, changedFiles: 1,
    };
    const record = (change: Partial<AgentPullRequest>): Promise<unknown> => house.work.run((tx) => pulls.recordAgents(tx, { ...pull, ...change }));
    await record({});
    await record({ title: 'Another title' });
    await record({ headSha: 'c'.repeat(40) });
    // A forge has one open pull request between two branches: the one before is closed.
    await record({ number: 8, githubPrId: '9000000000000002' });
    await record({ number: 8, githubPrId: '9000000000000002', status: 'merged', mergedAt: time, closedAt: time });
    const sent = await hooks.sentTo(endpoint.id);
    const shown = sent.map(({ eventType, message }) => [eventType, message.data['pullRequest']]);
    expect(shown).toMatchObject([
      ['task.pull_request.opened', { number: 7, status: 'open', previousStatus: null, headSha: 'a'.repeat(40), taskId, author: 'app[bot]', origin: 'agent', mergedAt: null }],
      ['task.pull_request.updated', { number: 7, status: 'open', previousStatus: 'open', headSha: 'c'.repeat(40), title: 'Fix it' }],
      ['task.pull_request.closed', { number: 7, status: 'closed', previousStatus: 'open' }],
      ['task.pull_request.opened', { number: 8, status: 'open' }],
      ['task.pull_request.merged', { number: 8, status: 'merged', previousStatus: 'open', mergedAt: time.toISOString() }],
    ]);
    expect(sent[0]!.message.data).toMatchObject({ id: taskId, status: 'queued', repository: { id: repo.id } });
  });
});

describe('secrets', () => {
  it('are new each time, and only their end is kept in the clear', async () => {
    const first = await hooks.newEndpoint(tenant);
    const second = await hooks.newEndpoint(tenant);
    const texts = [first, second].map(({ secret }) => secret.use((text) => text));
    expect(new Set(texts).size).toBe(2);
    for (const text of texts) expect(text).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(first.endpoint.secretLast4).toBe(texts[0]!.slice(-5, -1));
    const [row] = await database.dataSource.query<Record<string, unknown>[]>('SELECT * FROM webhook_endpoints WHERE id = $1', [first.endpoint.id]);
    const dump = JSON.stringify(row);
    const key = Buffer.from(texts[0]!.slice(6), 'base64');
    for (const form of [texts[0]!, texts[0]!.slice(6), key.toString('hex')]) expect(dump).not.toContain(form);
    expect(newWebhookSecret().use((text) => Buffer.from(text.slice(6), 'base64').length)).toBe(32);
  });
});
