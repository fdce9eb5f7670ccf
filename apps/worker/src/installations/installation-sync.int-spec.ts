import { type AppConfig, Logger, newId, Secret } from '@app/common';
import { GithubInstallationStore, GithubInstallationSyncStore, UnitOfWork } from '@app/domain';
import { aTenant } from '@app/domain/testing';
import { GithubApp, GithubInstallations, GithubRepos } from '@app/github';
import { type GithubPeer, type PeerRepository, startGithubPeer } from '../../../../test/support/github-peer';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { InstallationReader } from './installation-reader';
import { InstallationSync } from './installation-sync';

jest.setTimeout(60_000);

let database: TestDatabase;
let peer: GithubPeer;
let unitOfWork: UnitOfWork;
let installations: GithubInstallationStore;
let syncs: GithubInstallationSyncStore;
let sync: InstallationSync;
let organizationId: string;
let rowId: string;

const sql = <Row>(text: string, parameters: unknown[] = []): Promise<Row[]> => database.dataSource.query(text, parameters);
const never = new AbortController().signal;

beforeAll(async () => {
  [database, peer] = await Promise.all([openTestDatabase(), startGithubPeer()]);
  unitOfWork = new UnitOfWork(database.dataSource);
  installations = new GithubInstallationStore(database.dataSource);
  syncs = new GithubInstallationSyncStore();
  const app = new GithubApp({ github: { GITHUB_PACED: false, GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: peer.appId, GITHUB_APP_PRIVATE_KEY: new Secret(peer.privateKey) } } as unknown as AppConfig);
  sync = new InstallationSync(new InstallationReader(app, new GithubInstallations(app), new GithubRepos(app)), syncs, installations, unitOfWork, Logger.create('silent', 'worker'));
  organizationId = (await aTenant(database.dataSource)).organization.id;
  rowId = await linked(peer.installationId);
}, 60_000);
afterEach(() => peer.clearFaults());
afterAll(async () => {
  await Promise.all([database.close(), peer.stop()]);
  expect(peer.violations()).toEqual([]);
});

async function linked(installationId: number): Promise<string> {
  const known = { installationId: String(installationId), appId: String(peer.appId), accountId: '1', accountLogin: 'acme', accountType: 'User' as const, repositorySelection: 'selected' as const, permissions: {}, events: [] };
  return (await unitOfWork.run((tx) => installations.link(tx, organizationId, known))).id;
}

async function connected(name: string): Promise<PeerRepository & { rowId: string }> {
  const repository = await peer.addRepository({ owner: 'acme', name, private: true, files: { a: 'a' } });
  const id = newId();
  await sql(
    `INSERT INTO repositories (id, organization_id, installation_id, provider, github_id, name, full_name, url, clone_url) VALUES ($1, $2, $3, 'github', $4, 'old', 'old/old', 'x', 'x')`,
    [id, organizationId, rowId, repository.id],
  );
  return { ...repository, rowId: id };
}

async function synced(id = rowId): Promise<void> {
  await sql('UPDATE github_installations SET sync_requested_at = clock_timestamp(), sync_not_before = NULL WHERE id = $1', [id]);
  await sync.run(id, never);
}
const repo = async (id: string): Promise<Record<string, unknown> | undefined> => (await sql<Record<string, unknown>>('SELECT full_name, status, is_archived, installation_id FROM repositories WHERE id = $1', [id]))[0];
const installation = async (id = rowId): Promise<Record<string, unknown> | undefined> =>
  (await sql<Record<string, unknown>>('SELECT sync_error, sync_failures, sync_page, sync_started_at IS NULL AS rests, synced_at >= sync_requested_at AS done, suspended_at IS NOT NULL AS suspended, deleted_at IS NOT NULL AS deleted FROM github_installations WHERE id = $1', [id]))[0];

it('writes what GitHub says, by id: new names, archived ones, ones that were taken out and put back', async () => {
  const [one, two] = [await connected('one'), await connected('two')];
  await synced();
  expect([await repo(one.rowId), await installation()]).toEqual([{ full_name: 'acme/one', status: 'active', is_archived: false, installation_id: rowId }, { sync_error: null, sync_failures: 0, sync_page: 1, rests: true, done: true, suspended: false, deleted: false }]);
  peer.people.rename('acme/one', 'acme/uno');
  peer.people.archive('acme/uno');
  peer.people.select('acme/two', false);
  await synced();
  expect([await repo(one.rowId), await repo(two.rowId)]).toMatchObject([{ full_name: 'acme/uno', is_archived: true, status: 'active' }, { status: 'unavailable' }]);
  peer.people.select('acme/two', true);
  await synced();
  expect(await repo(two.rowId)).toMatchObject({ status: 'active' });
});

it('a repository that changes hands goes along, where the new owner\'s installation is the organization\'s', async () => {
  const [mine, theirs] = [await connected('mine'), await connected('theirs')];
  const second = await linked(peer.people.install('daughter'));
  peer.people.install('stranger');
  peer.people.rename('acme/mine', 'daughter/mine');
  peer.people.rename('acme/theirs', 'stranger/theirs');
  await synced();
  await synced(second);
  expect([await repo(mine.rowId), await repo(theirs.rowId)]).toMatchObject([{ full_name: 'daughter/mine', status: 'active', installation_id: second }, { status: 'unavailable' }]);
});

it('goes on at the page where a worker was lost, and two workers do it once', async () => {
  await sql('UPDATE github_installations SET sync_requested_at = clock_timestamp(), sync_not_before = NULL WHERE id = $1', [rowId]);
  const claims = await Promise.all([1, 2, 3].map(() => unitOfWork.run((tx) => syncs.claim(tx, rowId))));
  const [claim] = claims.filter((one) => one !== null);
  expect([claims.filter((one) => one !== null).length, claim?.page]).toEqual([1, 1]);
  if (!claim) throw new Error('nobody has it');
  expect(await unitOfWork.run((tx) => syncs.turn(tx, claim))).toBe(true);
  expect(await unitOfWork.run((tx) => syncs.turn(tx, claim))).toBe(false);
  await sync.run(rowId, never);
  expect(await installation()).toMatchObject({ rests: false });
  await sql(`UPDATE github_installations SET sync_not_before = now() - interval '1 second' WHERE id = $1`, [rowId]);
  expect(await unitOfWork.run((tx) => syncs.due(tx, 10))).toEqual([rowId]);
  await sync.run(rowId, never);
  expect(peer.requests().filter(({ path }) => path.includes('/installation/repositories') && path.includes('page=2'))).toHaveLength(1);
  expect(await installation()).toMatchObject({ rests: true, done: true, sync_page: 1 });
});

it('keeps what went wrong, waits as GitHub asks, and gives up after some tries', async () => {
  peer.fault({ match: { path: '/installation/repositories' }, status: 502, times: 10 });
  await synced();
  expect(await installation()).toMatchObject({ sync_error: expect.stringContaining('github_error') as string, sync_failures: 1, done: false });
  expect(await unitOfWork.run((tx) => syncs.due(tx, 10))).toEqual([]);
  await sql(`UPDATE github_installations SET sync_failures = 7 WHERE id = $1`, [rowId]);
  await synced();
  expect(await installation()).toMatchObject({ sync_error: expect.stringContaining('github_error') as string, sync_failures: 0, rests: true, done: true });
  peer.clearFaults();
  await synced();
  expect(await installation()).toMatchObject({ sync_error: null, done: true });
});

it('suspends its repositories with it, and takes them away when it is gone', async () => {
  const one = await connected('last');
  await synced();
  peer.people.suspend(peer.installationId);
  await synced();
  expect([await repo(one.rowId), await installation()]).toMatchObject([{ status: 'suspended' }, { suspended: true, done: true }]);
  peer.people.suspend(peer.installationId, false);
  await synced();
  expect([await repo(one.rowId), await installation()]).toMatchObject([{ status: 'active' }, { suspended: false }]);
  peer.people.uninstall(peer.installationId);
  await synced();
  expect([await repo(one.rowId), await installation()]).toMatchObject([{ status: 'unavailable' }, { deleted: true }]);
});
