import type { GithubState } from '../github-state';
import type { Issue } from '../issues';
import { fullName, type Repository } from '../repository';
import { accountShape, nodeId } from './account';

/** GitHub's `label`. */
export function labelShape(state: GithubState, repository: Repository, name: string): Record<string, unknown> {
  return { id: 1, node_id: nodeId('LA', name), url: `${state.url}/api/v3/repos/${fullName(repository)}/labels/${encodeURIComponent(name)}`, name, description: null, color: 'ededed', default: false };
}

/** GitHub's `issue`. */
export function issueShape(state: GithubState, repository: Repository, issue: Issue): Record<string, unknown> {
  const api = `${state.url}/api/v3/repos/${fullName(repository)}`;
  const url = `${api}/issues/${issue.number}`;
  return {
    id: issue.id, node_id: nodeId('I', issue.id), url, repository_url: api, labels_url: `${url}/labels{/name}`, comments_url: `${url}/comments`, events_url: `${url}/events`,
    html_url: `${state.url}/${fullName(repository)}/issues/${issue.number}`, number: issue.number, state: issue.state, title: issue.title, body: issue.body, user: accountShape(issue.user, state.url),
    labels: issue.labels.map((name) => labelShape(state, repository, name)), assignee: null, assignees: [], milestone: null, locked: false, comments: repository.comments.filter(({ number }) => number === issue.number).length,
    closed_at: null, created_at: issue.at, updated_at: issue.at, author_association: 'NONE',
  };
}
