import { Index } from 'typeorm';
import { Big, Bytes, Id, Table, Text, Time, Uuid } from '../columns';

/** Bytes too big for a row, up to 32 MiB. */
@Table('blobs', { checks: ['blobs_size_ck'], indexes: ['blobs_expiry_idx'] })
@Index('blobs_org_idx', ['organizationId'])
export class StoredBlob {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Text() mediaType!: string;
  @Big({ checked: true }) sizeBytes!: bigint;
  @Bytes({ checked: true }) contentSha256!: Buffer;
  @Bytes() content!: Buffer;
  @Time({ nullable: true }) expiresAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
