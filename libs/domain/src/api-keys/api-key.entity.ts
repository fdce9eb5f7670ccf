import { Index } from 'typeorm';
import { Big, Bytes, Flag, Id, Json, SmallInt, Table, Text, Time, Touched, Uuid } from '../columns';

/** A customer's own key, encrypted. Deleting wipes the ciphertext and keeps the row. */
@Table('api_keys', { checks: ['api_keys_ciphertext_ck'], indexes: ['api_keys_default_uq', 'api_keys_fingerprint_uq', 'api_keys_list_idx', 'api_keys_name_uq'] })
@Index('api_keys_user_idx', ['userId'])
export class ApiKey extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ references: 'users', onDelete: 'RESTRICT' }) userId!: string;
  @Text({ references: 'api_key_providers.provider', onDelete: 'RESTRICT', onUpdate: 'CASCADE' }) provider!: string;
  @Text({ checked: true }) name!: string;
  @Text({ nullable: true, checked: true }) description!: string | null;
  @Bytes({ nullable: true }) keyCiphertext!: Buffer | null;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Bytes({ checked: true }) keyFingerprint!: Buffer;
  @Text({ default: '' }) keyPrefix!: string;
  @Text({ checked: true }) keyLast4!: string;
  @Text({ nullable: true }) baseUrl!: string | null;
  @Json({ default: {}, checked: true }) metadata!: Record<string, unknown>;
  @Flag({ default: true }) isActive!: boolean;
  @Flag({ default: false }) isDefault!: boolean;
  @Text({ default: 'unverified', checked: true }) status!: 'unverified' | 'valid' | 'invalid' | 'rate_limited' | 'expired';
  @Time({ nullable: true }) lastVerifiedAt!: Date | null;
  @Text({ nullable: true }) lastError!: string | null;
  @Time({ nullable: true }) lastUsedAt!: Date | null;
  @Big({ default: 0 }) usageCount!: bigint;
  @Time({ nullable: true }) expiresAt!: Date | null;
  @Time({ nullable: true }) deletedAt!: Date | null;
}
