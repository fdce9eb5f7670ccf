import { GithubId, Id, Int, Json, Table, Text, Time, Touched, Uuid } from '../columns';

/** A person. Erasing one blanks the personal columns; the row stays, as history points at it. */
@Table('users', { checks: ['users_deleted_ck'], indexes: ['users_created_idx', 'users_email_uq', 'users_username_uq'] })
export class User extends Touched {
  @Id() id!: string;
  @Text({ nullable: true, unique: true }) clerkId!: string | null;
  @Time({ nullable: true }) clerkUpdatedAt!: Date | null;
  @Text({ checked: true }) email!: string;
  @Time({ nullable: true }) emailVerifiedAt!: Date | null;
  @Text({ checked: true }) username!: string;
  @Text({ nullable: true }) passwordHash!: string | null;
  @Text({ nullable: true, checked: true }) displayName!: string | null;
  @Text({ nullable: true, checked: true }) firstName!: string | null;
  @Text({ nullable: true, checked: true }) lastName!: string | null;
  @Text({ nullable: true, checked: true }) avatarUrl!: string | null;
  @Text({ nullable: true, checked: true }) bio!: string | null;
  @Text({ nullable: true, checked: true }) location!: string | null;
  @Text({ nullable: true, checked: true }) websiteUrl!: string | null;
  @Text({ nullable: true, checked: true }) company!: string | null;
  @GithubId({ nullable: true, unique: true }) githubId!: string | null;
  @Text({ nullable: true }) githubUsername!: string | null;
  @Text({ default: 'user', checked: true }) role!: 'user' | 'support' | 'admin';
  @Text({ default: 'active', checked: true }) status!: 'active' | 'suspended' | 'deleted';
  @Int({ default: 0, checked: true }) tokenVersion!: number;
  @Int({ default: 0 }) failedLoginCount!: number;
  @Time({ nullable: true }) lockedUntil!: Date | null;
  @Uuid({ nullable: true, references: 'organizations', onDelete: 'SET NULL', foreignKey: 'users_default_org_fk', deferred: true })
  defaultOrganizationId!: string | null;
  @Json({ default: {}, checked: true }) preferences!: Record<string, unknown>;
  @Text({ default: 'UTC' }) timezone!: string;
  @Text({ default: 'en' }) locale!: string;
  @Text({ default: 'web' }) signupSource!: string;
  @Text({ nullable: true, unique: true }) referralCode!: string | null;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) referredByUserId!: string | null;
  @Time({ nullable: true }) onboardingCompletedAt!: Date | null;
  @Time({ nullable: true }) lastLoginAt!: Date | null;
  @Time({ nullable: true }) lastActiveAt!: Date | null;
  @Time({ nullable: true }) deletedAt!: Date | null;
}
