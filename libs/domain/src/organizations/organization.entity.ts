import { Index } from 'typeorm';
import { Id, Json, Table, Text, Time, Touched, Uuid } from '../columns';

/** The tenant: owns repositories, tasks, keys and credits. Everybody has a personal one. */
@Table('organizations', { indexes: ['organizations_personal_uq', 'organizations_slug_uq'] })
@Index('organizations_owner_idx', ['ownerUserId'])
export class Organization extends Touched {
  @Id() id!: string;
  @Text({ checked: true }) kind!: 'personal' | 'team';
  @Text({ checked: true }) name!: string;
  @Text({ checked: true }) slug!: string;
  @Uuid({ references: 'users', onDelete: 'RESTRICT' }) ownerUserId!: string;
  @Text({ nullable: true, unique: true }) clerkOrgId!: string | null;
  @Text({ nullable: true, unique: true }) stripeCustomerId!: string | null;
  @Text({ nullable: true }) billingEmail!: string | null;
  @Text({ default: 'active', checked: true }) status!: 'active' | 'suspended' | 'deleted';
  @Json({ default: {}, checked: true }) settings!: Record<string, unknown>;
  @Time({ nullable: true }) deletedAt!: Date | null;
}
