import { ReviewFindingStore, UnitOfWork, type NewReviewFinding } from '@app/domain';
import { aGitRepo, aPullRequest, aTask, type StartedTask } from '@app/domain/testing';
import { TestApi, type SignedIn } from '../../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let work: UnitOfWork;
let review: StartedTask;
let finding: NewReviewFinding;
const store = new ReviewFindingStore();
const record = (more: Partial<NewReviewFinding> = {}) => work.run((tx) => store.record(tx, { ...finding, ...more }));
const list = async (query = '', who = ada) => (await api.send('get', `/api/v1/tasks/${review.task.id}/findings${query}`, who)).body as { data: Record<string, unknown>[] };

beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
  work = new UnitOfWork(api.database.dataSource);
  const { organizationId, userId } = ada;
  const repo = await aGitRepo(api.database.dataSource, { organizationId });
  review = await aTask(api.database.dataSource, { organizationId, userId, repositoryId: repo.id, mode: 'pr_review' });
  finding = {
    organizationId, repositoryId: repo.id, pullRequestId: null, taskId: review.task.id, attemptId: review.attempt.id, fingerprint: 'a'.repeat(64), severity: 'high', confidence: 'medium', category: 'bug',
    title: 'Off by one', body: 'See\0 here.', suggestion: null, file: 'src/a.ts', side: 'RIGHT', startLine: 1, endLine: 3, preExisting: false, sha: 'b'.repeat(40),
  };
});
afterAll(() => api.close());

it('lists the remarks of a review, each once, by severity, status and place', async () => {
  expect(await list()).toEqual({ data: [], nextCursor: null });
  expect((await record()).isNew).toBe(true);
  const again = await record({ severity: 'critical', startLine: null, endLine: 9, sha: 'c'.repeat(40) });
  expect(again).toMatchObject({ isNew: false, row: { severity: 'critical', endLine: 9, firstSeenSha: 'b'.repeat(40), lastConfirmedSha: 'c'.repeat(40) } });
  await record({ fingerprint: 'd'.repeat(64), severity: 'low' });
  const { data } = await list();
  expect(data).toMatchObject([{ id: again.row.id, severity: 'critical', startLine: null, endLine: 9, body: 'See\ufffd here.', status: 'open', surfaced: null, taskId: review.task.id }, { severity: 'low' }]);
  expect((await list('?severity=medium')).data).toHaveLength(1);
  expect((await list('?status=dismissed')).data).toEqual([]);
  expect((await list('?surfaced=inline')).data).toEqual([]);
  expect((await api.send('get', `/api/v1/tasks/${review.task.id}/findings?severity=worst`, ada)).status).toBe(400);
});

it('shows them to nobody else', async () => {
  const eve = await api.signUp();
  expect((await api.send('get', `/api/v1/tasks/${review.task.id}/findings`, eve)).status).toBe(404);
  expect(await store.listForTask(work.reader, { organizationId: eve.organizationId, id: review.task.id }, { limit: 10 })).toEqual([]);
});

it('follows a remark over the reviews of one pull request, and keeps what was dismissed dismissed', async () => {
  const pull = await aPullRequest(api.database.dataSource, { repositoryId: finding.repositoryId });
  const fingerprint = 'e'.repeat(64);
  const first = await record({ pullRequestId: pull.id, fingerprint });
  await api.database.dataSource.query(`UPDATE review_findings SET status = 'resolved', closed_at = now() WHERE id = $1`, [first.row.id]);
  expect(await record({ pullRequestId: pull.id, fingerprint })).toMatchObject({ isNew: false, row: { id: first.row.id, status: 'open', closedAt: null } });
  await api.database.dataSource.query(`UPDATE review_findings SET status = 'dismissed', closed_at = now() WHERE id = $1`, [first.row.id]);
  expect((await record({ pullRequestId: pull.id, fingerprint })).row.status).toBe('dismissed');
  expect(await record({ fingerprint })).toMatchObject({ isNew: true, row: { status: 'dismissed' } });
});
