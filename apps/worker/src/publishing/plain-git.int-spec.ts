import { Secret } from '@app/common';
import { aGitRepo } from '@app/domain/testing';
import type { GitRepo, NewCredential } from '@app/domain';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitRemote, SshServer, whyNoSshd } from '../../../../test/support/git-remote';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { gitCredentialsOf } from '../workspace/git-credentials';
import { PublishFixture, type ReadyWork } from './testing/publish-fixture';

jest.setTimeout(60_000);
const USER = { username: 'deploy-bot', password: 'p4ss word/with+signs' };

let database: TestDatabase;
let fixture: PublishFixture;
let remote: GitRemote;
beforeAll(async () => {
  database = await openTestDatabase();
  fixture = await PublishFixture.create(database.dataSource);
  remote = await GitRemote.start(USER);
  await remote.seed({ 'greet.txt': 'hello\n' });
});
afterEach(async () => {
  remote.refuse(null);
  await fixture.files.closeAll();
});
afterAll(async () => {
  await fixture.files.remove();
  await remote.stop();
  await database.close();
});

const branchOf = ({ task }: ReadyWork): string => `refs/heads/async-coder/${task.id}`;
/** Key files that are left on this machine by this process. */
const leftKeys = (): string[] => ['/dev/shm', tmpdir()].flatMap((folder) => readdirSync(folder)).filter((name) => name.startsWith(`async-coder-ssh-${process.pid}-`));

/** Work on a repository that is reached with a credential. */
async function ready(cloneUrl: string, credential: NewCredential): Promise<ReadyWork> {
  const organizationId = fixture.tenant.organization.id;
  const known = await database.dataSource.query<{ id: string }[]>(`SELECT id FROM repositories WHERE clone_url = $1`, [cloneUrl]);
  const repo: GitRepo = known[0] ? await database.dataSource.manager.findOneByOrFail<GitRepo>('GitRepo', { id: known[0].id }) : await aGitRepo(database.dataSource, { organizationId, provider: 'git', githubId: null, cloneUrl, url: cloneUrl });
  await fixture.house.work.run((tx) => fixture.credentials.put(tx, { organizationId, repositoryId: repo.id }, credential, fixture.tenant.user.id));
  const stored = await fixture.credentials.open(fixture.house.work.reader, organizationId, repo.id);
  return fixture.ready({ repo, token: gitCredentialsOf(stored) });
}

const basic = (): Promise<ReadyWork> => ready(remote.url, { kind: 'basic', username: USER.username, secret: new Secret(USER.password) });

describe('an https remote', () => {
  it('ends with a pushed branch and a stored patch', async () => {
    const work = await basic();
    const outcome = await fixture.publish(work);
    expect(outcome).toMatchObject({ kind: 'published', headSha: await remote.ref(branchOf(work)), pullRequest: null });
    expect(await fixture.result(work.task, 'patch')).toContain('greet.txt');
    expect(await fixture.effectEvents(work.task.id)).toEqual(['effect.intended push', 'effect.done push']);
    const anonymous = remote.calls.filter(({ authorization }) => authorization === null);
    expect(anonymous).toEqual([]);
  });

  it('is refused with a wrong password, and repeats it nowhere', async () => {
    const work = await basic();
    await fixture.house.work.run((tx) => fixture.credentials.put(tx, { organizationId: fixture.tenant.organization.id, repositoryId: work.repo.id }, { kind: 'basic', username: 'x', secret: new Secret('wr0ng-canary-pw') }, fixture.tenant.user.id));
    const refused = await fixture.publish(work);
    expect(refused).toMatchObject({ kind: 'failed', code: 'push_failed', message: expect.stringContaining('refused our credentials') as string });
    expect(await remote.ref(branchOf(work))).toBeNull();
    const rows = await database.dataSource.query<{ text: string }[]>(`SELECT data::text AS text FROM task_events UNION ALL SELECT concat(intent, result, error_code) FROM task_effects UNION ALL SELECT concat(content, metadata) FROM task_results`);
    const spellings = ['wr0ng-canary-pw', USER.password, encodeURIComponent(USER.password)].flatMap((text) => [text, Buffer.from(text).toString('base64'), Buffer.from(`x:${text}`).toString('base64'), Buffer.from(`${USER.username}:${text}`).toString('base64')]);
    for (const text of [JSON.stringify(refused), JSON.stringify(rows), await fixture.files.shell('grep -rhaoE "[A-Za-z0-9+/=:_ -]{12,}" data || true')]) for (const spelling of spellings) expect(text).not.toContain(spelling);
  });

  it.each([[429, 'git_rate_limited'], [403, null], [503, null]] as const)('that answers %i loses nothing', async (status, waits) => {
    const work = await basic();
    remote.refuse(status);
    if (waits === null) await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'failed', code: 'push_failed' });
    else await expect(fixture.publish(work)).rejects.toMatchObject({ code: waits });
    remote.refuse(null);
    const outcome = await fixture.publish(work);
    expect(outcome).toMatchObject({ kind: 'published', headSha: await remote.ref(branchOf(work)) });
  });
});

const why = whyNoSshd();

(why === null ? describe : describe.skip)(`an ssh remote${why === null ? '' : ` (not proven here: ${why})`}`, () => {
  let folder: string;
  let server: SshServer;
  let key: string;
  let publicKey: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plain-git-'));
    expect(spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'deploy', '-f', join(folder, 'key')]).status).toBe(0);
    key = await readFile(join(folder, 'key'), 'utf8');
    publicKey = (await readFile(join(folder, 'key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
    server = await SshServer.start([publicKey]);
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const overSsh = async (hostKeys?: string[]): Promise<ReadyWork> => ready(server.url(remote.path), { kind: 'ssh', secret: new Secret(key), publicKey, hostKeys: hostKeys ?? [await server.hostKey()] });

  it('is cloned and pushed to with its deploy key, which is then gone from this machine', async () => {
    const work = await overSsh();
    const outcome = await fixture.publish(work);
    expect(outcome).toMatchObject({ kind: 'published', headSha: await remote.ref(branchOf(work)), pullRequest: null });
    expect(await fixture.result(work.task, 'patch')).toContain('greet.txt');
    expect(leftKeys()).toEqual([]);
    const line = key.split('\n')[2] ?? 'no line';
    expect((await fixture.files.shell(`grep -rlaF '${line}' data || true`)).trim()).toBe('');
    expect(readFileSync(join(server.folder, 'log'), 'utf8')).not.toMatch(/agent forwarding requested|auth-agent/i);
  });

  it('is not talked to when it shows another host key than the one that was confirmed', async () => {
    const work = await overSsh();
    await server.changeHostKey();
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'failed', code: 'push_failed', message: expect.stringContaining('another host key') as string });
    expect(await remote.ref(branchOf(work))).toBeNull();
    const again = await overSsh();
    await expect(fixture.publish({ ...work, repo: again.repo })).resolves.toMatchObject({ kind: 'published' });
    expect(leftKeys()).toEqual([]);
  });

  it('that takes the key away is refused clearly', async () => {
    const work = await overSsh();
    await server.authorize();
    await expect(fixture.publish(work)).resolves.toMatchObject({ kind: 'failed', code: 'push_failed', message: expect.stringContaining('refused our credentials') as string });
    await server.authorize(publicKey);
    const outcome = await fixture.publish(work);
    expect(outcome).toMatchObject({ kind: 'published', headSha: await remote.ref(branchOf(work)) });
  });
});
