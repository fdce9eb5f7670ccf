import type { ApiKey } from './api-key.entity';

/** A key as it may be shown: nothing of it but the vendor's prefix and its last characters. */
export interface ApiKeyRow extends Omit<ApiKey, 'keyCiphertext' | 'keyVersion' | 'keyFingerprint' | 'deletedAt'> {
  readonly createdByUsername: string;
}

/** What of a key is written when it is new or replaced. */
export interface KeyMaterial {
  readonly sealed: Buffer;
  readonly keyVersion: number;
  readonly fingerprint: Buffer;
  readonly prefix: string;
  readonly last4: string;
}

/** What a vendor said about a key. */
export interface KeyVerdict {
  readonly status: Exclude<ApiKey['status'], 'expired'>;
  /** In words; null when all is well. */
  readonly error: string | null;
}

export interface NewApiKey extends Pick<ApiKey, 'id' | 'organizationId' | 'userId' | 'provider' | 'name' | 'description' | 'baseUrl' | 'metadata' | 'isDefault' | 'expiresAt'> {
  readonly material: KeyMaterial;
  readonly verdict: KeyVerdict;
}

/** Absent fields stay. */
export interface ApiKeyChanges extends Partial<Pick<ApiKey, 'name' | 'description' | 'isActive' | 'isDefault' | 'metadata' | 'expiresAt'>> {
  readonly material?: KeyMaterial;
  readonly verdict?: KeyVerdict;
}

/** Why a key cannot be used now. */
export type KeyObstacle = 'inactive' | 'expired' | 'refused';

/** Null: it may be used. A key that its provider refused waits for a person: to test it again, or to replace it. */
export function obstacleOf({ isActive, status }: Pick<ApiKeyRow, 'isActive' | 'status'>): KeyObstacle | null {
  if (!isActive) return 'inactive';
  if (status === 'expired') return 'expired';
  return status === 'invalid' ? 'refused' : null;
}

/** The condition of `obstacleOf` for a row `k`, in SQL. */
export const USABLE_KEY = `k.deleted_at IS NULL AND k.is_active AND k.status NOT IN ('invalid','expired') AND (k.expires_at IS NULL OR k.expires_at > now())`;
