import { Index } from 'typeorm';
import { Bytes, Id, Table, Text, TextArray, Time, Uuid } from '../columns';

/** A token for scripts; kept as SHA-256. */
@Table('personal_access_tokens', { indexes: ['personal_access_tokens_user_idx'] })
@Index('personal_access_tokens_org_idx', ['organizationId'])
export class PersonalAccessToken {
  @Id() id!: string;
  @Uuid({ references: 'users', onDelete: 'CASCADE' }) userId!: string;
  @Uuid({ references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string;
  @Text({ checked: true }) name!: string;
  @Text() tokenPrefix!: string;
  @Bytes({ unique: true, checked: true }) tokenHash!: Buffer;
  @TextArray({ default: [] }) scopes!: string[];
  @Time({ nullable: true }) lastUsedAt!: Date | null;
  @Time({ nullable: true }) expiresAt!: Date | null;
  @Time({ nullable: true }) revokedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
