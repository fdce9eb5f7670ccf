import { execFileSync } from 'node:child_process';
import { Secret, type AppConfig } from '@app/common';
import { startGithubPeer, type GithubPeer, type PeerRepository } from '../../../../test/support/github-peer';
import { PeerRemarks } from '../../../../test/support/peer-remarks';
import { GithubApp } from '../github-app';
import { GithubPullRequests, type GithubRepoAccess } from '../github-pull-request';
import { GithubPullRequestActions } from './github-pull-request-actions';

jest.setTimeout(60_000);
let peer: GithubPeer;
let app: GithubApp;
let pulls: GithubPullRequests;
let actions: GithubPullRequestActions;
let made = 0;

beforeAll(async () => {
  peer = await startGithubPeer();
  app = new GithubApp({ github: { GITHUB_PACED: false, GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: peer.appId, GITHUB_APP_PRIVATE_KEY: new Secret(peer.privateKey) } } as unknown as AppConfig);
  pulls = new GithubPullRequests(app);
  actions = new GithubPullRequestActions(app, pulls);
});
afterEach(() => peer.clearFaults());
afterAll(async () => {
  await peer.stop();
  expect(peer.violations()).toEqual([]);
});

interface Opened {
  readonly repository: PeerRepository;
  readonly remarks: PeerRemarks;
  readonly access: GithubRepoAccess;
  readonly number: number;
  readonly sha: string;
}

/** A pull request of two commits. Its repository has an installation's lane of its own only by its token, so tests share the pace of writes. */
async function aPull(draft = false): Promise<Opened> {
  const repository = await peer.addRepository({ owner: 'acme', name: `actions-${++made}`, private: true, files: { 'a.txt': 'one\ntwo\nthree\n' } });
  const remarks = new PeerRemarks(peer.url, repository.fullName);
  await remarks.commit({ branch: 'topic', files: { 'a.txt': 'ONE\ntwo\nthree\n' }, message: 'First' });
  const sha = await remarks.commit({ branch: 'topic', files: { 'b.txt': 'b\n' }, message: 'Second' });
  const { token } = await app.tokenForRepository({ installationId: String(peer.installationId), githubRepoId: String(repository.id), permissions: { contents: 'write', pull_requests: 'write' } });
  const access = { token, fullName: repository.fullName };
  const { number } = draft ? await pulls.create(access, { title: 'Change it', body: '', head: 'topic', base: 'main', draft }) : await remarks.pull({ head: 'topic' });
  return { repository, remarks, access, number, sha };
}

const log = ({ repository }: Opened, format: string): string[] => execFileSync('git', ['--git-dir', repository.folder, 'log', `--format=${format}`, 'main'], { encoding: 'utf8' }).trim().split('\n');

describe('merging', () => {
  it.each([['merge', 4, 2], ['squash', 2, 1], ['rebase', 3, 1]] as const)('by %s makes the commits that method makes', async (method, commits, parents) => {
    const opened = await aPull();
    await opened.remarks.commit({ branch: 'main', files: { 'c.txt': 'c\n' } });
    const merged = await actions.merge(opened.access, opened.number, { method, sha: opened.sha });
    expect(merged).toMatchObject({ status: 'merged', mergedByLogin: 'async-coder[bot]', mergeCommitSha: await peer.ref(opened.repository.fullName, 'refs/heads/main') });
    expect(log(opened, '%H')).toHaveLength(commits + 1);
    expect(log(opened, '%P')[0]!.split(' ')).toHaveLength(parents);
    expect(execFileSync('git', ['--git-dir', opened.repository.folder, 'show', 'main:a.txt'], { encoding: 'utf8' })).toContain('ONE');
  });

  it('is done once, however often it is asked for and whatever becomes of the answer', async () => {
    const opened = await aPull();
    const wanted = { method: 'squash', sha: opened.sha } as const;
    peer.fault({ match: { method: 'PUT', path: '/merge' }, cut: 'after' });
    await expect(actions.merge(opened.access, opened.number, wanted)).resolves.toMatchObject({ status: 'merged' });
    await expect(actions.merge(opened.access, opened.number, wanted)).resolves.toMatchObject({ status: 'merged' });
    await expect(actions.merge(opened.access, opened.number, { ...wanted, sha: 'a'.repeat(40) })).rejects.toMatchObject({ code: 'version_conflict' });
    expect(log(opened, '%H')).toHaveLength(2);
    expect(peer.requests().filter(({ method, path }) => method === 'PUT' && path.includes(`/${opened.repository.fullName}/`))).toHaveLength(3);
  });

  it('says why it cannot be', async () => {
    const opened = await aPull(true);
    const merge = (sha = opened.sha): Promise<unknown> => actions.merge(opened.access, opened.number, { method: 'merge', sha });
    await expect(merge()).rejects.toMatchObject({ code: 'pull_request_not_mergeable', detail: 'It is a draft.' });
    await expect(actions.ready(opened.access, opened.number)).resolves.toMatchObject({ status: 'open' });
    await expect(actions.ready(opened.access, opened.number)).resolves.toMatchObject({ status: 'open' });
    const moved = await opened.remarks.commit({ branch: 'topic', files: { 'd.txt': 'd\n' } });
    await expect(merge()).rejects.toMatchObject({ code: 'version_conflict' });
    await opened.remarks.commit({ branch: 'main', files: { 'a.txt': 'another\ntwo\nthree\n' } });
    await expect(merge(moved)).rejects.toMatchObject({ code: 'pull_request_not_mergeable', detail: expect.stringContaining('merge conflicts') as string });
    await expect(pulls.getSettled(opened.access, opened.number)).resolves.toMatchObject({ mergeable: false, mergeableState: 'dirty' });
    peer.fault({ match: { method: 'PUT', path: '/merge' }, cut: 'before' });
    await expect(merge(moved)).rejects.toMatchObject({ code: 'github_error' });
  });
});

it('closes, opens again and deletes a branch, each as often as asked', async () => {
  const opened = await aPull();
  const { access, number } = opened;
  peer.fault({ match: { method: 'PATCH', path: '/pulls/' }, cut: 'after' });
  await expect(actions.close(access, number)).resolves.toMatchObject({ status: 'closed' });
  await expect(actions.close(access, number)).resolves.toMatchObject({ status: 'closed' });
  await expect(actions.merge(access, number, { method: 'merge', sha: opened.sha })).rejects.toMatchObject({ code: 'pull_request_not_mergeable', detail: 'It is closed.' });
  await expect(actions.reopen(access, number)).resolves.toMatchObject({ status: 'open' });
  await expect(actions.reopen(access, number)).resolves.toMatchObject({ status: 'open' });
  await actions.close(access, number);
  await actions.deleteBranch(access, 'topic');
  await expect(actions.deleteBranch(access, 'topic')).resolves.toBeUndefined();
  await expect(actions.deleteBranch(access, 'main')).rejects.toMatchObject({ code: 'github_validation_failed' });
  await expect(actions.reopen(access, number)).rejects.toMatchObject({ code: 'github_validation_failed', detail: expect.stringContaining('branch has been deleted') as string });
});

it('reads files page by page, and mergeability once it is known', async () => {
  const { access, number } = await aPull();
  const first = await pulls.files(access, number, 1, 1);
  expect(first).toMatchObject({ isLast: false, files: [{ path: 'a.txt', status: 'modified', additions: 1, deletions: 1, patch: expect.stringContaining('+ONE') as string }] });
  expect(await pulls.files(access, number, 2, 1)).toMatchObject({ isLast: true, files: [{ path: 'b.txt', status: 'added' }] });
  expect((await pulls.allFiles(access, number)).map(({ path }) => path)).toEqual(['a.txt', 'b.txt']);
  expect(await pulls.getSettled(access, number)).toMatchObject({ mergeable: true, mergeableState: 'clean', additions: 2, deletions: 1, changedFiles: 2, headRepository: access.fullName });
  expect(await pulls.newest(access, 'open')).toMatchObject([{ number, headRef: 'topic' }]);
  await pulls.getExisting(access, number);
  await pulls.getExisting(access, number);
  expect(peer.requests().filter(({ status }) => status === 304).length).toBeGreaterThan(0);
});
