import { PullRequestHouse, type OpenedPull } from './testing/pull-request-house';

jest.setTimeout(90_000);
let house: PullRequestHouse;
let opened: OpenedPull;
const get = (path: string, as = house.ada) => house.api.send('get', path, as);
const post = (path: string, body: object = {}, key?: string) => {
  const call = house.api.send('post', path, house.ada).send(body);
  return key === undefined ? call : call.set('Idempotency-Key', key);
};

beforeAll(async () => {
  house = await PullRequestHouse.start();
  opened = await house.open();
});
afterEach(() => house.peer.clearFaults());
afterAll(async () => {
  await house.stop();
  expect(house.peer.violations()).toEqual([]);
});

describe('reading', () => {
  it('shows what GitHub told, and asks it again on request', async () => {
    const known = await get(opened.path);
    expect([known.status, known.body]).toMatchObject([200, { id: opened.id, number: opened.number, status: 'open', origin: 'external', taskId: null, sourceBranch: 'topic', targetBranch: 'main', headSha: opened.headSha, author: 'ada', mergeable: null, checks: null, reviews: { total: 0 } }]);
    await opened.remarks.check({ sha: opened.headSha, name: 'build', conclusion: 'success' });
    await opened.remarks.check({ sha: opened.headSha, name: 'lint', conclusion: 'failure' });
    await opened.remarks.check({ sha: opened.headSha, suite: 'Other CI', status: 'completed', conclusion: 'action_required' });
    const fresh = await get(`${opened.path}?refresh=true`);
    expect(fresh.body).toMatchObject({ mergeable: true, mergeableState: 'clean', additions: 2, deletions: 1, changedFiles: 2, checks: { total: 3, passed: 1, failed: 1, pending: 0, waitingForApproval: 1, state: 'failed' } });
    expect((await get(opened.path)).body).toMatchObject({ mergeable: true, additions: 2 });
    expect((await get(`${opened.path}?refresh=true`).set('If-None-Match', fresh.headers['etag'] as string)).status).toBe(304);
    expect(house.peer.requests().some(({ status }) => status === 304)).toBe(true);
  });

  it('lists files page by page', async () => {
    const first = await get(`${opened.path}/files?limit=1`);
    expect([first.status, first.body]).toMatchObject([200, { data: [{ path: 'a.txt', status: 'modified', additions: 1, deletions: 1, patch: expect.stringContaining('+ONE') as string }] }]);
    const { nextCursor } = first.body as { nextCursor: string };
    expect((await get(`${opened.path}/files?limit=1&cursor=${nextCursor}`)).body).toMatchObject({ data: [{ path: 'b.txt', status: 'added' }], nextCursor: null });
    expect((await get(`${opened.path}/files?cursor=${nextCursor}x`)).status).toBe(400);
    expect((await get(`${opened.path}/files?order=asc`)).status).toBe(400);
  });

  it('lists by repository, status and origin', async () => {
    const ids = async (query: string) => ((await get(`/api/v1/pull-requests${query}`)).body as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(await ids('')).toContain(opened.id);
    expect(await ids(`?repositoryId=${opened.repositoryId}&status=open&origin=external`)).toEqual([opened.id]);
    expect(await ids('?status=merged')).not.toContain(opened.id);
    expect(await ids('?origin=agent')).not.toContain(opened.id);
    expect((await get('/api/v1/pull-requests?status=lost')).status).toBe(400);
    expect((await get(`/api/v1/pull-requests?repositoryId=${opened.id}`)).status).toBe(404);
  });

  it('shows nothing to anybody else', async () => {
    const eve = await house.api.signUp();
    for (const path of ['', '/files', '/reviews', '/comments']) expect((await get(`${opened.path}${path}`, eve)).status).toBe(404);
    expect((await get(`/api/v1/repositories/${opened.repositoryId}/pull-requests`, eve)).status).toBe(404);
    for (const action of ['merge', 'close', 'reopen', 'ready', 'reviews', 'comments']) {
      const answer = await house.api.send('post', `${opened.path}/${action}`, eve).send({ merge: { sha: opened.headSha }, comments: { body: 'x' } }[action] ?? {});
      expect([action, answer.status]).toEqual([action, 404]);
    }
    expect((await get('/api/v1/pull-requests', eve)).body).toEqual({ data: [], nextCursor: null });
  });
});

describe('merging', () => {
  it('happens once, is mirrored at once, and takes the branch along', async () => {
    const pull = await house.open();
    const merge = { method: 'squash', sha: pull.headSha, deleteBranch: true };
    const first = await post(`${pull.path}/merge`, merge, 'merge-1');
    expect([first.status, first.body]).toMatchObject([200, { status: 'merged', branchDeleted: true, mergedBy: 'async-coder[bot]', mergeCommitSha: await house.peer.ref(pull.remarks.repository, 'refs/heads/main') }]);
    const replayed = await post(`${pull.path}/merge`, merge, 'merge-1');
    expect([replayed.text, replayed.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    const again = await post(`${pull.path}/merge`, merge);
    expect([again.status, (again.body as { status: string }).status]).toEqual([200, 'merged']);
    expect(await house.row(pull.id)).toMatchObject({ status: 'merged', mergedByLogin: 'async-coder[bot]' });
    expect(await house.peer.ref(pull.remarks.repository, 'refs/heads/topic')).toBeNull();
    expect(await house.audit(pull.id)).toEqual(['pull_request.intended', 'pull_request.merged', 'pull_request.intended', 'pull_request.merged']);
    expect((await post(`${pull.path}/reopen`)).body).toMatchObject({ code: 'github_validation_failed' });
  });

  it('survives the loss of its answer', async () => {
    const pull = await house.open();
    house.peer.fault({ match: { method: 'PUT', path: '/merge' }, cut: 'after' });
    expect((await post(`${pull.path}/merge`, { sha: pull.headSha })).body).toMatchObject({ status: 'merged', branchDeleted: null });
    expect(house.calls('PUT', `${pull.remarks.repository}/pulls`)).toBe(1);
  });

  it('is refused for another head, a draft, and what is closed', async () => {
    const pull = await house.open({ draft: true });
    const merge = async (sha = pull.headSha) => {
      const answer = await post(`${pull.path}/merge`, { sha });
      return [answer.status, (answer.body as { code?: string }).code];
    };
    expect(await merge()).toEqual([409, 'pull_request_not_mergeable']);
    expect((await post(`${pull.path}/ready`)).body).toMatchObject({ status: 'open' });
    expect((await post(`${pull.path}/ready`)).body).toMatchObject({ status: 'open' });
    await pull.remarks.commit({ branch: 'topic', files: { 'c.txt': 'c\n' } });
    expect(await merge()).toEqual([412, 'version_conflict']);
    expect((await post(`${pull.path}/close`)).body).toMatchObject({ status: 'closed' });
    expect((await post(`${pull.path}/close`)).body).toMatchObject({ status: 'closed' });
    expect((await house.row(pull.id))?.status).toBe('closed');
    expect((await merge((await house.row(pull.id))?.headSha ?? ''))[1]).toBe('pull_request_not_mergeable');
    expect((await post(`${pull.path}/reopen`)).body).toMatchObject({ status: 'open' });
    expect((await post(`${pull.path}/merge`, { sha: 'main' })).status).toBe(422);
    expect((await post(`${pull.path}/merge`, { sha: pull.headSha, force: true })).body).toMatchObject({ errors: [{ pointer: '/force' }] });
  });
});

describe('GitHub in trouble', () => {
  it('is said so, with the time to wait where it gave one', async () => {
    const pull = await house.open();
    house.peer.fault({ match: { method: 'PATCH', path: '/pulls/' }, status: 502 });
    expect([(await post(`${pull.path}/close`, {}, 'close-1')).status, (await house.row(pull.id))?.status]).toEqual([502, 'open']);
    expect((await post(`${pull.path}/close`, {}, 'close-1')).status).toBe(200);
    house.peer.fault({ match: { path: `${pull.remarks.repository}/pulls/${pull.number}/files` }, times: 2, delayMs: 7_000 });
    const hung = await get(`${pull.path}/files`);
    expect([hung.status, (hung.body as { code: string }).code]).toEqual([502, 'github_error']);
    house.peer.fault({ match: { method: 'PATCH', path: '/pulls/' }, status: 403, message: 'You have exceeded a secondary rate limit', headers: { 'retry-after': '40' } });
    const limited = await post(`${pull.path}/reopen`);
    expect([limited.status, (limited.body as { code: string }).code, limited.headers['retry-after']]).toEqual([503, 'github_rate_limited', expect.stringMatching(/^4[01]$/)]);
    // Until then GitHub is left alone, and what our rows know is shown all the same.
    const before = house.peer.requests().length;
    expect((await get(`${pull.path}?refresh=true`)).status).toBe(503);
    expect((await get(pull.path)).body).toMatchObject({ status: 'closed' });
    expect(house.peer.requests().slice(before).filter(({ path }) => path.includes('/pulls'))).toEqual([]);
  });
});
