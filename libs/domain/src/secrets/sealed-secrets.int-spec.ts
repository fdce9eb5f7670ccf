import { randomBytes } from 'node:crypto';
import { newId, Secret } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { DataKeyStore } from './data-key.store';
import { EnvironmentKeyEncryption } from './environment.key-encryption';
import { rewrapDataKeys } from './key-rotation';
import { type SealedSecret, SealedSecrets, type SecretPlace } from './sealed-secrets';

const kek = (): Secret => new Secret(randomBytes(32).toString('base64'));

let database: TestDatabase;

// One for each test: a rotation meets the keys of all organizations.
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(() => database.close());

/** A process of its own: it knows what it is told, and remembers no opened key of another. */
function process(current: Secret, previous?: Secret): SealedSecrets {
  return new SealedSecrets(new DataKeyStore(new EnvironmentKeyEncryption(current, previous)));
}

function aPlace(values: Partial<SecretPlace> = {}): SecretPlace {
  return { organizationId: newId(), column: 'api_keys.key_ciphertext', rowId: newId(), provider: 'anthropic', ...values };
}

function seal(secrets: SealedSecrets, place: SecretPlace, text: string): Promise<SealedSecret> {
  return database.dataSource.transaction((tx) => secrets.seal(tx, place, new Secret(text)));
}

async function open(secrets: SealedSecrets, place: SecretPlace, sealed: SealedSecret): Promise<string> {
  return (await secrets.open(database.dataSource.manager, place, sealed)).use((text) => text);
}

describe('a sealed secret', () => {
  const key = kek();
  const secrets = process(key);

  it('opens where it was sealed, in every process that has the key', async () => {
    const place = aPlace();
    const sealed = await seal(secrets, place, 'sk-ant-secret \u{1f512}');
    expect(sealed.sealed.toString('latin1')).not.toContain('sk-ant');
    expect(await open(process(key), place, sealed)).toBe('sk-ant-secret \u{1f512}');
    await expect(open(process(kek()), place, sealed)).rejects.toThrow('no key-encryption key');
  });

  it('does not open after any of 10,000 bit flips', async () => {
    const place = aPlace();
    const { sealed, keyVersion } = await seal(secrets, place, randomBytes(600).toString('base64'));
    let opened = 0;
    for (let bit = 0; bit < 10_000; bit++) {
      const changed = Buffer.from(sealed);
      const at = bit % (sealed.length * 8);
      // Beyond one flip per bit two are flipped at once.
      changed[at >> 3]! ^= 1 << (at & 7);
      if (bit >= sealed.length * 8) changed[(at * 7 + 13) % sealed.length]! ^= 0x10;
      if (changed.equals(sealed)) continue;
      opened += await open(secrets, place, { sealed: changed, keyVersion }).then(() => 1, () => 0);
    }
    expect(opened).toBe(0);
  });

  it('does not open cut short, lengthened or empty', async () => {
    const place = aPlace();
    const { sealed, keyVersion } = await seal(secrets, place, 'x');
    const wrong = [Buffer.alloc(0), ...Array.from({ length: sealed.length - 1 }, (_, length) => sealed.subarray(0, length + 1)), Buffer.concat([sealed, Buffer.alloc(1)])];
    for (const bytes of wrong) await expect(open(secrets, place, { sealed: bytes, keyVersion })).rejects.toThrow();
  });

  it('does not open in another row, table, column, organization, or for another provider', async () => {
    const [a, b] = [newId(), newId()];
    const places = [a, b].flatMap((organizationId) =>
      ['anthropic', 'openai', undefined].flatMap((provider) =>
        (['api_keys.key_ciphertext', 'webhook_endpoints.secret_enc', 'webhook_endpoints.previous_secret_enc'] as const).flatMap((column) =>
          [newId(), newId()].map((rowId): SecretPlace => ({ organizationId, column, rowId, ...(provider ? { provider } : {}) })),
        ),
      ),
    );
    const sealed = await Promise.all(places.map((place, index) => seal(secrets, place, `secret ${index}`)));
    let opened = 0;
    for (const [from, value] of sealed.entries()) {
      for (const [to, place] of places.entries()) {
        const isOpen = await open(secrets, place, value).then(() => true, () => false);
        expect(isOpen).toBe(from === to);
        opened += Number(isOpen);
      }
    }
    expect([places.length, opened]).toEqual([36, 36]);
  });

  it('does not open with a data key that was put in the place of another organization\'s', async () => {
    const [mine, theirs] = [aPlace(), aPlace()];
    const sealed = await seal(secrets, mine, 'mine');
    await seal(secrets, theirs, 'theirs');
    await database.dataSource.query('UPDATE data_keys a SET wrapped_key = b.wrapped_key FROM data_keys b WHERE a.scope_id = $1 AND b.scope_id = $2', [theirs.organizationId, mine.organizationId]);
    await expect(open(process(key), theirs, sealed)).rejects.toThrow();
  });

  it('has one data key per organization, also when twenty begin at once', async () => {
    const organizationId = newId();
    const places = Array.from({ length: 20 }, () => aPlace({ organizationId }));
    const sealed = await Promise.all(places.map((place) => seal(process(key), place, place.rowId)));
    expect(await Promise.all(sealed.map((value, index) => open(process(key), places[index]!, value)))).toEqual(places.map((place) => place.rowId));
    expect(await database.dataSource.query('SELECT version FROM data_keys WHERE scope_id = $1', [organizationId])).toEqual([{ version: 1 }]);
  });

  it('has a fingerprint that tells doubles, and differs between organizations', async () => {
    const [a, b] = [newId(), newId()];
    const print = (organizationId: string, text: string): Promise<Buffer> => database.dataSource.transaction((tx) => secrets.fingerprint(tx, organizationId, new Secret(text)));
    expect(await print(a, 'same')).toEqual(await print(a, 'same'));
    expect(await print(a, 'same')).not.toEqual(await print(a, 'other'));
    expect(await print(a, 'same')).not.toEqual(await print(b, 'same'));
  });
});

describe('rotation of the key-encryption key', () => {
  it('wraps 10,000 secrets\' data keys anew while they are read; afterwards the old key opens nothing', async () => {
    const [old, next] = [kek(), kek()];
    const [before, serving] = [process(old), process(next, old)];
    // 500 organizations with 20 secrets each: what is wrapped are the data keys, what is read are the secrets.
    const organizations = Array.from({ length: 500 }, () => newId());
    const kept: { place: SecretPlace; sealed: SealedSecret }[] = [];
    const sealAll = (some: readonly string[]): Promise<void> =>
      database.dataSource.transaction(async (tx) => {
        for (const organizationId of some) {
          for (let n = 0; n < 20; n++) {
            const place = aPlace({ organizationId });
            kept.push({ place, sealed: await before.seal(tx, place, new Secret(place.rowId)) });
          }
        }
      });
    await Promise.all([0, 1, 2, 3].map((part) => sealAll(organizations.slice(part * 125, part * 125 + 125))));
    let failures = 0;
    let reads = 0;
    let done = false;
    const readers = Array.from({ length: 4 }, async (_, reader) => {
      // A fresh process each round: nothing is remembered, so every read meets the row as it is now.
      for (let at = reader; !done; at += 7) {
        const { place, sealed } = kept[at % kept.length]!;
        failures += await open(process(next, old), place, sealed).then((text) => Number(text !== place.rowId), () => 1);
        reads += 1;
      }
    });
    const rotate = (): Promise<number> => rewrapDataKeys(database.dataSource, new EnvironmentKeyEncryption(next, old));
    const wrapped = await Promise.all([rotate(), rotate()]).finally(() => (done = true));
    await Promise.all(readers);
    expect(wrapped[0] + wrapped[1]).toBeGreaterThanOrEqual(500);
    expect([failures, reads > 50]).toEqual([0, true]);
    expect(await rotate()).toBe(0);

    const [withOld, withNext] = [process(old), process(next)];
    let opened = 0;
    for (const { place, sealed } of kept) opened += Number((await open(withNext, place, sealed)) === place.rowId);
    const refused = await Promise.all(kept.filter((_, index) => index % 20 === 0).map(({ place, sealed }) => open(withOld, place, sealed).then(() => 0, () => 1)));
    expect([opened, refused.filter(Boolean).length]).toEqual([10_000, 500]);
    expect(await open(serving, kept[0]!.place, kept[0]!.sealed)).toBe(kept[0]!.place.rowId);
  }, 120_000);

  it('says which key is missing, and leaves everything as it was', async () => {
    const lost = kek();
    const place = aPlace();
    const sealed = await seal(process(lost), place, 'kept');
    await expect(rewrapDataKeys(database.dataSource, new EnvironmentKeyEncryption(kek()))).rejects.toThrow('no key-encryption key with the id');
    expect(await open(process(lost), place, sealed)).toBe('kept');
  });
});
