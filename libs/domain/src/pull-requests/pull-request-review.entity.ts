import { Index, Unique } from 'typeorm';
import { GithubId, Id, Table, Text, Time, Touched, Uuid } from '../columns';

/** A review at GitHub. */
@Table('pull_request_reviews', { indexes: ['pull_request_reviews_reviewer_idx', 'pull_request_reviews_task_idx'] })
@Unique(['pullRequestId', 'githubReviewId'])
@Index('pull_request_reviews_list_idx', ['pullRequestId', 'submittedAt', 'id'])
export class PullRequestReview extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'pull_requests', onDelete: 'CASCADE' }) pullRequestId!: string;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'SET NULL' }) taskId!: string | null;
  @GithubId({ nullable: true }) githubReviewId!: string | null;
  @Text({ nullable: true }) nodeId!: string | null;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) reviewerUserId!: string | null;
  @Text({ nullable: true }) reviewerLogin!: string | null;
  @Text({ checked: true }) state!: 'pending' | 'approved' | 'changes_requested' | 'commented' | 'dismissed';
  @Text({ nullable: true }) body!: string | null;
  @Text({ nullable: true }) commitSha!: string | null;
  @Text({ nullable: true }) url!: string | null;
  @Time({ nullable: true }) submittedAt!: Date | null;
  @Time({ nullable: true }) githubUpdatedAt!: Date | null;
}
