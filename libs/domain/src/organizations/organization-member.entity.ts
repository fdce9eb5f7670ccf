import { Index } from 'typeorm';
import { Table, Text, Touched, Uuid } from '../columns';

/** Who belongs to an organization, and with which role. */
@Table('organization_members')
@Index('organization_members_user_idx', ['userId'])
export class OrganizationMember extends Touched {
  @Uuid({ primary: true, references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string;
  @Uuid({ primary: true, references: 'users', onDelete: 'CASCADE' }) userId!: string;
  @Text({ checked: true }) role!: 'owner' | 'admin' | 'billing' | 'member' | 'viewer';
}
