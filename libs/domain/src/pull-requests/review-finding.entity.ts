import { ForeignKey, Index, Unique } from 'typeorm';
import { Flag, GithubId, Id, Int, SmallInt, Table, Text, Time, Touched, Uuid } from '../columns';

/** One review remark, followed across pushes by its fingerprint. */
@Table('review_findings', {
  checks: ['review_findings_closed_at_ck', 'review_findings_lines_ck'],
  indexes: ['review_findings_attempt_idx', 'review_findings_comment_idx', 'review_findings_dismissed_idx', 'review_findings_refs_uq'],
})
@Unique(['pullRequestId', 'fingerprint'])
@ForeignKey('repositories', ['repositoryId', 'organizationId'], ['id', 'organizationId'], { name: 'review_findings_repository_fk', onDelete: 'RESTRICT' })
@Index('review_findings_task_idx', ['taskId', 'createdAt', 'id'])
export class ReviewFinding extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid() repositoryId!: string;
  @Uuid({ nullable: true, references: 'pull_requests', onDelete: 'CASCADE' }) pullRequestId!: string | null;
  @Uuid({ references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Uuid({ nullable: true, references: 'task_attempts', onDelete: 'SET NULL' }) attemptId!: string | null;
  @Text({ checked: true }) fingerprint!: string;
  @Text({ checked: true }) severity!: 'low' | 'medium' | 'high' | 'critical';
  @Text({ checked: true }) confidence!: 'low' | 'medium' | 'high';
  @Text({ checked: true }) category!: string;
  @Text({ checked: true }) title!: string;
  @Text({ checked: true }) body!: string;
  @Text({ nullable: true, checked: true }) suggestion!: string | null;
  @Text({ checked: true }) file!: string;
  @Text({ default: 'RIGHT', checked: true }) side!: 'LEFT' | 'RIGHT';
  @Int({ nullable: true, checked: true }) startLine!: number | null;
  @Int({ nullable: true, checked: true }) endLine!: number | null;
  @Flag({ default: false }) preExisting!: boolean;
  @SmallInt({ nullable: true, checked: true }) score!: number | null;
  @Text({ default: 'open', checked: true }) status!: 'open' | 'resolved' | 'dismissed';
  @Text({ nullable: true, checked: true }) surfaced!: 'inline' | 'summary' | 'suppressed' | null;
  @Text() firstSeenSha!: string;
  @Text() lastConfirmedSha!: string;
  @GithubId({ nullable: true }) githubCommentId!: string | null;
  @Text({ nullable: true }) threadNodeId!: string | null;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) dismissedByUserId!: string | null;
  @Text({ nullable: true, checked: true }) dismissedReason!: string | null;
  @Time({ nullable: true }) closedAt!: Date | null;
}
