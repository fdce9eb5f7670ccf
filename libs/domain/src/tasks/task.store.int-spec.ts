import type { PageKey } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aGitRepo, aModel, aPullRequest, aTenant, TaskHouse, type Tenant } from '../testing';
import type { TaskFilter } from './task-filter';
import type { TaskChanges } from './task.store';

let database: TestDatabase;
let house: TaskHouse;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
});
afterAll(() => database.close());

const manager = () => database.dataSource.manager;
const view = async (taskId: string) => (await house.tasks.findForOrganization(manager(), tenant.organization.id, taskId))!;

describe('the view of a task', () => {
  it('has everything that is shown beside it', async () => {
    const { model } = await aModel(database.dataSource);
    const repo = await aGitRepo(database.dataSource, { organizationId: tenant.organization.id });
    const { taskId, attemptId } = await house.newTask(tenant, {
      repositoryId: repo.id, aiModelId: model.id, tags: ['a', 'b"c'], metadata: { k: '\0' }, options: { createPullRequest: false }, maxCreditsMicro: 9_007_199_254_740_993n, description: 'é',
    });
    const checks = [{ name: 'test', command: 'npm test', phase: 'head' as const, exitCode: 0, durationMs: 5, status: 'passed', alreadyFailing: false }];
    await house.work.run(async (tx) => {
      await house.events.append(tx, taskId, attemptId, [{ type: 'verify', data: { phase: 'head', status: 'passed', source: 'task', note: null, checks } }]);
      await house.tasks.record(tx, taskId, { verification: 'passed', progress: 60 });
    });
    const pullRequest = await aPullRequest(database.dataSource, { repositoryId: repo.id, taskId, url: 'https://example.com/1' });
    expect(await view(taskId)).toMatchObject({
      status: 'queued', repositoryFullName: repo.fullName, modelName: model.name, createdByUsername: tenant.user.username, pullRequestNumber: pullRequest.prNumber, pullRequestUrl: 'https://example.com/1',
      checks, attemptNumber: 1, attemptStatus: 'queued', queuePosition: expect.any(Number) as number, maxCreditsMicro: 9_007_199_254_740_993n, lastEventSeq: 2n, creditsUsedMicro: 0n, tags: ['a', 'b"c'],
      metadata: { k: '\ufffd' }, options: { createPullRequest: false, timeoutSeconds: 1_800 }, callbackUrl: null, progress: 60, verification: 'passed', description: 'é',
    });
    expect(await house.attempts.listForTask(manager(), tenant.organization.id, taskId)).toMatchObject([{ id: attemptId, number: 1, status: 'queued', fence: 0n, modelName: model.name }]);
  });

  it('is not there for others', async () => {
    const { taskId } = await house.newTask(tenant);
    expect(await house.tasks.findForOrganization(manager(), taskId, taskId)).toBeNull();
  });
});

describe('lists', () => {
  it('page through everything once, in both orders, also rows of the same moment', async () => {
    const own = await aTenant(database.dataSource);
    const ids = await house.work.run(async (tx) => {
      const repo = await aGitRepo(tx, { organizationId: own.organization.id });
      const made: string[] = [];
      for (let n = 0; n < 7; n++) {
        const task = { organizationId: own.organization.id, userId: own.user.id, repositoryId: repo.id, title: `Task ${n}`, prompt: 'x', mode: 'ask' as const, branch: 'main', targetBranch: 'main', status: 'draft' as const };
        made.push((await house.tasks.create(tx, task)).taskId);
      }
      return made;
    });
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = [];
      for (let after: PageKey | null = null, more = true; more; ) {
        const page = await house.tasks.list(manager(), { organizationId: own.organization.id }, { limit: 3, after, order });
        seen.push(...page.rows.map((task) => task.id));
        expect(page.rows[0]).not.toHaveProperty('prompt');
        after = page.next;
        more = page.next !== null;
      }
      expect(seen).toEqual(order === 'asc' ? ids : [...ids].reverse());
    }
  });

  it('obey every filter', async () => {
    const repo = await aGitRepo(database.dataSource, { organizationId: tenant.organization.id });
    const pullRequest = await aPullRequest(database.dataSource, { repositoryId: repo.id, url: 'https://example.com/pull/77' });
    const { taskId } = await house.newTask(tenant, {
      repositoryId: repo.id, mode: 'ask', tags: ['needle'], priority: 'low', source: 'issue', sourceIssueNumber: 12, sourcePullRequestId: pullRequest.id, title: '100% Needle_ \\ in hay', status: 'draft',
    });
    const { taskId: child } = await house.newTask(tenant, { parentTaskId: taskId });
    const find = async (filter: Partial<TaskFilter>) => (await house.tasks.list(manager(), { organizationId: tenant.organization.id, ...filter }, { limit: 100, after: null, order: 'desc' })).rows.map((task) => task.id);
    const createdAt = (await view(taskId)).createdAt;
    const hits: Partial<TaskFilter>[] = [
      { tag: 'needle' }, { repositoryId: repo.id }, { mode: 'ask', priority: 'low' }, { status: ['draft', 'failed'], source: 'issue' }, { issueNumber: 12 }, { pullRequestId: pullRequest.id },
      { pullRequestUrl: 'https://example.com/pull/77' }, { q: 'needle_ \\' }, { q: '100%', userId: tenant.user.id }, { tag: 'needle', createdAfter: new Date(createdAt.getTime() - 1), createdBefore: new Date(createdAt.getTime() + 1_000) },
    ];
    for (const filter of hits) expect([filter, await find(filter)]).toEqual([filter, [taskId]]);
    expect(await find({ parentTaskId: taskId })).toEqual([child]);
    for (const filter of [{ q: 'needle%' }, { tag: 'needle', archived: true }, { issueNumber: 13 }, { status: [] }]) expect(await find(filter)).toEqual([]);
  });
});

describe('editing', () => {
  const update = (taskId: string, changes: TaskChanges, ifMatch: { rowVersion: number; lastEventSeq: number } | null = null) =>
    house.work.run((tx) => house.tasks.update(tx, { organizationId: tenant.organization.id, id: taskId }, changes, ifMatch));

  it('writes what the status allows, and says why not', async () => {
    const { taskId } = await house.newTask(tenant);
    await update(taskId, { title: 'New', prompt: 'New prompt', options: { maxTurns: 3 }, description: null });
    expect(await view(taskId)).toMatchObject({ title: 'New', prompt: 'New prompt', options: { maxTurns: 3 } });
    const { taskId: running } = await house.runningTask(tenant);
    await update(running, { title: 'Still' });
    await expect(update(running, { title: 'x', prompt: 'x' })).rejects.toMatchObject({ code: 'task_not_editable' });
    expect((await view(running)).title).toBe('Still');
    await database.dataSource.query('UPDATE task_counters SET credits_used_micro = 5, credits_held_micro = 6 WHERE task_id = $1', [running]);
    await expect(update(running, { maxCreditsMicro: 10n })).rejects.toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/maxCredits' }] });
    await update(running, { maxCreditsMicro: 11n });
    await expect(update(tenant.user.id, { title: 'x' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lets one of many writers of the same version win', async () => {
    const { taskId } = await house.newTask(tenant);
    const { rowVersion, lastEventSeq } = await view(taskId);
    const seen = { rowVersion, lastEventSeq: Number(lastEventSeq) };
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => update(taskId, { title: `Title ${n}` }, seen)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'version_conflict' });
    const now = await view(taskId);
    await house.work.run((tx) => house.events.append(tx, taskId, null, [{ type: 'nudge', data: { text: '' } }]));
    await expect(update(taskId, { title: 'late' }, { rowVersion: now.rowVersion, lastEventSeq: Number(now.lastEventSeq) })).rejects.toMatchObject({ code: 'version_conflict' });
  });
});
