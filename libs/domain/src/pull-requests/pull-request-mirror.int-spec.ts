import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aGitRepo, aTenant, TaskHouse, WebhookHouse, type Tenant } from '../testing';
import type { ForgePullRequest } from './forge-pull-request';
import { PullRequestCommentStore, type ForgeComment } from './pull-request-comment.store';
import { PullRequestReviewStore, type ForgeReview } from './pull-request-review.store';
import { PullRequestStore } from './pull-request.store';

let database: TestDatabase;
let house: TaskHouse;
let tenant: Tenant;
let repositoryId: string;
const pulls = new PullRequestStore();
const reviews = new PullRequestReviewStore();
const comments = new PullRequestCommentStore();
const PAGE = { limit: 50, after: null, order: 'asc' } as const;
const at = (second: number): Date => new Date(Date.UTC(2026, 10, 23, 8, 0, second));

const said = (more: Partial<ForgePullRequest> = {}): ForgePullRequest => ({
  repositoryId, githubPrId: '9007199254740993', nodeId: 'PR_1', number: 7, title: 'Fix it', description: 'Why\0', sourceBranch: 'fix', targetBranch: 'main', headSha: 'a'.repeat(40), baseSha: 'b'.repeat(40),
  status: 'open', authorLogin: 'ada', url: 'https://github.com/acme/repo/pull/7', githubCreatedAt: at(0), githubUpdatedAt: at(0), mergedAt: null, closedAt: null, ...more,
});
const mirror = (more: Partial<ForgePullRequest> = {}) => house.work.run((tx) => pulls.mirror(tx, said(more)));
const merged = { status: 'merged', mergedAt: at(9), closedAt: at(9), githubUpdatedAt: at(9) } as const;

beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
});
beforeEach(async () => {
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
  repositoryId = (await aGitRepo(database.dataSource, { organizationId: tenant.organization.id })).id;
});
afterAll(() => database.close());

describe('a pull request', () => {
  it('is kept as the newest description says, in whatever order they come', async () => {
    expect(await mirror({ githubUpdatedAt: at(5), headSha: 'c'.repeat(40), mergeable: true, additions: 3 })).toMatchObject({ outcome: 'new', before: null, row: { prNumber: 7, origin: 'external', taskId: null, description: 'Why\ufffd' } });
    expect(await mirror({ githubUpdatedAt: at(1) })).toMatchObject({ outcome: 'older', row: { headSha: 'c'.repeat(40) } });
    expect(await mirror({ githubUpdatedAt: at(5), headSha: 'c'.repeat(40) })).toMatchObject({ outcome: 'same', row: { mergeable: true, additions: 3 } });
    expect(await mirror({ githubUpdatedAt: at(5), headSha: 'd'.repeat(40) })).toMatchObject({ outcome: 'unclear', row: { mergeable: null, additions: 3 } });
    expect(await mirror({ ...merged, mergeCommitSha: 'e'.repeat(40), mergedByLogin: 'bob' })).toMatchObject({ outcome: 'changed', before: { status: 'open' }, row: { status: 'merged', mergedByLogin: 'bob' } });
    expect(await mirror({ githubUpdatedAt: at(20) })).toMatchObject({ outcome: 'older', row: { status: 'merged', mergeCommitSha: 'e'.repeat(40) } });
  });

  it('is one row however many hear of it at once', async () => {
    const heard = await Promise.all([3, 1, 5, 2, 4].map((second) => mirror({ githubUpdatedAt: at(second), title: `as of ${second}` })));
    expect(new Set(heard.map(({ row }) => row.id)).size).toBe(1);
    expect(heard.filter(({ outcome }) => outcome === 'new')).toHaveLength(1);
    expect(await pulls.findByNumber(database.dataSource.manager, repositoryId, 7)).toMatchObject({ title: 'as of 5' });
  });

  it('tells a task of its merge, and its figures too; a repetition tells nothing', async () => {
    const { endpoint } = await new WebhookHouse(database.dataSource).newEndpoint(tenant, ['*']);
    const { taskId } = await house.newTask(tenant, { repositoryId });
    await database.dataSource.query('INSERT INTO task_analytics (id, task_id, succeeded) VALUES (gen_random_uuid(), $1, true)', [taskId]);
    await mirror();
    await house.work.run((tx) => pulls.recordAgents(tx, { ...said({ githubUpdatedAt: at(1) }), taskId }));
    await mirror(merged);
    await mirror(merged);
    await house.work.run((tx) => pulls.recordAgents(tx, { ...said({ githubUpdatedAt: at(1) }), taskId }));
    const sent = (await new WebhookHouse(database.dataSource).sentTo(endpoint.id)).map(({ eventType }) => eventType).filter((type) => type.includes('pull_request'));
    expect(sent).toEqual(['task.pull_request.opened', 'task.pull_request.merged']);
    expect(await database.dataSource.query('SELECT pull_request_merged FROM task_analytics WHERE task_id = $1', [taskId])).toEqual([{ pull_request_merged: true }]);
    expect(await pulls.findForTask(database.dataSource.manager, tenant.organization.id, taskId)).toMatchObject({ number: 7, status: 'merged' });
  });

  it('of an agent is open once between two branches: the one heard of last', async () => {
    const { taskId } = await house.newTask(tenant, { repositoryId });
    const record = (more: Partial<ForgePullRequest>) => house.work.run((tx) => pulls.recordAgents(tx, { ...said(more), taskId }));
    await record({ githubUpdatedAt: at(1) });
    await record({ githubUpdatedAt: at(4), number: 8, githubPrId: '8' });
    expect(await mirror({ githubUpdatedAt: at(3), title: 'late' })).toMatchObject({ row: { status: 'closed', title: 'late' } });
    expect(await mirror({ githubUpdatedAt: at(6), title: 'opened again' })).toMatchObject({ row: { status: 'open' } });
    expect(await pulls.findByNumber(database.dataSource.manager, repositoryId, 8)).toMatchObject({ status: 'closed' });
  });

  it('is listed for its organization only, page by page, and while its repository is connected', async () => {
    for (let number = 1; number <= 5; number += 1) await mirror({ number, githubPrId: String(number), status: number === 3 ? 'draft' : 'open' });
    const list = (organizationId: string, filters: object, page: object = {}) => pulls.list(database.dataSource.manager, organizationId, filters, { ...PAGE, ...page });
    const first = await list(tenant.organization.id, {}, { limit: 2 });
    expect(first.rows.map(({ prNumber }) => prNumber)).toEqual([1, 2]);
    expect((await list(tenant.organization.id, {}, { after: first.next })).rows.map(({ prNumber }) => prNumber)).toEqual([3, 4, 5]);
    expect((await list(tenant.organization.id, { status: 'draft', repositoryId }, { order: 'desc' })).rows).toMatchObject([{ prNumber: 3 }]);
    expect((await list(tenant.organization.id, { origin: 'agent' })).rows).toEqual([]);
    const other = await aTenant(database.dataSource);
    expect((await list(other.organization.id, { repositoryId })).rows).toEqual([]);
    const [one] = first.rows;
    expect(await pulls.find(database.dataSource.manager, other.organization.id, one!.id)).toBeNull();
    await database.dataSource.query(`UPDATE repositories SET disconnected_at = now(), status = 'disconnected' WHERE id = $1`, [repositoryId]);
    expect(await pulls.find(database.dataSource.manager, tenant.organization.id, one!.id)).toBeNull();
    expect((await list(tenant.organization.id, {})).rows).toEqual([]);
  });

  it('keeps whether it can be merged only of the head that was asked about', async () => {
    const { row } = await mirror();
    const keep = (headSha: string) => house.work.run((tx) => pulls.keepMergeability(tx, row.id, { headSha, mergeable: true, mergeableState: 'clean' }));
    await keep('f'.repeat(40));
    expect(await pulls.findByNumber(database.dataSource.manager, repositoryId, 7)).toMatchObject({ mergeable: null });
    await keep('a'.repeat(40));
    await keep('a'.repeat(40));
    expect(await pulls.findByNumber(database.dataSource.manager, repositoryId, 7)).toMatchObject({ mergeable: true, mergeableState: 'clean', rowVersion: row.rowVersion + 1 });
  });
});

describe('reviews and comments', () => {
  const review = (more: Partial<ForgeReview> = {}): ForgeReview => ({
    githubReviewId: '501', nodeId: 'PRR_1', reviewerLogin: 'bob', state: 'commented', body: 'First', commitSha: 'a'.repeat(40), url: null, submittedAt: at(1), updatedAt: at(1), ...more });
  const comment = (more: Partial<ForgeComment> = {}): ForgeComment => ({
    kind: 'review', githubCommentId: '901', githubReviewId: '501', inReplyToGithubId: null, authorLogin: 'bob', body: 'Here', filePath: 'src/a.ts', subjectType: 'line', line: 9, side: 'RIGHT', startLine: 7,
    startSide: 'RIGHT', originalLine: 9, commitSha: 'a'.repeat(40), diffHunk: '@@', url: null, createdAt: at(1), updatedAt: at(1), ...more });
  let pullRequestId: string;
  let owned: { organizationId: string; pullRequestId: string };
  beforeEach(async () => {
    pullRequestId = (await mirror()).row.id;
    owned = { organizationId: tenant.organization.id, pullRequestId };
  });
  const keepReview = (more: Partial<ForgeReview> = {}) => house.work.run((tx) => reviews.mirror(tx, pullRequestId, review(more)));
  const keep = (more: Partial<ForgeComment> = {}) => house.work.run((tx) => comments.mirror(tx, pullRequestId, comment(more)));
  const listed = async () => (await comments.list(database.dataSource.manager, owned, PAGE)).rows;

  it('keep the newest description; what was dismissed stays so', async () => {
    expect(await keepReview()).toMatchObject({ isNew: true });
    expect(await keepReview({ updatedAt: at(5), body: 'Second' })).toMatchObject({ isNew: false, row: { body: 'Second' } });
    expect(await keepReview({ updatedAt: at(3), body: 'Late' })).toMatchObject({ isNew: false, row: { body: 'Second' } });
    await keepReview({ updatedAt: null, state: 'dismissed' });
    expect(await keepReview({ updatedAt: null, state: 'approved' })).toMatchObject({ row: { state: 'dismissed' } });
    expect((await reviews.list(database.dataSource.manager, owned, PAGE)).rows).toHaveLength(1);
    expect((await reviews.list(database.dataSource.manager, { ...owned, organizationId: pullRequestId }, PAGE)).rows).toEqual([]);
  });

  it('find each other when the comment comes first, and replies find their thread', async () => {
    expect(await keep()).toMatchObject({ isNew: true, row: { reviewId: null, line: 9, startLine: 7 } });
    const { row } = await keepReview();
    expect(await listed()).toMatchObject([{ reviewId: row.id }]);
    expect(await house.work.run((tx) => comments.settleThread(tx, pullRequestId, { nodeId: 'PRRT_1', commentIds: ['901'], isResolved: true }))).toBe(1);
    expect(await keep({ githubCommentId: '902', githubReviewId: null, inReplyToGithubId: '901', createdAt: at(2) })).toMatchObject({ row: { threadNodeId: 'PRRT_1', isResolved: true } });
    await house.work.run((tx) => comments.settleThread(tx, pullRequestId, { nodeId: 'PRRT_1', commentIds: ['901'], isResolved: false }));
    expect(await listed()).toMatchObject([{ isResolved: false }, { isResolved: false }]);
  });

  it('lose their line when they are outdated, and stay deleted', async () => {
    await keep();
    expect(await keep({ updatedAt: at(4), line: null, startLine: null })).toMatchObject({ row: { isOutdated: true, line: null, startLine: null, originalLine: 9 } });
    expect(await keep({ updatedAt: at(2) })).toMatchObject({ row: { isOutdated: true } });
    await house.work.run((tx) => comments.remove(tx, pullRequestId, comment({ updatedAt: at(4) })));
    await keep({ updatedAt: at(9), body: 'again' });
    expect(await listed()).toEqual([]);
    await house.work.run((tx) => comments.remove(tx, pullRequestId, comment({ kind: 'issue', githubCommentId: '901', filePath: null })));
    await keep({ kind: 'issue', githubCommentId: '901', line: 9 });
    expect(await listed()).toEqual([]);
  });
});
