import { randomBytes } from 'node:crypto';
import { Secret, sha256 } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { DataKeyStore } from '../secrets/data-key.store';
import { EnvironmentKeyEncryption } from '../secrets/environment.key-encryption';
import { SealedSecrets } from '../secrets/sealed-secrets';
import { aTenant } from '../testing';
import { type NewOauthState, OauthStateStore, type UsedOauthState } from './oauth-state.store';

let database: TestDatabase;
let states: OauthStateStore;
let who: Pick<NewOauthState, 'userId' | 'organizationId'>;

beforeAll(async () => {
  database = await openTestDatabase();
  states = new OauthStateStore(new SealedSecrets(new DataKeyStore(new EnvironmentKeyEncryption(new Secret(randomBytes(32).toString('base64')), undefined))));
  const { user, organization } = await aTenant(database.dataSource);
  who = { userId: user.id, organizationId: organization.id };
});
afterAll(() => database.close());

async function aState(values: Partial<NewOauthState> = {}): Promise<NewOauthState> {
  const state: NewOauthState = {
    ...who, stateHash: sha256(randomBytes(32)), purpose: 'connect', verifier: new Secret('the verifier'), redirectTo: 'http://here/', redirectUri: 'http://here/callback', browserHash: sha256(randomBytes(32)), ...values,
  };
  await database.dataSource.transaction((tx) => states.create(tx, state));
  return state;
}
const use = (state: Pick<NewOauthState, 'stateHash' | 'browserHash'>, purpose: NewOauthState['purpose'] = 'connect'): Promise<UsedOauthState | null> =>
  database.dataSource.transaction((tx) => states.consume(tx, state.stateHash, purpose, { browserHash: state.browserHash }));

it('is good once, for who began it, and lasts ten minutes', async () => {
  const state = await aState();
  const used = await use(state);
  expect(used).toMatchObject({ ...who, redirectTo: 'http://here/', redirectUri: 'http://here/callback', purpose: 'connect' });
  expect(used?.verifier.use((text) => text)).toBe('the verifier');
  await expect(use(state)).resolves.toBeNull();
  const old = await aState();
  await database.dataSource.query(`UPDATE oauth_states SET expires_at = now() - interval '1 second' WHERE state_hash = $1`, [old.stateHash]);
  await expect(use(old)).resolves.toBeNull();
});

it('is not used up by somebody else, nor for something else', async () => {
  const state = await aState();
  await expect(use({ ...state, browserHash: sha256('another browser') })).resolves.toBeNull();
  await expect(use(state, 'install')).resolves.toBeNull();
  await expect(database.dataSource.transaction((tx) => states.consume(tx, state.stateHash, 'connect', { userId: who.organizationId }))).resolves.toBeNull();
  await expect(use({ ...state, stateHash: sha256('another state') })).resolves.toBeNull();
  await expect(use(state)).resolves.not.toBeNull();
});

it('is used by one of two who come at once', async () => {
  const state = await aState();
  const both = await Promise.all([use(state), use(state)]);
  expect(both.filter((used) => used !== null)).toHaveLength(1);
});

it('keeps neither state nor verifier readable, and few of them', async () => {
  const before = await aState({ verifier: new Secret('a-verifier-nobody-may-read') });
  const text = JSON.stringify(await database.dataSource.query(`SELECT state_hash, encode(code_verifier_enc, 'escape') AS verifier FROM oauth_states`));
  expect(text).not.toContain('a-verifier-nobody-may-read');
  for (let n = 0; n < 25; n++) await aState();
  const [{ count }] = await database.dataSource.query<[{ count: number }]>('SELECT count(*)::int AS count FROM oauth_states WHERE user_id = $1', [who.userId]);
  expect(count).toBe(20);
  await expect(use(before)).resolves.toBeNull();
});
