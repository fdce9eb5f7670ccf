import { Index, Unique } from 'typeorm';
import { Big, Flag, GithubId, Id, Json, Table, Text, Time, Touched, Uuid } from '../columns';

/** A git repository of one organization (table `repositories`). Unique only while connected. */
@Table('repositories', {
  checks: ['repositories_disconnected_ck', 'repositories_github_id_ck'],
  indexes: ['repositories_github_idx', 'repositories_org_clone_uq', 'repositories_org_github_uq', 'repositories_org_list_idx'],
})
@Unique(['id', 'organizationId'])
@Index('repositories_connected_by_idx', ['connectedByUserId'])
@Index('repositories_installation_idx', ['installationId'])
export class GitRepo extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) connectedByUserId!: string | null;
  @Uuid({ nullable: true, references: 'github_installations', onDelete: 'SET NULL' }) installationId!: string | null;
  @Text({ default: 'github', checked: true }) provider!: 'github' | 'git';
  @GithubId({ nullable: true }) githubId!: string | null;
  @Text({ nullable: true }) nodeId!: string | null;
  @Text() name!: string;
  @Text() fullName!: string;
  @Text({ nullable: true }) description!: string | null;
  @Flag({ default: true }) isPrivate!: boolean;
  @Flag({ default: false }) isArchived!: boolean;
  @Flag({ default: false }) isFork!: boolean;
  @Text({ default: 'main' }) defaultBranch!: string;
  @Text({ nullable: true }) language!: string | null;
  @Text() url!: string;
  @Text() cloneUrl!: string;
  @Big({ nullable: true, checked: true }) sizeKb!: bigint | null;
  @Json({ default: {}, checked: true }) settings!: Record<string, unknown>;
  @Text({ default: 'active', checked: true }) status!: 'active' | 'suspended' | 'unavailable' | 'disconnected';
  @Time({ nullable: true }) lastPushedAt!: Date | null;
  @Time({ nullable: true }) lastSyncedAt!: Date | null;
  @Time({ nullable: true }) githubUpdatedAt!: Date | null;
  @Time({ nullable: true }) disconnectedAt!: Date | null;
}
