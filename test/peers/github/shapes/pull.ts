import type { GithubState } from '../github-state';
import { fullName, type PullRequest, type Repository } from '../repository';
import { accountShape, nodeId } from './account';
import { repositoryShape } from './repository';

/** GitHub's `pull-request-simple`, as lists hold it. */
export async function simplePullShape(state: GithubState, repository: Repository, pull: PullRequest): Promise<Record<string, unknown>> {
  const { number } = pull;
  const api = `${state.url}/api/v3/repos/${fullName(repository)}`;
  const html = `${state.url}/${fullName(repository)}/pull/${number}`;
  const urls = {
    url: `${api}/pulls/${number}`, html_url: html, issue_url: `${api}/issues/${number}`, comments_url: `${api}/issues/${number}/comments`, review_comments_url: `${api}/pulls/${number}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`, commits_url: `${api}/pulls/${number}/commits`, statuses_url: `${api}/statuses/${pull.headSha}`, diff_url: `${html}.diff`, patch_url: `${html}.patch`,
  };
  const end = async (ref: string, sha: string): Promise<object> => ({
    label: `${repository.owner.login}:${ref}`, ref, sha, user: accountShape(repository.owner, state.url), repo: await repositoryShape(state, repository),
  });
  return {
    id: pull.id, node_id: nodeId('PR', pull.id), number, ...urls, state: pull.state, locked: false, title: pull.title, body: pull.body, user: accountShape(pull.user, state.url), draft: pull.draft,
    created_at: pull.createdAt, updated_at: pull.updatedAt, closed_at: pull.closedAt, merged_at: pull.mergedAt, merge_commit_sha: pull.mergeSha, assignee: null, assignees: [], labels: [], milestone: null,
    requested_reviewers: [], requested_teams: [], author_association: 'CONTRIBUTOR', auto_merge: null, active_lock_reason: null,
    head: await end(pull.headRef, pull.headSha), base: await end(pull.baseRef, pull.baseSha),
    _links: links({ self: urls.url, html, issue: urls.issue_url, comments: urls.comments_url, review_comments: urls.review_comments_url, review_comment: urls.review_comment_url, commits: urls.commits_url, statuses: urls.statuses_url }),
  };
}

/** GitHub's `pull-request`; `mergeable` is null until somebody asked for it, as there. */
export async function pullShape(state: GithubState, repository: Repository, pull: PullRequest, mergeable: boolean | null): Promise<Record<string, unknown>> {
  const { git, comments } = repository;
  const range = `${(await git.mergeBase(pull.baseSha, pull.headSha)) ?? pull.baseSha}..${pull.headSha}`;
  const [commits, stat] = await Promise.all([git.git(['rev-list', '--count', range]), git.git(['diff', '--numstat', range])]);
  const lines = stat.split('\n').filter(Boolean).map((line) => line.split('\t'));
  const sum = (column: number): number => lines.reduce((total, line) => total + (Number(line[column]) || 0), 0);
  return {
    ...(await simplePullShape(state, repository, pull)),
    merged: pull.mergedAt !== null, mergeable, rebaseable: mergeable, mergeable_state: stateOf(pull, mergeable), merged_by: pull.mergedBy && accountShape(pull.mergedBy, state.url),
    comments: comments.filter(({ number }) => number === pull.number).length, review_comments: 0, maintainer_can_modify: pull.maintainerCanModify,
    commits: Number(commits), additions: sum(0), deletions: sum(1), changed_files: lines.length,
  };
}

function stateOf({ draft }: PullRequest, mergeable: boolean | null): string {
  if (mergeable === null) return 'unknown';
  if (!mergeable) return 'dirty';
  return draft ? 'draft' : 'clean';
}

function links(urls: Readonly<Record<string, string>>): Record<string, { href: string }> {
  return Object.fromEntries(Object.entries(urls).map(([name, href]) => [name, { href }]));
}
