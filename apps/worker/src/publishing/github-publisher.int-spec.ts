import { Secret, type AppConfig } from '@app/common';
import { aGitRepo, anInstallation } from '@app/domain/testing';
import { GithubApp } from '@app/github';
import type { GithubInstallation, GitRepo } from '@app/domain';
import { startGithubPeer, type GithubPeer, type PeerRepository } from '../../../../test/support/github-peer';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { CrashPoint } from '../attempts/crash-points';
import { FAILED, PublishFixture, SUBMISSION, type ReadyWork } from './testing/publish-fixture';

jest.setTimeout(180_000);

let database: TestDatabase;
let peer: GithubPeer;
let github: GithubApp;
let fixture: PublishFixture;
let installation: GithubInstallation;
let made = 0;
beforeAll(async () => {
  database = await openTestDatabase();
  peer = await startGithubPeer();
  github = new GithubApp({ github: { GITHUB_PACED: false, GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: peer.appId, GITHUB_APP_PRIVATE_KEY: new Secret(peer.privateKey) } } as unknown as AppConfig);
  fixture = await PublishFixture.create(database.dataSource, github);
  installation = await anInstallation(database.dataSource, { installationId: String(peer.installationId), organizationId: fixture.tenant.organization.id });
});
afterEach(async () => {
  peer.clearFaults();
  await fixture.files.closeAll();
});
afterAll(async () => {
  await fixture.files.remove();
  await peer.stop();
  await database.close();
  expect(peer.violations()).toEqual([]);
});

interface GithubWork extends ReadyWork {
  readonly at: PeerRepository;
}

async function ready(options: Record<string, unknown> = {}): Promise<GithubWork> {
  const at = await peer.addRepository({ owner: 'acme', name: `repo-${++made}`, private: true, files: { 'greet.txt': 'hello\n' } });
  const repo: GitRepo = await aGitRepo(database.dataSource, {
    organizationId: fixture.tenant.organization.id, installationId: installation.id, githubId: String(at.id), fullName: at.fullName, url: at.htmlUrl, cloneUrl: at.cloneUrl,
  });
  const { token } = await github.tokenForRepository({ installationId: installation.installationId, githubRepoId: String(at.id), permissions: { contents: 'read' } });
  return { at, ...(await fixture.ready({ repo, installation, token, options })) };
}

const branchOf = ({ task }: ReadyWork): string => `async-coder/${task.id}`;
const head = (work: GithubWork): Promise<string | null> => peer.ref(work.at.fullName, `refs/heads/${branchOf(work)}`);
const calls = (work: GithubWork, method: string, end: string): number => peer.requests().filter((entry) => entry.method === method && entry.path.includes(`/${work.at.fullName}`) && entry.path.split('?')[0]?.endsWith(end)).length;
const row = (work: ReadyWork) => fixture.pullRequests.findForTask(fixture.house.work.reader, work.task.organizationId, work.task.id);

async function control(what: string, body: object): Promise<void> {
  const answer = await fetch(`${peer.url}/__peer/${what}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Bare, and as `x-access-token:…` in base64. */
const TOKEN = /ghs_|eC1hY2Nlc3MtdG9rZW4/;

describe('Publisher, on GitHub', () => {
  it('opens one pull request with the checks in its body, records it, makes nothing twice, and moves it on with the work', async () => {
    const work = await ready();
    const outcome = await fixture.publish(work);
    const sha = await head(work);
    expect(outcome).toMatchObject({ kind: 'published', headSha: sha, pullRequest: { number: 1, status: 'open' } });
    await expect(row(work)).resolves.toMatchObject({ number: 1, status: 'open', headSha: sha, sourceBranch: branchOf(work), targetBranch: 'main', title: 'Fix the greeting' });
    const [told] = (await fixture.events(work.task.id)).filter((event) => event.type === 'effect.done' && event.data.kind === 'pull_request');
    expect(told?.data).toMatchObject({ outcome: 'done', number: 1, status: 'open', headSha: sha, url: expect.stringContaining(`${work.at.fullName}/pull/1`) as string });
    const access = await github.tokenForInstallation(String(peer.installationId), { pull_requests: 'read' });
    const body = (await github.octokitFor(access.token, 'test').request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { owner: 'acme', repo: work.repo.fullName.split('/')[1] ?? '', pull_number: 1 })).data.body;
    expect(body).toMatch(/Greets by name[\s\S]*`npm test` \| not run \| passed/);
    expect(body).toContain(`<!-- async-coder task=${work.task.id} -->`);

    const events = await fixture.events(work.task.id);
    await expect(fixture.publish(work)).resolves.toEqual(outcome);
    await expect(fixture.events(work.task.id)).resolves.toEqual(events);
    expect(calls(work, 'POST', '/pulls')).toBe(1);

    await fixture.edit(work.workspace, 'echo more >> greet.txt');
    await expect(fixture.publish(work, { submission: { ...SUBMISSION, summary: 'Says more.' } })).resolves.toMatchObject({ pullRequest: { number: 1 } });
    await expect(row(work)).resolves.toMatchObject({ number: 1, headSha: await head(work) });
    expect(await head(work)).not.toBe(sha);
    expect((await fixture.effectEvents(work.task.id)).filter((name) => name === 'effect.done pull_request')).toHaveLength(2);
  });

  it('is a draft until the checks pass, unless the task says otherwise; takes title and text from whoever asked for it, and still shows the checks', async () => {
    await expect(fixture.publish(await ready(), { verification: FAILED })).resolves.toMatchObject({ pullRequest: { status: 'draft' } });
    const work = await ready({ draftPullRequest: false, pullRequestTitle: 'Mine', pullRequestBody: 'My words.' });
    await expect(fixture.publish(work, { verification: FAILED })).resolves.toMatchObject({ pullRequest: { status: 'open' } });
    const [told] = await database.dataSource.query<{ title: string; description: string }[]>('SELECT title, description FROM pull_requests WHERE task_id = $1', [work.task.id]);
    expect(told).toEqual({ title: 'Mine', description: expect.stringMatching(/^My words\.\n\n## Verification\n[^]*npm test/) as string });
  });

  it('pushes only, where the task wants no pull request', async () => {
    const work = await ready({ createPullRequest: false });
    const outcome = await fixture.publish(work);
    expect(outcome).toMatchObject({ kind: 'published', pullRequest: null, headSha: await head(work) });
    await expect(row(work)).resolves.toBeNull();
  });

  it('goes on after one worker after the other was killed, each a step later', async () => {
    const work = await ready();
    for (const point of ['push-after', 'check-run-before', 'pull-request-before', 'pull-request-after', 'check-run-after'] as const) await fixture.publishUntil(point, work);
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'published', pullRequest: { number: 1 } });
    expect(calls(work, 'POST', '/pulls')).toBe(1);
    expect(await fixture.effectEvents(work.task.id)).toEqual(['effect.intended push', 'effect.done push', 'effect.intended check_run', 'effect.intended pull_request', 'effect.done pull_request', 'effect.done check_run']);
    expect(calls(work, 'POST', '/check-runs')).toBe(1);
  });

  it('opens a new one when the first was closed', async () => {
    const work = await ready();
    await fixture.publish(work);
    const { token } = await github.tokenForInstallation(String(peer.installationId), { pull_requests: 'write' });
    await github.octokitFor(token, 'test').request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { owner: 'acme', repo: work.at.fullName.split('/')[1] ?? '', pull_number: 1, state: 'closed' });
    await expect(fixture.publish(work)).resolves.toMatchObject({ pullRequest: { number: 2, status: 'open' } });
    await expect(row(work)).resolves.toMatchObject({ number: 2 });
    const rows = await database.dataSource.query<unknown>('SELECT pr_number, status, closed_at IS NOT NULL AS closed FROM pull_requests WHERE task_id = $1 ORDER BY pr_number', [work.task.id]);
    expect(rows).toEqual([{ pr_number: 1, status: 'closed', closed: true }, { pr_number: 2, status: 'open', closed: false }]);
  });

  it('loses answers and still makes one branch and one pull request', async () => {
    const work = await ready();
    peer.fault({ match: { method: 'POST', path: '/git-receive-pack' }, cut: 'after' }, { match: { method: 'POST', path: '/pulls' }, cut: 'after' });
    const made = await fixture.publish(work);
    expect(made).toMatchObject({ kind: 'published', pullRequest: { number: 1 }, headSha: await head(work) });
    await expect(row(work)).resolves.toMatchObject({ number: 1, status: 'open' });
    expect(peer.requests().filter(({ note, path }) => note === 'cut after the effect' && path.includes(work.at.fullName))).toHaveLength(2);
  });

  it('leaves no token on the disk, in rows or in messages, and none alive, also after failures', async () => {
    const work = await ready();
    await control('tokens/revoke', {});
    peer.fault({ match: { method: 'POST', path: '/git-receive-pack' }, status: 403, times: 5 });
    const refused = await fixture.publish(work);
    expect(refused).toMatchObject({ kind: 'failed', code: 'push_failed' });
    peer.clearFaults();
    peer.fault({ match: { method: 'POST', path: '/pulls' }, status: 403, message: 'Resource not accessible by integration' });
    const unopened = await fixture.publish(work);
    expect(unopened).toMatchObject({ kind: 'failed', code: 'push_failed', message: expect.stringContaining('was pushed, but its pull request could not be opened') as string });
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'published', pullRequest: { number: 1 } });
    expect(await (await fetch(`${peer.url}/__peer/tokens/live`)).json()).toEqual({ data: [] });
    const asked = peer.requests().filter(({ method, path, body }) => method === 'POST' && path.endsWith('/access_tokens') && (body as { repository_ids?: number[] }).repository_ids?.[0] === work.at.id);
    const [forClone, ...forPublishing] = asked.map(({ body }) => body as object);
    expect(forClone).toMatchObject({ repository_ids: [work.at.id], permissions: { contents: 'read' } });
    expect(forPublishing.length).toBeGreaterThanOrEqual(3);
    for (const body of forPublishing) expect(body).toMatchObject({ repository_ids: [work.at.id], permissions: { contents: 'write', pull_requests: 'write', checks: 'write' } });
    expect(JSON.stringify([refused, unopened])).not.toMatch(TOKEN);
    const rows = await database.dataSource.query<{ text: string }[]>(
      `SELECT data::text AS text FROM task_events WHERE task_id = $1 UNION ALL SELECT concat(intent, result, error_code) FROM task_effects WHERE task_id = $1
       UNION ALL SELECT concat(content, metadata) FROM task_results WHERE task_id = $1 UNION ALL SELECT concat(description, url) FROM pull_requests WHERE task_id = $1`,
      [work.task.id],
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.map(({ text }) => text).join('\n')).not.toMatch(TOKEN);
    expect((await fixture.files.shell('grep -rlaE "ghs_|eC1hY2Nlc3MtdG9rZW4" data || true')).trim()).toBe('');
  });

  it('moves no branch that a rule protects, whether it is asked before or learns by the push', async () => {
    const work = await ready();
    const protect = (isProtected: boolean): Promise<void> => control('protect', { repository: work.at.fullName, branch: branchOf(work), isProtected });
    await protect(true);
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'failed', code: 'push_failed', message: expect.stringContaining('The patch is kept') as string });
    expect(await head(work)).toBeNull();
    await protect(false);
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'published' });
    const before = await head(work);
    await protect(true);
    await fixture.edit(work.workspace, 'echo more >> greet.txt');
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'failed', code: 'push_failed', message: expect.stringContaining('is protected now') as string });
    expect(await head(work)).toBe(before);
  });

  it('does without the right to checks, and asks for the one to workflows where it is needed', async () => {
    const { metadata, contents, pull_requests: pulls } = { metadata: 'read', contents: 'write', pull_requests: 'write' };
    await control('permissions', { permissions: { metadata, contents, pull_requests: pulls } });
    try {
      const work = await ready();
      await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'published', pullRequest: { number: 1 } });
      expect(calls(work, 'POST', '/check-runs')).toBe(0);
      const left = (await fixture.events(work.task.id)).flatMap(({ data }) => ('outcome' in data && 'kind' in data && data.kind === 'check_run' ? [data.outcome] : []));
      expect(left).toHaveLength(1);
      const withCi = await ready({ allowCiFiles: true });
      await fixture.edit(withCi.workspace, 'mkdir -p .github/workflows && echo "on: push" > .github/workflows/ci.yml');
      await expect(fixture.publish(withCi)).resolves.toMatchObject({ kind: 'failed', code: 'github_permission_missing', message: expect.stringContaining('workflows') as string });
      expect(await head(withCi)).toBeNull();
      await control('permissions', { permissions: { metadata, contents, pull_requests: pulls, workflows: 'write' } });
      await expect(fixture.publish(withCi)).resolves.toMatchObject({ kind: 'published' });
    } finally {
      await control('permissions', {});
    }
  });

  it('keeps the patch when the App lost the repository, or is suspended, be it in the middle; and goes on when it is back', async () => {
    const work = await ready();
    const suspended = { kind: 'failed', code: 'integration_not_connected', message: expect.stringContaining('suspended') as string };
    await expect(fixture.publish({ ...work, repo: { ...work.repo, githubId: '4242' } })).resolves.toMatchObject({ kind: 'failed', code: 'integration_not_connected' });
    try {
      peer.people.suspend(peer.installationId);
      await expect(fixture.publish(work)).resolves.toMatchObject(suspended);
      expect(await fixture.result(work.task, 'patch')).toContain('greet.txt');
      peer.people.suspend(peer.installationId, false);
      const suspendAt = (point: CrashPoint): void => (point === 'pull-request-before' ? peer.people.suspend(peer.installationId) : undefined);
      await expect(fixture.publish(work, { crash: suspendAt })).resolves.toMatchObject(suspended);
    } finally {
      peer.people.suspend(peer.installationId, false);
    }
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'published', pullRequest: { number: 1 } });
  });
});
