import { Index } from 'typeorm';
import { GithubId, Id, Int, Json, SmallInt, Table, Text, TextArray, Time, Touched, Uuid } from '../columns';

/** Where our GitHub App is installed. `syncRequestedAt` after `syncedAt` is the sync job. */
@Table('github_installations', { indexes: ['github_installations_sync_idx'] })
@Index('github_installations_account_idx', ['accountId'])
@Index('github_installations_org_idx', ['organizationId'])
export class GithubInstallation extends Touched {
  @Id() id!: string;
  @GithubId({ unique: true }) installationId!: string;
  @GithubId() appId!: string;
  @Uuid({ nullable: true, references: 'organizations', onDelete: 'SET NULL' }) organizationId!: string | null;
  @GithubId() accountId!: string;
  @Text() accountLogin!: string;
  @Text({ checked: true }) accountType!: 'User' | 'Organization' | 'Enterprise';
  @Text({ checked: true }) repositorySelection!: 'all' | 'selected';
  @Json({ default: {} }) permissions!: Record<string, unknown>;
  @TextArray({ default: [] }) events!: string[];
  @Time({ nullable: true }) suspendedAt!: Date | null;
  @Time({ nullable: true }) deletedAt!: Date | null;
  @Time({ nullable: true }) githubUpdatedAt!: Date | null;
  @Time({ nullable: true }) syncRequestedAt!: Date | null;
  @Time({ nullable: true }) syncedAt!: Date | null;
  @Text({ nullable: true }) syncError!: string | null;
  /** When the sync that is under way began; null: none is. */
  @Time({ nullable: true }) syncStartedAt!: Date | null;
  /** The page of GitHub's list that comes next. */
  @Int({ default: 1, checked: true }) syncPage!: number;
  @SmallInt({ default: 0 }) syncFailures!: number;
  /** No worker takes it up before: another has it, or GitHub asked us to wait. */
  @Time({ nullable: true }) syncNotBefore!: Date | null;
}
