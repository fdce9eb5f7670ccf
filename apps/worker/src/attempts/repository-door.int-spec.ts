import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Logger, Secret, type AppConfig } from '@app/common';
import { GithubApp } from '@app/github';
import { startGithubPeer, type GithubPeer, type PeerRepository } from '../../../../test/support/github-peer';
import type { GitWorkspace } from '../workspace/git-workspace';
import { AttemptWorkspaces } from './attempt-workspaces';
import type { Briefing } from './briefing';
import { RepositoryDoor } from './repository-door';

let peer: GithubPeer;
let repository: PeerRepository;
let door: RepositoryDoor;
let briefing: Briefing;
beforeAll(async () => {
  peer = await startGithubPeer();
  repository = await peer.addRepository({ owner: 'acme', name: 'cloned', private: true, files: { 'a.txt': 'one\n' } });
  await peer.addRepository({ owner: 'acme', name: 'other', private: true, files: { 'a.txt': 'one\n' } });
  const app = new GithubApp({ github: { GITHUB_PACED: false, GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: peer.appId, GITHUB_APP_PRIVATE_KEY: new Secret(peer.privateKey) } } as unknown as AppConfig);
  door = new RepositoryDoor(app, {} as never, Logger.create('silent', 'test'));
  const repo = { id: 'r', organizationId: 'o', provider: 'github', githubId: String(repository.id), cloneUrl: repository.cloneUrl };
  briefing = { repo, installation: { installationId: String(peer.installationId) }, task: {}, attempt: {}, settings: {} } as unknown as Briefing;
});
afterAll(async () => {
  await peer.stop();
  expect(peer.violations()).toEqual([]);
});

/** Tokens that still open something, as GitHub knows them. */
async function live(): Promise<{ repositoryIds: number[] | null; permissions: Record<string, string> }[]> {
  return ((await (await fetch(`${peer.url}/__peer/tokens/live`)).json()) as { data: Awaited<ReturnType<typeof live>> }).data;
}

async function heads(cloneUrl: string, token: Secret): Promise<string> {
  const basic = token.use((text) => Buffer.from(`x-access-token:${text}`).toString('base64'));
  const { stdout } = await promisify(execFile)('git', ['-c', `http.extraHeader=Authorization: Basic ${basic}`, 'ls-remote', cloneUrl], { timeout: 30_000, env: { PATH: process.env.PATH, GIT_TERMINAL_PROMPT: '0' } });
  return stdout;
}

it('clones with a token that reads this one repository, and dies when the workspace is closed', async () => {
  const open = await door.open(briefing);
  const token = open.ref.credentials as Secret;
  expect(await live()).toEqual([{ repositoryIds: [repository.id], permissions: { metadata: 'read', contents: 'read' } }]);
  expect(await heads(repository.cloneUrl, token)).toContain('refs/heads/main');
  await expect(heads(repository.cloneUrl.replace('cloned', 'other'), token)).rejects.toThrow();
  await open.close();
  expect(await live()).toEqual([]);
  await expect(heads(repository.cloneUrl, token)).rejects.toThrow();
  await open.close();
});

describe('the token of a workspace', () => {
  const nowhere = { uow: {}, records: { attempts: { readCheckpoint: () => Promise.resolve(null) } }, bus: {} };
  const branch = { foreignSha: null, ownShas: [], isOnBranch: false };
  const workspaces = ({ look, open }: { look?: () => Promise<unknown>; open?: () => Promise<unknown> }): AttemptWorkspaces =>
    new AttemptWorkspaces({ open: open ?? (() => Promise.reject(new Error('no workspace'))) } as never, door, { look: look ?? (() => Promise.resolve(branch)) } as never, nowhere.uow as never, nowhere.records as never, nowhere.bus as never);
  const signal = new AbortController().signal;
  const settings = { setupCommand: null, allowedHosts: [], agentNetwork: 'none', setupFailure: 'fail' };

  it.each<[string, Parameters<typeof workspaces>[0]]>([
    ['the branch cannot be looked at', { look: () => Promise.reject(new Error('no branch')) }],
    ['there is no room for a workspace', {}],
    ['nobody can be told of it', { open: () => Promise.resolve({ dispose: () => Promise.resolve(), baseSha: 'a', setUp: null }) }],
  ])('is revoked when %s', async (_, trouble) => {
    const asked = peer.requests().length;
    await expect(workspaces(trouble).open({ ...briefing, settings, mode: 'code' } as unknown as Briefing, signal)).rejects.toThrow();
    expect(peer.requests().slice(asked).map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`)).toEqual(['POST access_tokens', 'DELETE token']);
    expect(await live()).toEqual([]);
  });

  it('is revoked when the workspace cannot be deleted', async () => {
    const all = workspaces({});
    const workspace = { dispose: () => Promise.reject(new Error('busy')), networkLines: [] } as unknown as GitWorkspace;
    const open = await door.open(briefing);
    (all as unknown as { accesses: WeakMap<GitWorkspace, typeof open> }).accesses.set(workspace, open);
    await expect(all.close({ ...briefing, settings } as unknown as Briefing, workspace)).rejects.toThrow('busy');
    expect(await live()).toEqual([]);
  });
});
