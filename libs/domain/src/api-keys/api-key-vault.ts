import type { Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import { TypeORMError, type EntityManager } from 'typeorm';
import { isDatabaseAway } from '../database-away';
import { SealedSecrets, type SecretPlace } from '../secrets/sealed-secrets';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { apiKeyUnreadable } from './api-key.errors';
import type { KeyMaterial } from './api-key-row';
import type { ApiKeyTarget } from './api-key.store';

/** A key in the clear, with where it may be sent. */
export interface OpenApiKey extends ApiKeyTarget {
  readonly provider: string;
  /** The only host it may be sent to; null: the vendor's own. */
  readonly baseUrl: string | null;
  readonly secret: Secret;
  readonly fingerprint: Buffer;
}

interface KeyPlace extends ApiKeyTarget {
  readonly provider: string;
}

interface SealedRow {
  readonly provider: string;
  readonly baseUrl: string | null;
  readonly keyCiphertext: Buffer;
  readonly keyVersion: number;
  readonly keyFingerprint: Buffer;
}

/** Of a shorter key four characters would be too much. */
const SHORTEST_WITH_LAST4 = 12;

/** Seals customers' keys and opens them for a call. */
@Injectable()
export class ApiKeyVault {
  constructor(private readonly secrets: SealedSecrets) {}

  /** @param vendorPrefix how the vendor's keys begin; shown before the last characters */
  async seal(tx: Tx, key: KeyPlace, secret: Secret, vendorPrefix: string | null): Promise<KeyMaterial> {
    const { sealed, keyVersion } = await this.secrets.seal(tx, placeOf(key), secret);
    const fingerprint = await this.secrets.fingerprint(tx, key.organizationId, secret);
    return { sealed, keyVersion, fingerprint, prefix: secret.use((text) => (vendorPrefix && text.startsWith(vendorPrefix) ? vendorPrefix : '')), last4: secret.use(lastCharacters) };
  }

  /** Null when the key was deleted or never was. @throws {AppError} api_key_unreadable */
  async open(manager: EntityManager, { organizationId, id }: ApiKeyTarget): Promise<OpenApiKey | null> {
    const row = await sqlRow<SealedRow>(
      manager, 'SELECT provider, base_url, key_ciphertext, key_version, key_fingerprint FROM api_keys WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL', [organizationId, id],
    );
    if (!row) return null;
    const { provider, baseUrl, keyCiphertext: sealed, keyVersion, keyFingerprint: fingerprint } = row;
    try {
      const secret = await this.secrets.open(manager, placeOf({ organizationId, id, provider }), { sealed, keyVersion });
      return { organizationId, id, provider, baseUrl, secret, fingerprint };
    } catch (error) {
      throw isOfDatabase(error) ? error : apiKeyUnreadable(error);
    }
  }
}

function placeOf({ organizationId, id, provider }: KeyPlace): SecretPlace {
  return { organizationId, column: 'api_keys.key_ciphertext', rowId: id, provider };
}

function lastCharacters(text: string): string {
  return text.length < SHORTEST_WITH_LAST4 ? '' : text.slice(-4);
}

/** A database that does not answer says nothing about the key. */
function isOfDatabase(error: unknown): boolean {
  return error instanceof TypeORMError || isDatabaseAway(error);
}
