import { Index, Unique } from 'typeorm';
import { Flag, GithubId, Id, Int, Table, Text, Time, Touched, Uuid } from '../columns';

/** A pull request, ours or another's. `githubUpdatedAt` drops late events. */
@Table('pull_requests', {
  checks: ['pull_requests_merged_at_ck'],
  indexes: ['pull_requests_author_idx', 'pull_requests_open_head_uq', 'pull_requests_repo_created_idx', 'pull_requests_repo_list_idx', 'pull_requests_task_idx'],
})
@Unique(['repositoryId', 'githubPrId'])
@Unique(['repositoryId', 'prNumber'])
@Index('pull_requests_head_idx', ['repositoryId', 'headSha'])
@Index('pull_requests_url_idx', ['url'])
export class PullRequest extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'repositories', onDelete: 'CASCADE' }) repositoryId!: string;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'SET NULL' }) taskId!: string | null;
  @GithubId({ nullable: true }) githubPrId!: string | null;
  @Text({ nullable: true }) nodeId!: string | null;
  @Int({ checked: true }) prNumber!: number;
  @Text() title!: string;
  @Text({ nullable: true }) description!: string | null;
  @Text() sourceBranch!: string;
  @Text() targetBranch!: string;
  @Text({ nullable: true }) headSha!: string | null;
  @Text({ nullable: true }) baseSha!: string | null;
  @Text({ nullable: true }) mergeCommitSha!: string | null;
  @Text({ checked: true }) status!: 'open' | 'draft' | 'merged' | 'closed';
  @Text({ default: 'external', checked: true }) origin!: 'agent' | 'external';
  @Text({ nullable: true }) authorLogin!: string | null;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) authorUserId!: string | null;
  @Int({ nullable: true }) additions!: number | null;
  @Int({ nullable: true }) deletions!: number | null;
  @Int({ nullable: true }) changedFiles!: number | null;
  @Flag({ nullable: true }) mergeable!: boolean | null;
  @Text({ nullable: true }) mergeableState!: string | null;
  @Text() url!: string;
  @Time({ nullable: true }) githubCreatedAt!: Date | null;
  @Time({ nullable: true }) githubUpdatedAt!: Date | null;
  @Time({ nullable: true }) mergedAt!: Date | null;
  @Text({ nullable: true }) mergedByLogin!: string | null;
  @Time({ nullable: true }) closedAt!: Date | null;
}
