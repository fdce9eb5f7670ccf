import { Unique } from 'typeorm';
import { Flag, GithubId, Id, Int, Table, Text, Time, Touched, Uuid } from '../columns';

/** A comment at GitHub; review and issue comments have separate ids there, hence `kind`. */
@Table('pull_request_comments', {
  checks: ['pull_request_comments_kind_ck', 'pull_request_comments_lines_ck'],
  indexes: ['pull_request_comments_author_idx', 'pull_request_comments_github_review_idx', 'pull_request_comments_list_idx', 'pull_request_comments_review_idx', 'pull_request_comments_thread_idx'],
})
@Unique(['pullRequestId', 'kind', 'githubCommentId'])
export class PullRequestComment extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'pull_requests', onDelete: 'CASCADE' }) pullRequestId!: string;
  @Uuid({ nullable: true, references: 'pull_request_reviews', onDelete: 'SET NULL' }) reviewId!: string | null;
  @Text({ checked: true }) kind!: 'review' | 'issue';
  @GithubId({ nullable: true }) githubCommentId!: string | null;
  @GithubId({ nullable: true }) inReplyToGithubId!: string | null;
  @GithubId({ nullable: true }) githubReviewId!: string | null;
  @Text({ nullable: true }) threadNodeId!: string | null;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) authorUserId!: string | null;
  @Text({ nullable: true }) authorLogin!: string | null;
  @Text() body!: string;
  @Text({ nullable: true }) filePath!: string | null;
  @Text({ nullable: true, checked: true }) subjectType!: 'line' | 'file' | null;
  @Int({ nullable: true, checked: true }) line!: number | null;
  @Text({ nullable: true, checked: true }) side!: 'LEFT' | 'RIGHT' | null;
  @Int({ nullable: true, checked: true }) startLine!: number | null;
  @Text({ nullable: true, checked: true }) startSide!: 'LEFT' | 'RIGHT' | null;
  @Int({ nullable: true }) originalLine!: number | null;
  @Text({ nullable: true }) commitSha!: string | null;
  @Text({ nullable: true }) diffHunk!: string | null;
  @Flag({ default: false }) isResolved!: boolean;
  @Flag({ default: false }) isOutdated!: boolean;
  @Text({ nullable: true }) url!: string | null;
  @Time({ nullable: true }) githubUpdatedAt!: Date | null;
  @Time({ nullable: true }) deletedAt!: Date | null;
}
