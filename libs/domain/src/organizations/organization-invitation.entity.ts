import { Bytes, Id, Table, Text, Time, Uuid } from '../columns';

/** An open, accepted or revoked invitation; the token is kept as a hash. */
@Table('organization_invitations', { indexes: ['organization_invitations_open_uq'] })
export class OrganizationInvitation {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string;
  @Text() email!: string;
  @Text({ checked: true }) role!: 'admin' | 'billing' | 'member' | 'viewer';
  @Bytes({ unique: true, checked: true }) tokenHash!: Buffer;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) invitedByUserId!: string | null;
  @Time() expiresAt!: Date;
  @Time({ nullable: true }) acceptedAt!: Date | null;
  @Time({ nullable: true }) revokedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
