import type { PullRequest } from './pull-request.entity';

/** What is shown of a pull request, as columns. */
export const PULL_REQUEST_SHOWN = `p.id, p.repository_id, p.task_id, p.pr_number, p.title, p.status, p.origin, p.source_branch, p.target_branch, p.head_sha, p.url, p.author_login, p.merged_at,
  p.closed_at, p.created_at, p.updated_at`;

export type ShownPullRequest = Pick<
  PullRequest,
  | 'id' | 'repositoryId' | 'taskId' | 'prNumber' | 'title' | 'status' | 'origin' | 'sourceBranch' | 'targetBranch' | 'headSha' | 'url' | 'authorLogin' | 'mergedAt' | 'closedAt'
  | 'createdAt' | 'updatedAt'
>;

/** A pull request as everybody sees it. */
export function pullRequestJson(pull: ShownPullRequest) {
  const { id, repositoryId, taskId, prNumber, title, status, origin, sourceBranch, targetBranch, headSha, url, authorLogin } = pull;
  return {
    id, repositoryId, taskId, number: prNumber, title, status, origin, sourceBranch, targetBranch, headSha, url,
    author: authorLogin,
    mergedAt: pull.mergedAt?.toISOString() ?? null,
    closedAt: pull.closedAt?.toISOString() ?? null,
    createdAt: pull.createdAt.toISOString(),
    updatedAt: pull.updatedAt.toISOString(),
  };
}
