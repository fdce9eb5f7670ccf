import type { GithubState } from '../github-state';
import { fullName, type PullRequest, type Repository } from '../repository';
import { lineToday } from '../reviews/places';
import type { Review, ReviewComment } from '../reviews/reviewing';
import { accountShape, nodeId } from './account';

/** GitHub's `pull-request-review`. */
export function reviewShape({ url }: GithubState, repository: Repository, review: Review): Record<string, unknown> {
  const { id, number, user, body, state, commitId, submittedAt } = review;
  const pull = `${url}/api/v3/repos/${fullName(repository)}/pulls/${number}`;
  const html = `${url}/${fullName(repository)}/pull/${number}#pullrequestreview-${id}`;
  return {
    id, node_id: nodeId('PRR', id), user: accountShape(user, url), body, state, html_url: html, pull_request_url: pull, _links: { html: { href: html }, pull_request: { href: pull } },
    submitted_at: submittedAt, commit_id: commitId, author_association: 'CONTRIBUTOR',
  };
}

/** GitHub's `pull-request-review-comment`: without a `line` once its line was changed. */
export async function reviewCommentShape({ url }: GithubState, repository: Repository, pull: PullRequest, comment: ReviewComment): Promise<Record<string, unknown>> {
  const { id, number, reviewId, inReplyTo, user, path, line, startLine, side, commitId, diffHunk, body, at, updatedAt } = comment;
  const api = `${url}/api/v3/repos/${fullName(repository)}/pulls`;
  const html = `${url}/${fullName(repository)}/pull/${number}#discussion_r${id}`;
  const today = await lineToday(repository, pull, comment);
  const isFile = line === null;
  return {
    id, node_id: nodeId('PRRC', id), url: `${api}/comments/${id}`, pull_request_review_id: reviewId, ...(inReplyTo === null ? {} : { in_reply_to_id: inReplyTo }), diff_hunk: diffHunk, path, commit_id: pull.headSha,
    original_commit_id: commitId, user: accountShape(user, url), body, created_at: at, updated_at: updatedAt, html_url: html, pull_request_url: `${api}/${number}`, author_association: 'CONTRIBUTOR',
    _links: { self: { href: `${api}/comments/${id}` }, html: { href: html }, pull_request: { href: `${api}/${number}` } }, subject_type: isFile ? 'file' : 'line',
    ...(isFile ? {} : { ...(today === null ? {} : { line: today }), original_line: line, start_line: today === null || startLine === null ? null : startLine + today - line, original_start_line: startLine, side, start_side: startLine === null ? null : side }),
  };
}
