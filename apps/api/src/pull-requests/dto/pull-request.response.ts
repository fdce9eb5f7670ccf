import { type CommentRow, type PullRequestDetails, pullRequestJson, type ReviewRow, type ShownPullRequest } from '@app/domain';
import type { ChangedFile, CiState } from '@app/github';
import { ApiProperty } from '@nestjs/swagger';
import type { ChecksNow, WholePullRequest } from '../pull-request-reader';
import { PULL_REQUEST_ORIGINS, PULL_REQUEST_STATUSES } from './pull-request-query.dto';

/** A pull request as lists show it. */
export class PullRequestResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid' }) repositoryId!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The task that made it.' }) taskId!: string | null;
  @ApiProperty({ type: 'integer' }) number!: number;
  @ApiProperty() title!: string;
  @ApiProperty({ enum: PULL_REQUEST_STATUSES }) status!: ShownPullRequest['status'];
  @ApiProperty({ enum: PULL_REQUEST_ORIGINS, description: '`agent`: made by a task.' }) origin!: ShownPullRequest['origin'];
  @ApiProperty() sourceBranch!: string;
  @ApiProperty() targetBranch!: string;
  @ApiProperty({ type: String, nullable: true }) headSha!: string | null;
  @ApiProperty() url!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Login.' }) author!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) mergedAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) closedAt!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;

  static from(pull: ShownPullRequest): PullRequestResponse {
    return pullRequestJson(pull);
  }
}

export class PullRequestChecks {
  @ApiProperty({ type: 'integer' }) total!: number;
  @ApiProperty({ type: 'integer' }) passed!: number;
  @ApiProperty({ type: 'integer' }) failed!: number;
  @ApiProperty({ type: 'integer' }) pending!: number;
  @ApiProperty({ type: 'integer', description: 'Somebody has to let them run first; that is no failure.' }) waitingForApproval!: number;
  @ApiProperty({ enum: ['none', 'passed', 'pending', 'waiting', 'failed', 'unknown'], description: 'All of them in one word; `unknown`: the App may not read them.' }) state!: CiState;

  static from({ total, passed, failed, pending, waiting, state }: NonNullable<ChecksNow>): PullRequestChecks {
    return { total, passed, failed, pending, waitingForApproval: waiting, state };
  }
}

export class PullRequestReviews {
  @ApiProperty({ type: 'integer' }) total!: number;
  @ApiProperty({ type: 'integer', description: 'Reviewers whose last word it is.' }) approved!: number;
  @ApiProperty({ type: 'integer', description: 'Reviewers whose last word it is.' }) changesRequested!: number;
  @ApiProperty({ type: 'integer' }) commented!: number;
}

/** A pull request with all that its own page shows. */
export class PullRequestDetailsResponse extends PullRequestResponse {
  @ApiProperty({ type: String, nullable: true }) description!: string | null;
  @ApiProperty({ type: String, nullable: true }) baseSha!: string | null;
  @ApiProperty({ type: String, nullable: true }) mergeCommitSha!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Login.' }) mergedBy!: string | null;
  @ApiProperty({ type: 'integer', nullable: true }) additions!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) deletions!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) changedFiles!: number | null;
  @ApiProperty({ type: Boolean, nullable: true, description: 'null: not known; GitHub finds out when it is asked.' }) mergeable!: boolean | null;
  @ApiProperty({ type: String, nullable: true, example: 'clean', description: 'GitHub\'s word for it.' }) mergeableState!: string | null;
  @ApiProperty({ type: PullRequestChecks, nullable: true, description: 'Of the present head; null: nothing is known of them yet.' }) checks!: PullRequestChecks | null;
  @ApiProperty({ type: PullRequestReviews }) reviews!: PullRequestReviews;

  static fromWhole({ pull, checks, reviews }: WholePullRequest): PullRequestDetailsResponse {
    const { description, baseSha, mergeCommitSha, mergedByLogin, additions, deletions, changedFiles, mergeable, mergeableState }: PullRequestDetails = pull;
    const { total, approved, changesRequested, commented } = reviews;
    return {
      ...pullRequestJson(pull), description, baseSha, mergeCommitSha, mergedBy: mergedByLogin, additions, deletions, changedFiles, mergeable, mergeableState, checks: checks && PullRequestChecks.from(checks),
      reviews: { total, approved, changesRequested, commented },
    };
  }
}

/** A merged pull request. */
export class MergedPullRequestResponse extends PullRequestDetailsResponse {
  @ApiProperty({ type: Boolean, nullable: true, description: 'null: that was not asked for, or the branch is one that is never deleted here.' }) branchDeleted!: boolean | null;
}

export class ChangedFileResponse {
  @ApiProperty() path!: string;
  @ApiProperty({ type: String, nullable: true }) previousPath!: string | null;
  @ApiProperty({ enum: ['added', 'removed', 'modified', 'renamed', 'copied', 'changed', 'unchanged'] }) status!: ChangedFile['status'];
  @ApiProperty({ type: 'integer' }) additions!: number;
  @ApiProperty({ type: 'integer' }) deletions!: number;
  @ApiProperty({ type: String, nullable: true, description: 'Hunks as a unified diff; null: a binary file, or one too large for GitHub to show.' }) patch!: string | null;

  static from({ path, previousPath, status, additions, deletions, patch }: ChangedFile): ChangedFileResponse {
    return { path, previousPath, status, additions, deletions, patch };
  }
}

export class ReviewResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid' }) pullRequestId!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The task that wrote it.' }) taskId!: string | null;
  @ApiProperty({ type: String, nullable: true }) githubReviewId!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Login.' }) reviewer!: string | null;
  @ApiProperty({ enum: ['pending', 'approved', 'changes_requested', 'commented', 'dismissed'] }) state!: ReviewRow['state'];
  @ApiProperty({ type: String, nullable: true }) body!: string | null;
  @ApiProperty({ type: String, nullable: true }) commitSha!: string | null;
  @ApiProperty({ type: String, nullable: true }) url!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) submittedAt!: string | null;

  static from(review: ReviewRow): ReviewResponse {
    const { id, pullRequestId, taskId, githubReviewId, reviewerLogin, state, body, commitSha, url, submittedAt } = review;
    return { id, pullRequestId, taskId, githubReviewId, reviewer: reviewerLogin, state, body, commitSha, url, submittedAt: submittedAt?.toISOString() ?? null };
  }
}

export class CommentResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid' }) pullRequestId!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) reviewId!: string | null;
  @ApiProperty({ enum: ['review', 'issue'], description: '`review`: on lines or a file of the change; `issue`: below the pull request.' }) kind!: CommentRow['kind'];
  @ApiProperty({ type: String, nullable: true }) githubCommentId!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'GitHub\'s id of the comment that opened the thread.' }) inReplyToGithubId!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Login.' }) author!: string | null;
  @ApiProperty() body!: string;
  @ApiProperty({ type: String, nullable: true }) path!: string | null;
  @ApiProperty({ type: 'integer', nullable: true, description: 'null: it is outdated, or about the whole file.' }) line!: number | null;
  @ApiProperty({ type: String, enum: ['LEFT', 'RIGHT', null], nullable: true }) side!: CommentRow['side'];
  @ApiProperty({ type: 'integer', nullable: true, description: 'First line of a range.' }) startLine!: number | null;
  @ApiProperty({ type: String, enum: ['LEFT', 'RIGHT', null], nullable: true }) startSide!: CommentRow['startSide'];
  @ApiProperty({ type: String, nullable: true }) commitSha!: string | null;
  @ApiProperty({ type: String, nullable: true }) diffHunk!: string | null;
  @ApiProperty({ description: 'Its thread is.' }) isResolved!: boolean;
  @ApiProperty() isOutdated!: boolean;
  @ApiProperty({ type: String, nullable: true }) url!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from(comment: CommentRow): CommentResponse {
    const { id, pullRequestId, reviewId, kind, githubCommentId, inReplyToGithubId, authorLogin, body, filePath, line, side, startLine, startSide, commitSha, diffHunk, isResolved, isOutdated, url, createdAt } = comment;
    return {
      id, pullRequestId, reviewId, kind, githubCommentId, inReplyToGithubId, author: authorLogin, body, path: filePath, line, side, startLine, startSide, commitSha, diffHunk, isResolved, isOutdated, url,
      createdAt: createdAt.toISOString(),
    };
  }
}
