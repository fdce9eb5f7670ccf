import { Injectable } from '@nestjs/common';
import { GithubApp } from '../github-app';
import type { GithubRepoAccess } from '../github-pull-request';
import { allPages, idInPath, repositoryCall } from './repository-call';
import { reviewCommentFacts, reviewFacts, type RawReview, type RawReviewComment, type ReviewCommentFacts, type ReviewFacts } from './review-facts';

/** A place in the change of a pull request. `line` counts in the file on that side. */
export interface CommentPlace {
  readonly path: string;
  readonly line: number;
  readonly side: 'LEFT' | 'RIGHT';
  /** First line of a range on the same side; absent: one line. */
  readonly startLine?: number | null;
}

export interface NewReviewComment extends CommentPlace {
  readonly body: string;
}

export interface NewReview {
  /** The commit that its lines are of: one of the pull request. */
  readonly commitSha: string;
  readonly event: 'APPROVE' | 'REQUEST_CHANGES' | 'COMMENT';
  readonly body: string;
  /** GitHub refuses the whole review when one of them is not on a line of the diff. */
  readonly comments: readonly NewReviewComment[];
}

/** Reviews of pull requests and the comments on their lines. Errors are those of `githubError`, and github_validation_failed. */
@Injectable()
export class GithubReviews {
  constructor(private readonly app: GithubApp) {}

  /** One review with all its comments: all of it is posted, or nothing. @throws {AppError} github_validation_failed */
  create(access: GithubRepoAccess, number: number, { commitSha, event, body, comments }: NewReview): Promise<ReviewFacts> {
    return repositoryCall(this.app, access, 'post a review', async (octokit, at) => {
      const { data } = await octokit.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...at, pull_number: number, commit_id: commitSha, event, body, comments: comments.map(rawComment) });
      return reviewFacts(data);
    });
  }

  /** All reviews of a pull request, oldest first. */
  list(access: GithubRepoAccess, number: number): Promise<ReviewFacts[]> {
    return repositoryCall(this.app, access, 'list reviews', async (octokit, at) => {
      const rows = await allPages<RawReview>(octokit.paginate.iterator('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...at, pull_number: number, per_page: 100 }));
      return rows.map(reviewFacts);
    });
  }

  /** All comments on lines and files of a pull request, oldest first. */
  comments(access: GithubRepoAccess, number: number): Promise<ReviewCommentFacts[]> {
    return repositoryCall(this.app, access, 'list review comments', async (octokit, at) => {
      const rows = await allPages<RawReviewComment>(octokit.paginate.iterator('GET /repos/{owner}/{repo}/pulls/{pull_number}/comments', { ...at, pull_number: number, per_page: 100 }));
      return rows.map(reviewCommentFacts);
    });
  }

  /** One comment outside of a review. @throws {AppError} github_validation_failed for a place outside of the diff */
  comment(access: GithubRepoAccess, number: number, { commitSha, ...comment }: NewReviewComment & { readonly commitSha: string }): Promise<ReviewCommentFacts> {
    return repositoryCall(this.app, access, 'post a review comment', async (octokit, at) => {
      const { data } = await octokit.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/comments', { ...at, pull_number: number, commit_id: commitSha, ...rawComment(comment) });
      return reviewCommentFacts(data);
    });
  }

  /** An answer in the thread that a comment opened. */
  reply(access: GithubRepoAccess, number: number, commentId: string, body: string): Promise<ReviewCommentFacts> {
    return repositoryCall(this.app, access, 'answer a review comment', async (octokit, at) => {
      const { data } = await octokit.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies', { ...at, pull_number: number, comment_id: idInPath(commentId), body });
      return reviewCommentFacts(data);
    });
  }
}

function rawComment({ path, line, side, startLine, body }: NewReviewComment) {
  const isRange = startLine !== null && startLine !== undefined && startLine < line;
  return { path, line, side, body, ...(isRange ? { start_line: startLine, start_side: side } : {}) };
}
