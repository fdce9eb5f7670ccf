import { type GithubPeer, type PeerRepository, startGithubPeer } from '../../../../test/support/github-peer';
import { type SignedIn, TestApi } from '../testing/test-api';

// GitHub wants a second between writes, and the client keeps to it.
jest.setTimeout(60_000);

let peer: GithubPeer;
let api: TestApi;
let ada: SignedIn;
let grace: SignedIn;
let made = 0;

const aRepository = (): Promise<PeerRepository> => peer.addRepository({ owner: 'acme', name: `repo-${++made}`, private: true, files: { 'README.md': '# Acme\n' } });
const connect = (body: object, as: SignedIn) => api.send('post', '/api/v1/repositories', as).send(body);
const settingsOf = (to: GithubPeer) => ({ GITHUB_PACED: 'false', GITHUB_API_URL: to.apiUrl, GITHUB_APP_ID: String(to.appId), GITHUB_APP_PRIVATE_KEY: to.privateKey, GITHUB_WEBHOOK_SECRET: to.webhookSecret });
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;

beforeAll(async () => {
  peer = await startGithubPeer();
  api = await TestApi.start(settingsOf(peer));
  [ada, grace] = [await api.signUp(), await api.signUp()];
}, 60_000);
afterEach(() => peer.clearFaults());
afterAll(async () => {
  await api.close();
  await peer.stop();
});

it('connects by name, links the installation, and then connects by id', async () => {
  const [first, second] = [await aRepository(), await aRepository()];
  const byName = await connect({ fullName: first.fullName }, ada);
  expect([byName.status, byName.body]).toMatchObject([
    201,
    { provider: 'github', githubId: String(first.id), fullName: first.fullName, isPrivate: true, defaultBranch: 'main', cloneUrl: first.cloneUrl, installationId: String(peer.installationId) },
  ]);
  const byId = await connect({ githubId: String(second.id) }, ada);
  expect([byId.status, byId.body]).toMatchObject([201, { fullName: second.fullName }]);
  const again = await connect({ githubId: String(first.id) }, ada);
  expect([again.status, codeOf(again)]).toEqual([409, 'repository_already_connected']);
  expect((await api.send('get', '/api/v1/users/profile', ada)).body).toMatchObject({ github: { installations: [{ installationId: String(peer.installationId) }] } });
  expect(peer.violations()).toEqual([]);
});

it('an installation belongs to one organization', async () => {
  const repository = await aRepository();
  for (const body of [{ fullName: repository.fullName }, { githubId: String(repository.id) }]) {
    const answer = await connect(body, grace);
    expect([answer.status, codeOf(answer)]).toEqual([422, 'integration_not_connected']);
  }
});

it('says alike what is missing and what the App cannot see', async () => {
  const missing = await connect({ fullName: 'acme/none' }, ada);
  expect([missing.status, codeOf(missing)]).toEqual([422, 'integration_not_connected']);
  const unknown = await connect({ githubId: '999999999' }, ada);
  expect([unknown.status, codeOf(unknown)]).toEqual([422, 'integration_not_connected']);
});

it('leaves no token alive', async () => {
  const count = (word: string) => peer.requests().filter((entry) => JSON.stringify(entry).includes(word)).length;
  await connect({ fullName: (await aRepository()).fullName }, ada);
  for (let n = 0; n < 200 && count('/installation/token') < count('access_tokens'); n++) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(count('access_tokens')).toBeGreaterThan(0);
  expect(count('/installation/token')).toBeGreaterThanOrEqual(count('access_tokens'));
});

it('without an App says what to do instead', async () => {
  const bare = await TestApi.start();
  try {
    const answer = await bare.send('post', '/api/v1/repositories', await bare.signUp()).send({ fullName: 'acme/x' });
    expect([answer.status, codeOf(answer)]).toEqual([503, 'integration_not_configured']);
  } finally {
    await bare.close();
  }
});
