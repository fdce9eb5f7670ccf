import { Index } from 'typeorm';
import { Big, Bytes, Id, Table, Text, Time, Uuid } from '../columns';

/** Bytes too big for a row, up to 32 MiB: here, or in the object store. */
@Table('blobs', { checks: ['blobs_one_place_ck', 'blobs_size_ck'], indexes: ['blobs_expiry_idx', 'blobs_object_uq'] })
@Index('blobs_org_idx', ['organizationId'])
export class StoredBlob {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Text() mediaType!: string;
  @Big({ checked: true }) sizeBytes!: bigint;
  @Bytes({ checked: true }) contentSha256!: Buffer;
  @Bytes({ nullable: true }) content!: Buffer | null;
  @Uuid({ nullable: true, references: 'stored_objects', onDelete: 'RESTRICT' }) objectId!: string | null;
  @Time({ nullable: true }) expiresAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
