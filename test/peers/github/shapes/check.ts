import type { GithubState } from '../github-state';
import { fullName, type Repository } from '../repository';
import type { CheckRun, CheckSuite, CommitStatus } from '../reviews/reviewing';
import { accountShape, nodeId } from './account';
import { appShape } from './app';
import { repositoryShape } from './repository';

/** Our App, or one of somebody else's by its number alone. */
function appOf(state: GithubState, appId: number, name?: string): Record<string, unknown> {
  const ours = appShape(state);
  return appId === state.appId ? ours : { ...ours, id: appId, slug: `app-${appId}`, name: name ?? `App ${appId}` };
}

/** GitHub's `check-run`. */
export function checkRunShape(state: GithubState, repository: Repository, run: CheckRun): Record<string, unknown> {
  const api = `${state.url}/api/v3/repos/${fullName(repository)}/check-runs/${run.id}`;
  return {
    id: run.id, node_id: nodeId('CR', run.id), head_sha: run.sha, external_id: run.externalId, name: run.name, url: api, html_url: `${state.url}/${fullName(repository)}/runs/${run.id}`,
    details_url: run.detailsUrl, status: run.status, conclusion: run.conclusion, started_at: run.startedAt, completed_at: run.completedAt,
    output: { ...run.output, text: null, annotations_count: 0, annotations_url: `${api}/annotations` }, check_suite: { id: run.id }, app: appOf(state, run.appId), pull_requests: [],
  };
}

/** GitHub's `check-suite`. */
export async function checkSuiteShape(state: GithubState, repository: Repository, suite: CheckSuite): Promise<Record<string, unknown>> {
  const api = `${state.url}/api/v3/repos/${fullName(repository)}/check-suites/${suite.id}`;
  const person = { name: 'Demo', email: 'demo@users.noreply.github.com' };
  return {
    id: suite.id, node_id: nodeId('CS', suite.id), head_branch: null, head_sha: suite.sha, status: suite.status, conclusion: suite.conclusion, url: api, before: null, after: suite.sha, pull_requests: [],
    app: appOf(state, suite.appId, suite.appName), repository: await repositoryShape(state, repository), created_at: suite.at, updated_at: suite.at, latest_check_runs_count: 0, check_runs_url: `${api}/check-runs`,
    head_commit: { id: suite.sha, tree_id: suite.sha, message: '', timestamp: suite.at, author: person, committer: person },
  };
}

/** GitHub's `simple-commit-status`. */
export function simpleStatusShape({ url }: GithubState, repository: Repository, { id, sha, context, state, at, targetUrl }: CommitStatus): Record<string, unknown> {
  return {
    id, node_id: nodeId('SC', id), state, context, description: null, target_url: targetUrl, avatar_url: null, url: `${url}/api/v3/repos/${fullName(repository)}/statuses/${sha}`, created_at: at, updated_at: at,
  };
}

/** GitHub's `status`. */
export function statusShape(state: GithubState, repository: Repository, status: CommitStatus): Record<string, unknown> {
  return { ...simpleStatusShape(state, repository, status), creator: accountShape(state.bot, state.url) };
}
