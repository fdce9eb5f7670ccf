import { Index } from 'typeorm';
import { Bytes, Int, Json, SmallInt, Table, Text, Time } from '../columns';

/** The answer to a request that may be repeated, encrypted. */
@Table('idempotency_keys', { checks: ['idempotency_keys_response_ck'] })
@Index('idempotency_keys_expiry_idx', ['expiresAt'])
export class IdempotencyKey {
  @Text({ primary: true }) scope!: string;
  @Text({ primary: true, checked: true }) key!: string;
  @Text() method!: string;
  @Text() path!: string;
  @Bytes({ checked: true }) requestHash!: Buffer;
  @Text({ default: 'in_progress', checked: true }) state!: 'in_progress' | 'completed';
  @Int({ nullable: true }) responseStatus!: number | null;
  @Json({ nullable: true }) responseHeaders!: Record<string, unknown> | null;
  @Bytes({ nullable: true }) responseBodyEnc!: Buffer | null;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Time() lockedUntil!: Date;
  @Time() expiresAt!: Date;
  @Time({ default: 'now' }) createdAt!: Date;
}
