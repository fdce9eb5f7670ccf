import { RepositoryCredentialStore } from '@app/domain';
import { aGitRepo, aMember } from '@app/domain/testing';
import { SshServer, whyNoSshd } from '../../../../../test/support/git-remote';
import { type SignedIn, TestApi } from '../../testing/test-api';
import { generateDeployKey } from './deploy-key';

let api: TestApi;
let ada: SignedIn;
let grace: SignedIn;
let member: SignedIn;
let https: string;
let ssh: string;
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  [ada, grace, member] = [await api.signUp(), await api.signUp(), await api.signUp()];
  await aMember(api.database.dataSource, ada.organizationId, member.userId, 'member');
  https = await connect('http://127.0.0.1:9/team/one.git');
  ssh = await connect('ssh://git@127.0.0.1:9/team/two.git');
}, 60_000);
afterAll(() => api.close());

interface Shown {
  readonly kind: string;
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly hostKeys: { readonly type: string; readonly key: string; readonly fingerprint: string }[];
}

const connect = async (cloneUrl: string, as = ada): Promise<string> => {
  const answer = await api.send('post', '/api/v1/repositories', as).send({ provider: 'git', cloneUrl });
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
};
const path = (id: string, more = ''): string => `/api/v1/repositories/${id}/credential${more}`;
const put = (id: string, body: object, as = ada) => api.send('put', path(id), as).send(body);
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;
const HOST_KEY = generateDeployKey().publicKey;
const PASSWORD = 'correct-horse-battery-1';
const opened = async (id: string): Promise<string> => {
  const found = await api.app.get(RepositoryCredentialStore).open(api.database.dataSource.manager, ada.organizationId, id);
  return found?.secret.use((text) => text) ?? '';
};

it('keeps user and password of an https remote sealed, and shows who set it', async () => {
  expect((await api.send('get', path(https), ada)).status).toBe(404);
  const set = await put(https, { kind: 'basic', username: 'bot', password: PASSWORD });
  expect(set).toMatchObject({ status: 200, body: { kind: 'basic', username: 'bot', publicKey: null, hostKeys: [], updatedBy: ada.userId } });
  await expect(opened(https)).resolves.toBe(PASSWORD);
  const rows = await api.database.dataSource.query<unknown[]>(`SELECT encode(secret_enc, 'escape') AS sealed, c.* FROM repository_credentials c UNION ALL SELECT changes::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM audit_logs`);
  expect(JSON.stringify([set.body, (await api.send('get', path(https), ada)).body, rows])).not.toContain('correct-horse');
});

it('makes a key pair, and shows the half that the git host is given', async () => {
  const made = await put(ssh, { kind: 'ssh', generate: true, hostKeys: [`host ${HOST_KEY} x`] });
  const shown = made.body as Shown;
  expect(shown).toMatchObject({ kind: 'ssh', username: null, publicKey: expect.stringMatching(/^ssh-ed25519 AAAA/) as string, fingerprint: expect.stringMatching(/^SHA256:/) as string, hostKeys: [{ key: HOST_KEY }] });
  const secret = await opened(ssh);
  expect(secret).toContain('PRIVATE KEY');
  expect(JSON.stringify(made.body)).not.toContain('PRIVATE');

  const other = generateDeployKey().publicKey;
  expect((await put(ssh, { kind: 'ssh', hostKeys: [other] })).body).toMatchObject({ publicKey: shown.publicKey, hostKeys: [{ key: other }] });
  await expect(opened(ssh)).resolves.toBe(secret);
  const own = generateDeployKey();
  expect((await put(ssh, { kind: 'ssh', privateKey: own.privateKey.use((text) => text), hostKeys: [other] })).body).toMatchObject({ publicKey: own.publicKey });
});

it('deletes it, with the repository too', async () => {
  const id = await connect('http://127.0.0.1:9/team/gone.git');
  await put(id, { kind: 'basic', username: 'bot', password: PASSWORD });
  expect((await api.send('delete', path(id), ada)).status).toBe(204);
  expect((await api.send('delete', path(id), ada)).status).toBe(404);
  await put(id, { kind: 'basic', username: 'bot', password: PASSWORD });
  expect((await api.send('delete', `/api/v1/repositories/${id}`, ada)).status).toBe(204);
  const left = await api.database.dataSource.query<unknown[]>('SELECT 1 FROM repository_credentials WHERE repository_id = $1', [id]);
  expect(left).toEqual([]);
  const actions = await api.database.dataSource.query<{ action: string }[]>(`SELECT action FROM audit_logs WHERE target_type = 'repository_credential' AND changes ->> 'repositoryId' = $1 ORDER BY id`, [id]);
  expect(actions.map(({ action }) => action)).toEqual(['repository_credential.created', 'repository_credential.deleted', 'repository_credential.created']);
});

it.each<[string, () => string, object, string]>([
  ['a user without a password', () => https, { kind: 'basic', username: 'bot' }, 'validation_failed'],
  ['a user name that ends', () => https, { kind: 'basic', username: 'a:b', password: PASSWORD }, 'validation_failed'],
  ['a password of two lines', () => https, { kind: 'basic', username: 'a', password: 'x\r\nHeader: y' }, 'validation_failed'],
  ['a number', () => https, { kind: 'basic', username: 'a', password: 12345678 }, 'validation_failed'],
  ['what belongs to the other kind', () => https, { kind: 'basic', username: 'a', password: PASSWORD, hostKeys: [HOST_KEY] }, 'validation_failed'],
  ['a key for https', () => https, { kind: 'ssh', generate: true, hostKeys: [HOST_KEY] }, 'credential_not_applicable'],
  ['a password for ssh', () => ssh, { kind: 'basic', username: 'a', password: PASSWORD }, 'credential_not_applicable'],
  ['no host key', () => ssh, { kind: 'ssh', generate: true }, 'validation_failed'],
  ['a host key that is none', () => ssh, { kind: 'ssh', generate: true, hostKeys: ['ssh-ed25519 xyz'] }, 'validation_failed'],
  ['two keys at once', () => ssh, { kind: 'ssh', generate: true, privateKey: 'x', hostKeys: [HOST_KEY] }, 'validation_failed'],
  ['a private key that is none', () => ssh, { kind: 'ssh', privateKey: '-----BEGIN PRIVATE KEY-----\nsecret-canary\n', hostKeys: [HOST_KEY] }, 'validation_failed'],
  ['an unknown field', () => ssh, { kind: 'ssh', generate: true, hostKeys: [HOST_KEY], passphrase: 'x' }, 'validation_failed'],
])('refuses %s', async (_what, id, body, code) => {
  const answer = await put(id(), body);
  expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 422, code });
  expect(JSON.stringify(answer.body)).not.toMatch(/secret-canary|correct-horse/);
});

it('is for admins of the organization, and for plain git remotes', async () => {
  expect((await put(https, { kind: 'basic', username: 'a', password: PASSWORD }, member).set('X-Organization-Id', ada.organizationId)).status).toBe(403);
  expect((await api.send('get', path(https), member).set('X-Organization-Id', ada.organizationId)).status).toBe(403);
  expect((await put(https, { kind: 'basic', username: 'a', password: PASSWORD }, grace)).status).toBe(404);
  expect((await api.send('get', path(https, '/host-keys'), grace)).status).toBe(404);
  const { id } = await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId });
  expect(codeOf(await put(id, { kind: 'basic', username: 'a', password: PASSWORD }))).toBe('credential_not_applicable');
});

it('shows what the server presents, so that it can be confirmed', async () => {
  const silent = await api.send('get', path(ssh, '/host-keys'), ada);
  expect([502, 503]).toContain(silent.status);
  // Without an ssh server here the answer above is all that can be shown.
  if (whyNoSshd() !== null) return;
  const server = await SshServer.start([]);
  try {
    const id = await connect(server.url('/x.git'), grace);
    const answer = await api.send('get', path(id, '/host-keys'), grace);
    expect(answer).toMatchObject({ status: 200, body: { hostKeys: [{ type: 'ssh-ed25519', key: await server.hostKey() }] } });
  } finally {
    await server.stop();
  }
});

it.each([
  ['git@git.example.com:team/project.git', 'ssh://git@git.example.com/team/project.git'],
])('reads %s', async (short, cloneUrl) => {
  const strict = await api.send('post', '/api/v1/repositories', ada).send({ provider: 'git', cloneUrl: short });
  // The name does not exist here: what matters is that it was read as an address.
  expect([201, 422]).toContain(strict.status);
  if (strict.status === 201) expect(strict.body).toMatchObject({ cloneUrl });
});

it.each(['ssh://github.com/o/r', 'ssh://git:pw@github.com/o/r', 'ssh://-x@github.com/o/r', 'ssh://git@10.0.0.1/o/r', 'ssh://git@metadata.internal/o/r', 'ssh://git@github.com/-o/r', 'git@10.0.0.1:o/r'])('connects no %s', async (cloneUrl) => {
  const answer = await api.send('post', '/api/v1/repositories', ada).send({ provider: 'git', cloneUrl });
  expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 422, code: 'invalid_clone_url' });
});
