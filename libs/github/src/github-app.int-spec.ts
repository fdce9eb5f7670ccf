import { Secret, type AppConfig } from '@app/common';
import { startGithubPeer, type GithubPeer, type PeerRepository } from '../../../test/support/github-peer';
import { GithubApp } from './github-app';
import { GithubPullRequests, type GithubRepoAccess } from './github-pull-request';
import { GithubRepos } from './github-repo';

jest.setTimeout(60_000);
const READ = { contents: 'read', metadata: 'read' } as const;
const WRITE = { contents: 'write', pull_requests: 'write' } as const;

let peer: GithubPeer;
let app: GithubApp;
let repos: GithubRepos;
let pulls: GithubPullRequests;
let made = 0;

function appWith(github: Record<string, unknown>): GithubApp {
  return new GithubApp({ github: { GITHUB_PACED: false, GITHUB_API_URL: peer.apiUrl, ...github } } as unknown as AppConfig);
}

beforeAll(async () => {
  peer = await startGithubPeer();
  app = appWith({ GITHUB_APP_ID: peer.appId, GITHUB_APP_PRIVATE_KEY: new Secret(peer.privateKey) });
  repos = new GithubRepos(app);
  pulls = new GithubPullRequests(app);
});
afterEach(() => peer.clearFaults());
afterAll(async () => {
  await peer.stop();
  expect(peer.violations()).toEqual([]);
});

const aRepository = (): Promise<PeerRepository> => peer.addRepository({ owner: 'acme', name: `repo-${++made}`, private: true, files: { 'README.md': '# Acme\n' } });

async function tokenFor(repository: PeerRepository, permissions: typeof READ | typeof WRITE = WRITE): Promise<GithubRepoAccess> {
  const found = await app.tokenForInstallation(String(peer.installationId)).then(({ token }) => repos.getByFullName(token, repository.fullName));
  const { token } = await app.tokenForRepository({ installationId: String(peer.installationId), githubRepoId: found?.id ?? '', permissions });
  return { token, fullName: repository.fullName };
}

/** A branch with one commit on top of the default one, made on the peer's disk. */
async function aBranch(repository: PeerRepository, branch: string): Promise<void> {
  const { execFileSync } = await import('node:child_process');
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@t'];
  const git = (...args: string[]): string => execFileSync('git', ['--git-dir', repository.folder, ...identity, ...args], { encoding: 'utf8' }).trim();
  git('update-ref', `refs/heads/${branch}`, git('commit-tree', '-m', 'change', '-p', 'main', git('mktree', '--missing').trim()));
}

describe('GithubApp', () => {
  it('knows whether it is configured, and says so when it is not', async () => {
    expect(app.isConfigured).toBe(true);
    const none = appWith({});
    expect(none.isConfigured).toBe(false);
    await expect(none.installationForRepository('acme/x')).rejects.toMatchObject({ code: 'integration_not_configured' });
  });

  it('finds the installation of a repository', async () => {
    const repository = await aRepository();
    await expect(app.installationForRepository(repository.fullName)).resolves.toMatchObject({ installationId: String(peer.installationId), appId: String(peer.appId), isSuspended: false });
    await expect(app.installationForRepository('acme/none')).resolves.toBeNull();
    await expect(app.installationById(String(peer.installationId))).resolves.toMatchObject({ installationId: String(peer.installationId) });
    await expect(app.installationById('77')).resolves.toBeNull();
  });

  it('makes tokens that are good for one repository and until they are revoked', async () => {
    const [one, other] = [await aRepository(), await aRepository()];
    const { token } = await tokenFor(one, READ);
    await expect(repos.getByFullName(token, one.fullName)).resolves.toMatchObject({ fullName: one.fullName, defaultBranch: 'main' });
    await expect(repos.branches(token, other.fullName)).rejects.toMatchObject({ code: expect.stringMatching(/integration_not_connected|github_permission_missing/) as string });
    expect(String(token)).toBe('[secret]');
    await app.revoke(token);
    await expect(repos.getByFullName(token, one.fullName)).rejects.toMatchObject({ code: 'integration_not_connected' });
    await expect(app.revoke(token)).resolves.toBeUndefined();
  });

  it('gives each publication a token of its own', async () => {
    const repository = await aRepository();
    const first = await tokenFor(repository);
    const again = await app.tokenForRepository({ installationId: String(peer.installationId), githubRepoId: (await repos.getByFullName(first.token, repository.fullName))?.id ?? '', permissions: READ });
    expect(again).toMatchObject({ fullName: repository.fullName });
    expect(again.expiresAt.getTime()).toBeGreaterThan(Date.now());
    await app.revoke(first.token);
    await expect(repos.getByFullName((await tokenFor(repository)).token, repository.fullName)).resolves.not.toBeNull();
  });

  it('says that the App lost a repository or never had it', async () => {
    await expect(app.tokenForRepository({ installationId: String(peer.installationId), githubRepoId: '4242', permissions: READ })).rejects.toMatchObject({ code: 'integration_not_connected' });
    await expect(app.tokenForRepository({ installationId: '77', githubRepoId: '4242', permissions: READ })).rejects.toMatchObject({ code: 'integration_not_connected' });
  });

  it('is refused with a key of somebody else', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const stranger = appWith({ GITHUB_APP_ID: peer.appId, GITHUB_APP_PRIVATE_KEY: new Secret(key) });
    await expect(stranger.installationForRepository('acme/x')).rejects.toMatchObject({ code: 'integration_not_connected' });
  });

  it('states the version of the API with every request', async () => {
    await tokenFor(await aRepository());
    const rest = peer.requests().filter(({ path }) => path.startsWith('/api/v3/'));
    expect(rest.length).toBeGreaterThan(3);
    expect(new Set(rest.map(({ apiVersion }) => apiVersion))).toEqual(new Set(['2026-03-10']));
  });
});

describe('GithubRepos', () => {
  it('reads repositories by name and by id, ids beyond a double too', async () => {
    const repository = await aRepository();
    const { token } = await tokenFor(repository);
    const byName = await repos.getByFullName(token, repository.fullName);
    expect(byName).toMatchObject({ name: repository.fullName.split('/')[1], cloneUrl: repository.cloneUrl, fork: false, archived: false });
    expect(byName?.id).toMatch(/^\d+$/);
    await expect(repos.getById(token, byName?.id ?? '')).resolves.toEqual(byName);
    expect(JSON.stringify(byName)).toContain(`"id":"${byName?.id}"`);
    await expect(repos.getById(token, '4242')).resolves.toBeNull();
    await expect(repos.branches(token, repository.fullName)).resolves.toEqual([expect.objectContaining({ name: 'main', sha: expect.stringMatching(/^[0-9a-f]{40}$/) as string })]);
  });
});

describe('GithubPullRequests', () => {
  const wanted = { title: 'A change', body: 'Why', head: 'async-coder/one', base: 'main', draft: true };

  it('opens, finds, reads and changes a pull request', async () => {
    const repository = await aRepository();
    const access = await tokenFor(repository);
    await aBranch(repository, wanted.head);
    await expect(pulls.findOpen(access, wanted)).resolves.toBeNull();
    const opened = await pulls.create(access, wanted);
    expect(opened).toMatchObject({ number: 1, status: 'draft', headRef: wanted.head, baseRef: 'main', title: 'A change' });
    await expect(pulls.findOpen(access, wanted)).resolves.toMatchObject({ number: 1 });
    await expect(pulls.findOpen(access, { ...wanted, head: 'async-coder/two' })).resolves.toBeNull();
    await expect(pulls.update(access, 1, { body: 'Because' })).resolves.toMatchObject({ body: 'Because', title: 'A change' });
    await expect(pulls.get(access, 1)).resolves.toMatchObject({ body: 'Because' });
    await expect(pulls.get(access, 99)).resolves.toBeNull();
  });

  it('adopts the one that is there already', async () => {
    const repository = await aRepository();
    const access = await tokenFor(repository);
    await aBranch(repository, wanted.head);
    // The answer is lost after the pull request was made.
    peer.fault({ match: { method: 'POST', path: '/pulls' }, cut: 'after' });
    await expect(pulls.create(access, wanted)).resolves.toMatchObject({ number: 1 });
    await expect(pulls.create(access, wanted)).resolves.toMatchObject({ number: 1 });
  });

  it('says when there is nothing to review', async () => {
    const repository = await aRepository();
    await expect(pulls.create(await tokenFor(repository), { ...wanted, head: 'main' })).rejects.toMatchObject({ code: 'pull_request_empty' });
  });

  it('opens an ordinary one where drafts are not offered', async () => {
    const repository = await aRepository();
    const access = await tokenFor(repository);
    await aBranch(repository, wanted.head);
    peer.fault({ match: { method: 'POST', path: '/pulls' }, status: 422, message: 'Draft pull requests are not supported in this repository.' });
    await expect(pulls.create(access, wanted)).resolves.toMatchObject({ status: 'open' });
  });

  it('tells a missing right from a missing repository', async () => {
    const repository = await aRepository();
    await aBranch(repository, wanted.head);
    await expect(pulls.create(await tokenFor(repository, READ), wanted)).rejects.toMatchObject({ code: 'github_permission_missing' });
    await expect(pulls.findOpen({ ...(await tokenFor(repository)), fullName: 'acme/none' }, wanted)).rejects.toMatchObject({ code: 'integration_not_connected' });
  });
});
