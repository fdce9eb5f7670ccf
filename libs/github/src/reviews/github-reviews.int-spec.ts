import { Secret, type AppConfig } from '@app/common';
import { startGithubPeer, type GithubPeer } from '../../../../test/support/github-peer';
import { PeerRemarks } from '../../../../test/support/peer-remarks';
import { checkCounts, ciState } from '../checks/check-facts';
import { GithubChecks } from '../checks/github-checks';
import { GithubApp, type TokenPermissions } from '../github-app';
import type { GithubRepoAccess } from '../github-pull-request';
import { GithubComments } from './github-comments';
import { GithubReviews, type NewReview } from './github-reviews';
import { GithubThreads } from './github-threads';

jest.setTimeout(60_000);
const FULL = { contents: 'write', pull_requests: 'write', checks: 'write', issues: 'write', statuses: 'read' } as const;
const TEN = Array.from({ length: 30 }, (_, n) => `line ${n + 1}`).join('\n') + '\n';

let peer: GithubPeer;
let app: GithubApp;
let remarks: PeerRemarks;
let repositoryId: string;
let access: GithubRepoAccess;
let number: number;
let headSha: string;

beforeAll(async () => {
  peer = await startGithubPeer();
  app = new GithubApp({ github: { GITHUB_PACED: false, GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: peer.appId, GITHUB_APP_PRIVATE_KEY: new Secret(peer.privateKey) } } as unknown as AppConfig);
  await peer.addRepository({ owner: 'acme', name: 'first', files: { a: 'a' } });
  // The second one's ids are beyond what a double holds.
  const repository = await peer.addRepository({ owner: 'acme', name: 'reviewed', private: true, files: { 'a.txt': TEN, 'b.txt': 'b\n' } });
  repositoryId = String(repository.id);
  remarks = new PeerRemarks(peer.url, repository.fullName);
  await remarks.commit({ branch: 'topic', files: { 'a.txt': TEN.replace('line 10\n', 'LINE 10\nLINE 10b\n'), 'new.txt': 'one\ntwo\n' } });
  ({ number, headSha } = await remarks.pull({ head: 'topic' }));
  access = await accessWith(FULL);
});
afterEach(() => peer.clearFaults());
afterAll(async () => {
  await peer.stop();
  expect(peer.violations()).toEqual([]);
});

async function accessWith(permissions: TokenPermissions): Promise<GithubRepoAccess> {
  const { token } = await app.tokenForRepository({ installationId: String(peer.installationId), githubRepoId: repositoryId, permissions });
  return { token, fullName: remarks.repository };
}

const review = (more: Partial<NewReview> = {}): NewReview => ({ commitSha: headSha, event: 'COMMENT', body: 'All in all.', comments: [], ...more });

describe('GithubReviews', () => {
  it('posts a review with lines, ranges and deleted lines, and reads it back', async () => {
    const reviews = new GithubReviews(app);
    const posted = await reviews.create(access, number, review({
      comments: [{ path: 'a.txt', line: 11, side: 'RIGHT', startLine: 10, body: 'Both.' }, { path: 'a.txt', line: 10, side: 'LEFT', body: 'Why?' }, { path: 'new.txt', line: 2, side: 'RIGHT', body: 'Two.' }],
    }));
    expect(posted).toMatchObject({ state: 'commented', commitSha: headSha, body: 'All in all.', id: expect.stringMatching(/^900719925\d{7}$/) as string });
    expect(await reviews.list(access, number)).toEqual([posted]);
    const comments = await reviews.comments(access, number);
    expect(comments).toMatchObject([
      { path: 'a.txt', line: 11, startLine: 10, side: 'RIGHT', reviewId: posted.id, inReplyToId: null, body: 'Both.' }, { path: 'a.txt', line: 10, startLine: null, side: 'LEFT' }, { path: 'new.txt', line: 2 },
    ]);
    const reply = await reviews.reply(access, number, comments[0]!.id, 'Because.');
    expect(reply).toMatchObject({ inReplyToId: comments[0]!.id, body: 'Because.' });
    await expect(reviews.comment(access, number, { commitSha: headSha, path: 'new.txt', line: 1, side: 'RIGHT', body: 'Alone.' })).resolves.toMatchObject({ path: 'new.txt', line: 1 });
  });

  it('loses the whole review to one line outside of the diff', async () => {
    const reviews = new GithubReviews(app);
    const before = (await remarks.all()).reviews.length;
    const good = { path: 'new.txt', line: 1, side: 'RIGHT', body: 'x' } as const;
    const refused = (comment: object) => expect(reviews.create(access, number, review({ comments: [good, { ...good, ...comment }] }))).rejects;
    await refused({ path: 'a.txt', line: 25 }).toMatchObject({ code: 'github_validation_failed', detail: expect.stringContaining('Line could not be resolved') as string });
    await refused({ path: 'b.txt', line: 1 }).toMatchObject({ detail: expect.stringContaining('Path could not be resolved') as string });
    await expect(reviews.create(access, number, review({ commitSha: 'a'.repeat(40) }))).rejects.toMatchObject({ code: 'github_validation_failed' });
    expect((await remarks.all()).reviews).toHaveLength(before);
  });

  it('cannot approve what the App itself opened', async () => {
    const own = await remarks.commit({ branch: 'own', files: { 'c.txt': 'c\n' } });
    const pull = await remarks.pull({ head: 'own', author: 'async-coder[bot]' });
    const reviews = new GithubReviews(app);
    await expect(reviews.create(access, pull.number, review({ commitSha: own, event: 'APPROVE' }))).rejects.toMatchObject({ detail: expect.stringContaining('Can not approve your own pull request') as string });
    await expect(reviews.create(access, pull.number, review({ commitSha: own }))).resolves.toMatchObject({ state: 'commented' });
  });
});

describe('GithubThreads', () => {
  it('resolves a thread, with the right to write contents', async () => {
    const threads = new GithubThreads(app);
    const [first] = await threads.list(access, number);
    expect(first).toMatchObject({ isResolved: false, isOutdated: false, firstCommentId: String((await new GithubReviews(app).comments(access, number))[0]!.id) });
    const poor = await accessWith({ pull_requests: 'write' });
    await expect(threads.resolve(poor, first!.nodeId)).rejects.toMatchObject({ code: 'github_permission_missing' });
    await threads.resolve(access, first!.nodeId);
    await threads.resolve(access, first!.nodeId);
    expect((await threads.list(access, number))[0]).toMatchObject({ isResolved: true, resolvedBy: 'async-coder[bot]' });
    await expect(threads.resolve(access, 'PRRT_none')).rejects.toMatchObject({ code: 'github_error' });
  });
});

describe('GithubComments', () => {
  it('posts, finds and changes a comment, page by page', async () => {
    const comments = new GithubComments(app);
    const posted = await comments.create(access, number, 'First');
    expect(await comments.update(access, posted.id, 'Changed')).toMatchObject({ id: posted.id, body: 'Changed' });
    expect(await comments.update(access, '1', 'Nothing')).toBeNull();
    expect(await comments.list(access, number)).toMatchObject([{ id: posted.id, body: 'Changed', authorType: 'Bot' }]);
  });
});

describe('GithubChecks', () => {
  it('makes one check run, finds it again and ends it', async () => {
    const checks = new GithubChecks(app);
    const made = await checks.create(access, { name: 'Async Coder review', headSha, externalId: 'task-1', conclusion: null, output: { title: 'At work', summary: 'Soon.' } });
    expect(await checks.find(access, { name: 'Async Coder review', headSha, externalId: 'task-1' })).toEqual(made);
    expect(await checks.find(access, { name: 'Async Coder review', headSha, externalId: 'task-2' })).toBeNull();
    await checks.update(access, made.id, { conclusion: 'neutral', output: { title: 'Done', summary: 'x'.repeat(70_000) } });
    expect((await remarks.all()).runs).toMatchObject([{ conclusion: 'neutral', status: 'completed' }]);
  });

  it('tells what waits for an approval from what failed, and what may not be read from what is not there', async () => {
    const checks = new GithubChecks(app);
    const sha = await remarks.commit({ branch: 'checked', files: { 'd.txt': 'd\n' } });
    const at = async () => {
      const found = await checks.ofCommit(access, sha);
      return [ciState(found), checkCounts(found.checks)] as const;
    };
    expect(await at()).toEqual(['none', { total: 0, passed: 0, failed: 0, pending: 0, waiting: 0 }]);
    for (let n = 0; n < 120; n++) await remarks.check({ sha, name: `unit ${n}`, conclusion: 'success' });
    await remarks.check({ sha, context: 'lint', state: 'success' });
    expect(await at()).toMatchObject(['passed', { total: 121, passed: 121 }]);
    await remarks.check({ sha, name: 'slow', status: 'in_progress' });
    expect((await at())[0]).toBe('pending');
    await remarks.check({ sha, suite: 'GitHub Actions', status: 'completed', conclusion: 'action_required' });
    expect(await at()).toMatchObject(['waiting', { waiting: 1, failed: 0 }]);
    await remarks.check({ sha, context: 'lint', state: 'failure' });
    expect((await at())[0]).toBe('failed');
    const poor = await checks.ofCommit(await accessWith({ pull_requests: 'write' }), sha);
    expect(poor).toMatchObject({ checks: [], unread: ['check runs', 'statuses'] });
    expect(ciState(poor)).toBe('unknown');
  });
});
