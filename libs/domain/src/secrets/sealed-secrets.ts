import { hmacSha256, Secret, SecretBox } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Tx } from '../unit-of-work';
import { DataKeyStore, NO_ORGANIZATION } from './data-key.store';

/** Where a secret is kept. All of it is bound into the sealed value, so that one copied to another place never opens. */
export interface SecretPlace {
  readonly organizationId: string | null;
  /** "api_keys.key_ciphertext": table and column. */
  readonly column: `${string}.${string}`;
  readonly rowId: string;
  /** The vendor that the secret is for, where there is one. */
  readonly provider?: string;
}

/** A sealed secret and the version of the data key that sealed it; both go into the row. */
export interface SealedSecret {
  readonly sealed: Buffer;
  readonly keyVersion: number;
}

/** Seals secrets for rows: AES-256-GCM with the organization's data key. */
@Injectable()
export class SealedSecrets {
  constructor(private readonly dataKeys: DataKeyStore) {}

  /** Seals for one place, in the transaction that writes the row. */
  async seal(tx: Tx, place: SecretPlace, secret: Secret): Promise<SealedSecret> {
    const { version, key } = await this.dataKeys.current(tx, scopeOf(place));
    return { sealed: secret.use((text) => new SecretBox(key).seal(Buffer.from(text), additional(place, version))), keyVersion: version };
  }

  /** @throws {Error} when the value was changed, stands in another place, or its key is gone */
  async open(manager: EntityManager, place: SecretPlace, { sealed, keyVersion }: SealedSecret): Promise<Secret> {
    const key = await this.dataKeys.get(manager, scopeOf(place), keyVersion);
    return new Secret(new SecretBox(key).open(sealed, additional(place, keyVersion)).toString('utf8'));
  }

  /**
   * HMAC-SHA-256 under the organization's first data key: finds a secret that is already there without opening any, and means nothing outside of the
   * organization. It stays the same when the key-encryption key or the data key is rotated.
   */
  async fingerprint(tx: Tx, organizationId: string, secret: Secret): Promise<Buffer> {
    await this.dataKeys.current(tx, organizationId);
    const pepper = hmacSha256(await this.dataKeys.get(tx, organizationId, 1), 'fingerprints');
    return secret.use((text) => hmacSha256(pepper, text));
  }
}

function scopeOf({ organizationId }: SecretPlace): string {
  return organizationId ?? NO_ORGANIZATION;
}

function additional(place: SecretPlace, keyVersion: number): string {
  return JSON.stringify([1, place.column, place.rowId, scopeOf(place), place.provider ?? null, keyVersion]);
}
