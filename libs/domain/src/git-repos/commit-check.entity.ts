import { Index, Unique } from 'typeorm';
import { GithubId, Id, SmallInt, Table, Text, Time, Uuid } from '../columns';

/** A check of a commit, as webhooks told of it. */
@Table('commit_checks')
@Unique(['repositoryId', 'headSha', 'kind', 'checkKey'])
@Index('commit_checks_created_idx', ['createdAt'])
export class CommitCheck {
  @Id() id!: string;
  @Uuid({ references: 'repositories', onDelete: 'CASCADE' }) repositoryId!: string;
  @Text({ checked: true }) headSha!: string;
  @Text({ checked: true }) kind!: 'check_run' | 'check_suite' | 'status' | 'workflow_run';
  @Text() checkKey!: string;
  @GithubId() githubId!: string;
  @Text() name!: string;
  @Text({ checked: true }) state!: 'passed' | 'failed' | 'pending' | 'waiting' | 'skipped';
  @Text() conclusion!: string;
  @GithubId({ nullable: true }) appId!: string | null;
  @Text({ nullable: true }) headBranch!: string | null;
  @Text({ nullable: true }) url!: string | null;
  @Time({ nullable: true }) startedAt!: Date | null;
  @Time({ nullable: true }) completedAt!: Date | null;
  @Time() githubUpdatedAt!: Date;
  @SmallInt({ default: 0, checked: true }) progress!: number;
  @Time({ default: 'now' }) createdAt!: Date;
}
