import type { ForgeComment, ForgePullRequest, ForgeReview } from '@app/domain';
import type { IssueCommentFacts, PullRequestFacts, ReviewCommentFacts, ReviewFacts } from '@app/github';

/** What GitHub says, as our rows keep it. */
export function forgePullRequest(repositoryId: string, facts: PullRequestFacts): ForgePullRequest {
  const { id, nodeId, number, title, body, headRef, headSha, baseRef, baseSha, status, authorLogin, url, createdAt, updatedAt, mergedAt, closedAt, mergeCommitSha } = facts;
  return {
    repositoryId, githubPrId: id, nodeId, number, title, description: body, sourceBranch: headRef, targetBranch: baseRef, headSha, baseSha, status, authorLogin, url, githubCreatedAt: createdAt,
    githubUpdatedAt: updatedAt, mergedAt, closedAt, mergeCommitSha, ...single(facts),
  };
}

function single({ additions, deletions, changedFiles, mergeable, mergeableState, mergedByLogin }: PullRequestFacts): Partial<ForgePullRequest> {
  return additions === undefined ? {} : { additions, deletions, changedFiles, mergeable, mergeableState, mergedByLogin };
}

export function forgeReview(facts: ReviewFacts): ForgeReview {
  const { id, nodeId, state, body, commitSha, authorLogin, url, submittedAt } = facts;
  return { githubReviewId: id, nodeId, reviewerLogin: authorLogin, state, body, commitSha, url, submittedAt, updatedAt: null };
}

export function forgeReviewComment(facts: ReviewCommentFacts): ForgeComment {
  const { id, reviewId, inReplyToId, authorLogin, body, path, subjectType, line, side, startLine, startSide, originalLine, commitSha, diffHunk, url, createdAt, updatedAt } = facts;
  return {
    kind: 'review', githubCommentId: id, githubReviewId: reviewId, inReplyToGithubId: inReplyToId, authorLogin, body, filePath: path, subjectType, line, side, startLine, startSide, originalLine, commitSha, diffHunk,
    url, createdAt, updatedAt,
  };
}

export function forgeIssueComment({ id, authorLogin, body, url, createdAt, updatedAt }: IssueCommentFacts): ForgeComment {
  return {
    kind: 'issue', githubCommentId: id, githubReviewId: null, inReplyToGithubId: null, authorLogin, body, filePath: null, subjectType: null, line: null, side: null, startLine: null, startSide: null,
    originalLine: null, commitSha: null, diffHunk: null, url, createdAt, updatedAt,
  };
}
