import { GithubConnection } from '@app/domain';
import { aGitRepo, aPullRequest, insert } from '@app/domain/testing';
import { PullRequestHouse, type OpenedPull } from './testing/pull-request-house';

jest.setTimeout(90_000);
let house: PullRequestHouse;
let opened: OpenedPull;
let keys = 0;
const get = async (path: string) => (await house.api.send('get', path, house.ada)).body as { data: Record<string, unknown>[] };
const post = (path: string, body: object, key = `key-${++keys}`) => house.api.send('post', path, house.ada).send(body).set('Idempotency-Key', key);

beforeAll(async () => {
  house = await PullRequestHouse.start();
  opened = await house.open();
});
afterEach(() => house.peer.clearFaults());
afterAll(async () => {
  await house.stop();
  expect(house.peer.violations()).toEqual([]);
});

describe('a review', () => {
  it('is posted whole, once, and kept with its comments', async () => {
    const review = { event: 'COMMENT', body: 'All in all.', comments: [{ path: 'a.txt', line: 1, body: 'Why?' }, { path: 'a.txt', line: 1, side: 'LEFT', body: 'Before.' }, { path: 'a.txt', line: 3, startLine: 1, body: 'All.' }] };
    house.peer.fault({ match: { method: 'POST', path: '/reviews' }, cut: 'after' });
    const first = await post(`${opened.path}/reviews`, review, 'review-1');
    expect([first.status, first.body]).toMatchObject([201, { state: 'commented', reviewer: 'async-coder[bot]', commitSha: opened.headSha, body: expect.stringContaining('All in all.') as string }]);
    expect((await post(`${opened.path}/reviews`, review, 'review-1')).text).toBe(first.text);
    expect((await opened.remarks.all()).reviews).toHaveLength(1);
    expect((await get(`${opened.path}/reviews`)).data).toEqual([first.body]);
    const comments = (await get(`${opened.path}/comments?order=asc&kind=review`)).data;
    expect(comments).toHaveLength(3);
    expect(comments).toEqual(expect.arrayContaining([expect.objectContaining({ path: 'a.txt', line: 1, side: 'LEFT', reviewId: (first.body as { id: string }).id }), expect.objectContaining({ line: 3, startLine: 1 })]));
    expect(await house.audit(opened.id)).toEqual(['pull_request.intended', 'pull_request.reviewed']);
  });

  it('that failed is written by the next try, and found by it when it was written', async () => {
    const before = (await opened.remarks.all()).reviews.length;
    house.peer.fault({ match: { method: 'POST', path: '/reviews' }, status: 502 });
    expect((await post(`${opened.path}/reviews`, { event: 'COMMENT', body: 'Again.' }, 'review-2')).status).toBe(502);
    expect((await post(`${opened.path}/reviews`, { event: 'COMMENT', body: 'Again.' }, 'review-2')).status).toBe(201);
    // Written, but neither its answer nor any look at it came through.
    house.peer.fault({ match: { method: 'POST', path: '/reviews' }, cut: 'after' }, { match: { method: 'GET', path: '/reviews' }, times: 3, status: 500 });
    expect((await post(`${opened.path}/reviews`, { event: 'COMMENT', body: 'Third.' }, 'review-3')).status).toBe(502);
    house.peer.clearFaults();
    expect((await post(`${opened.path}/reviews`, { event: 'COMMENT', body: 'Third.' }, 'review-3')).status).toBe(201);
    expect((await opened.remarks.all()).reviews.length).toBeLessThanOrEqual(before + 2);
  });

  it('with a line outside of the change never reaches GitHub', async () => {
    const calls = house.calls('POST', '/reviews');
    const review = (comment: object) => post(`${opened.path}/reviews`, { event: 'COMMENT', comments: [{ path: 'b.txt', line: 1, body: 'Good.' }, { path: 'a.txt', line: 1, body: 'x', ...comment }] });
    for (const [comment, field] of [[{ line: 9 }, 'line'], [{ path: 'README.md' }, 'path'], [{ path: 'b.txt', side: 'LEFT' }, 'line'], [{ line: 3, startLine: 9 }, 'startLine'], [{ side: 'LEFT', startSide: 'RIGHT' }, 'startSide']] as const) {
      const answer = await review(comment);
      expect([field, answer.status, (answer.body as { errors: unknown[] }).errors]).toMatchObject([field, 422, [{ pointer: `/comments/1/${field}` }]]);
    }
    expect(house.calls('POST', '/reviews')).toBe(calls);
  });

  it('never judges our own pull request, and says something', async () => {
    const own = await house.open({ isAgents: true });
    for (const event of ['APPROVE', 'REQUEST_CHANGES']) {
      expect((await post(`${own.path}/reviews`, { event, body: 'Fine.' })).body).toMatchObject({ code: 'github_validation_failed', errors: [{ pointer: '/event', code: 'own_pull_request' }] });
    }
    expect((await post(`${own.path}/reviews`, { event: 'COMMENT', body: 'Fine.' })).status).toBe(201);
    expect((await post(`${opened.path}/reviews`, { event: 'APPROVE' })).body).toMatchObject({ state: 'approved' });
    expect((await house.api.send('get', opened.path, house.ada)).body).toMatchObject({ reviews: { approved: 1, changesRequested: 0 } });
    for (const [body, pointer] of [[{ event: 'COMMENT', body: ' ' }, '/body'], [{ event: 'LGTM' }, '/event'], [{ body: 'x' }, '/body'], [{ event: 'COMMENT', body: 'x', model: 'auto' }, '/model'], [{ event: 'COMMENT', comments: [{ path: 'a.txt' }] }, '/comments/0/line']] as const) {
      const answer = await post(`${opened.path}/reviews`, body);
      expect([pointer, answer.status, (answer.body as { errors?: { pointer: string }[] }).errors?.some((error) => error.pointer === pointer)]).toEqual([pointer, 422, true]);
    }
  });

  it('approves nothing of the account that its caller connected, and leaves what was tried', async () => {
    const theirs = await house.open();
    await insert(house.api.database.dataSource, GithubConnection, { userId: house.ada.userId, githubUserId: String(house.peer.people.accountId('ada')), login: 'ada' });
    try {
      expect((await post(`${theirs.path}/reviews`, { event: 'APPROVE' })).body).toMatchObject({ status: 422, errors: [{ pointer: '/event', code: 'own_pull_request' }] });
      expect(await house.audit(theirs.id)).toEqual([]);
      house.peer.fault({ match: { method: 'POST', path: '/reviews' }, status: 502 });
      expect((await post(`${theirs.path}/reviews`, { event: 'COMMENT', body: 'Why?' })).status).toBe(502);
      expect(await house.audit(theirs.id)).toEqual(['pull_request.intended']);
    } finally {
      await house.api.database.dataSource.query('DELETE FROM github_connections WHERE user_id = $1', [house.ada.userId]);
    }
  });

  it('without an event is a task of its own', async () => {
    const answer = await post(`${opened.path}/reviews`, { level: 'thorough' }, 'task-1');
    expect([answer.status, answer.body]).toMatchObject([202, { mode: 'pr_review', sourcePullRequestNumber: opened.number, targetBranch: 'main', title: `Review #${opened.number}: A change`, options: { reviewLevel: 'thorough' } }]);
    expect(answer.headers['location']).toBe(`/api/v1/tasks/${(answer.body as { id: string }).id}`);
    expect((await post(`${opened.path}/reviews`, { level: 'thorough' }, 'task-1')).text).toBe(answer.text);
    const pat = await house.api.send('post', '/api/v1/users/tokens', house.ada).send({ name: 'repos', scopes: ['repos:read', 'repos:write'] });
    if (pat.status === 201) expect((await house.api.send('post', `${opened.path}/reviews`, { accessToken: (pat.body as { token: string }).token }).send({})).body).toMatchObject({ code: 'insufficient_scope' });
  });
});

describe('a comment', () => {
  it('stands below, on a line, or in a thread, once', async () => {
    house.peer.fault({ match: { method: 'POST', path: '/comments' }, cut: 'after' });
    const below = await post(`${opened.path}/comments`, { body: 'Thank you.' }, 'comment-1');
    expect([below.status, below.body]).toMatchObject([201, { kind: 'issue', path: null, author: 'async-coder[bot]' }]);
    expect((await post(`${opened.path}/comments`, { body: 'Thank you.' }, 'comment-1')).text).toBe(below.text);
    const placed = await post(`${opened.path}/comments`, { body: 'Here.', path: 'b.txt', line: 1 });
    expect([placed.status, placed.body]).toMatchObject([201, { kind: 'review', path: 'b.txt', line: 1, side: 'RIGHT' }]);
    const { id, githubCommentId } = placed.body as { id: string; githubCommentId: string };
    const reply = await post(`${opened.path}/comments`, { body: 'And here.', inReplyTo: id });
    expect([reply.status, reply.body]).toMatchObject([201, { inReplyToGithubId: githubCommentId }]);
    expect((await post(`${opened.path}/comments`, { body: 'And more.', inReplyTo: (reply.body as { id: string }).id })).body).toMatchObject({ inReplyToGithubId: githubCommentId });
    expect((await opened.remarks.all()).issueComments).toHaveLength(1);
  });

  it('is refused where it cannot stand', async () => {
    const other = await house.open();
    const { id } = (await post(`${other.path}/comments`, { body: 'x', path: 'b.txt', line: 1 })).body as { id: string };
    const below = (await post(`${opened.path}/comments`, { body: 'x' })).body as { id: string };
    const refusals = [
      [{ body: 'x', path: 'b.txt', line: 7 }, 422, '/line'], [{ body: 'x', path: 'none.txt', line: 1 }, 422, '/path'], [{ body: 'x', path: 'b.txt' }, 422, '/line'], [{ body: 'x', line: 1 }, 422, '/line'],
      [{ body: ' ' }, 422, '/body'], [{ body: 'x', inReplyTo: id }, 404, undefined], [{ body: 'x', inReplyTo: below.id }, 422, '/inReplyTo'], [{ body: 'x', inReplyTo: id, path: 'b.txt', line: 1 }, 422, '/path'],
    ] as const;
    for (const [body, status, pointer] of refusals) {
      const answer = await post(`${opened.path}/comments`, body);
      expect([answer.status, (answer.body as { errors?: { pointer: string }[] }).errors?.[0]?.pointer]).toEqual([status, pointer]);
    }
  });
});

it('a plain git repository says that it has none of this', async () => {
  const db = house.api.database.dataSource;
  const repo = await aGitRepo(db, { organizationId: house.ada.organizationId, provider: 'git', githubId: null });
  const pull = await aPullRequest(db, { repositoryId: repo.id });
  const path = `/api/v1/pull-requests/${pull.id}`;
  expect((await get(`/api/v1/repositories/${repo.id}/pull-requests`)).data).toHaveLength(1);
  for (const [action, body] of [['merge', { sha: 'a'.repeat(40) }], ['close', {}], ['comments', { body: 'x' }], ['reviews', { event: 'COMMENT', body: 'x' }]] as const) {
    expect((await post(`${path}/${action}`, body)).body).toMatchObject({ status: 422, code: 'integration_not_connected', detail: expect.stringContaining('plain git remote') as string });
  }
  expect(await get(`${path}/files`)).toMatchObject({ code: 'integration_not_connected' });
});
