import { PullRequest, ReviewFindingMoves, ReviewFindingStore, UnitOfWork, type NewReviewFinding } from '@app/domain';
import { aGitRepo, aPullRequest, aTask } from '@app/domain/testing';
import { TestApi, type SignedIn } from '../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let work: UnitOfWork;
let finding: NewReviewFinding;
let pull: PullRequest;
const store = new ReviewFindingStore();
const moves = new ReviewFindingMoves();
const record = (more: Partial<NewReviewFinding> = {}) => work.run((tx) => store.record(tx, { ...finding, ...more }));
const at = (id: string) => `/api/v1/findings/${id}`;

beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
  work = new UnitOfWork(api.database.dataSource);
  const { organizationId, userId } = ada;
  const repo = await aGitRepo(api.database.dataSource, { organizationId });
  pull = await aPullRequest(api.database.dataSource, { repositoryId: repo.id });
  const review = await aTask(api.database.dataSource, { organizationId, userId, repositoryId: repo.id, mode: 'pr_review' });
  finding = {
    organizationId, repositoryId: repo.id, pullRequestId: pull.id, taskId: review.task.id, attemptId: review.attempt.id, fingerprint: 'a'.repeat(64), severity: 'high', confidence: 'medium', category: 'bug',
    title: 'Off by one', body: 'See here.', suggestion: null, file: 'src/a.ts', side: 'RIGHT', startLine: 1, endLine: 3, preExisting: false, sha: 'b'.repeat(40),
  };
});
afterAll(() => api.close());

it('dismisses a remark for the whole repository, and takes that back', async () => {
  const { row } = await record();
  const other = await aPullRequest(api.database.dataSource, { repositoryId: finding.repositoryId });
  const twin = await record({ pullRequestId: other.id });
  expect(twin.row.status).toBe('open');
  const dismissed = await api.send('patch', at(row.id), ada).send({ status: 'dismissed', reason: 'We trust it.' });
  expect(dismissed).toMatchObject({ status: 200, body: { id: row.id, status: 'dismissed', dismissedReason: 'We trust it.', dismissedBy: { id: ada.userId } } });
  expect(await store.find(work.reader, ada.organizationId, twin.row.id)).toMatchObject({ status: 'dismissed' });
  expect((await record({ sha: 'c'.repeat(40) })).row.status).toBe('dismissed');
  const reopened = await api.send('patch', at(row.id), ada).send({ status: 'open' });
  expect(reopened.body).toMatchObject({ status: 'open', dismissedBy: null, dismissedReason: null, closedAt: null });
  expect((await api.send('patch', at(row.id), ada).send({ status: 'open' })).status).toBe(200);
  const audit = await api.database.dataSource.query<{ action: string }[]>(`SELECT action FROM audit_logs WHERE target_id = $1 ORDER BY created_at`, [row.id]);
  expect(audit.map(({ action }) => action)).toEqual(['finding.dismissed', 'finding.reopened']);
});

it('lists the remarks of a pull request', async () => {
  await record({ fingerprint: 'd'.repeat(64), severity: 'low' });
  const list = async (query = '', who = ada) => api.send('get', `/api/v1/pull-requests/${pull.id}/findings${query}`, who);
  expect((await list()).body).toMatchObject({ data: [{ severity: 'high' }, { severity: 'low' }], nextCursor: null });
  expect((await list('?severity=high&status=open')).body).toMatchObject({ data: [{ severity: 'high' }] });
  expect((await list('', await api.signUp())).status).toBe(404);
});

it('closes the remark of a thread that a person settles, and opens it again', async () => {
  const { row } = await record({ fingerprint: 'e'.repeat(64) });
  await work.run((tx) => moves.surface(tx, ada.organizationId, [{ id: row.id, surfaced: 'inline', githubCommentId: '9007199254740993' }]));
  expect(await work.run((tx) => moves.closeByComments(tx, pull.id, ['1', '9007199254740993']))).toBe(1);
  expect(await work.run((tx) => moves.closeByComments(tx, pull.id, ['9007199254740993']))).toBe(0);
  expect(await store.find(work.reader, ada.organizationId, row.id)).toMatchObject({ status: 'resolved' });
  expect(await work.run((tx) => moves.reopenByComments(tx, pull.id, ['9007199254740993']))).toBe(1);
});

it('is nobody else\'s to judge, and takes no garbage', async () => {
  const { row } = await record();
  expect((await api.send('patch', at(row.id), await api.signUp()).send({ status: 'dismissed' })).status).toBe(404);
  expect((await api.send('patch', at(row.id), ada).send({ status: 'resolved' })).status).toBe(422);
  expect((await api.send('patch', at(row.id), ada).send({ status: 'dismissed', reason: 'x'.repeat(1_001) })).status).toBe(422);
});
