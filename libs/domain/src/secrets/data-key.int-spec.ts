import { randomBytes } from 'node:crypto';
import { newId, Secret } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { DataKeyStore } from './data-key.store';
import { EnvironmentKeyEncryption } from './environment.key-encryption';
import { SealedSecrets, type SecretPlace } from './sealed-secrets';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

it('seals with no data key that was never committed', async () => {
  const kek = new Secret(randomBytes(32).toString('base64'));
  const process = (): SealedSecrets => new SealedSecrets(new DataKeyStore(new EnvironmentKeyEncryption(kek)));
  const [ours, another] = [process(), process()];
  const place: SecretPlace = { organizationId: newId(), column: 'api_keys.key_ciphertext', rowId: newId() };
  const failing = database.dataSource.transaction(async (tx) => {
    await ours.seal(tx, place, new Secret('first'));
    await ours.fingerprint(tx, place.organizationId ?? '', new Secret('first'));
    throw new Error('the transaction that made the key is rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  const [sealed, fingerprint] = await database.dataSource.transaction(async (tx) => [await ours.seal(tx, place, new Secret('second')), await ours.fingerprint(tx, place.organizationId ?? '', new Secret('x'))] as const);
  expect((await another.open(database.dataSource.manager, place, sealed)).use((text) => text)).toBe('second');
  expect(await database.dataSource.transaction((tx) => another.fingerprint(tx, place.organizationId ?? '', new Secret('x')))).toEqual(fingerprint);
});
