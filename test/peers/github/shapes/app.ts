import { APP_PERMISSIONS, type GithubState } from '../github-state';
import { accountShape, nodeId } from './account';

const EVENTS = ['pull_request', 'push', 'issue_comment', 'pull_request_review', 'check_run', 'check_suite'];
const OWNER = 'async-coder-maintainers';

export function appShape(state: GithubState): Record<string, unknown> {
  const { appId, appSlug, clientId, url, createdAt, repositories } = state;
  return {
    id: appId, slug: appSlug, client_id: clientId, node_id: nodeId('A', appId), owner: accountShape(state.account(OWNER), url), name: 'Async Coder', description: '', external_url: url,
    html_url: `${url}/apps/${appSlug}`, created_at: createdAt, updated_at: createdAt, permissions: APP_PERMISSIONS, events: EVENTS, installations_count: repositories.length > 0 ? 1 : 0,
  };
}

export function installationShape(state: GithubState, installation = state.accounts.installations.list()[0]): Record<string, unknown> {
  const { appId, appSlug, clientId, url, createdAt, repositories } = state;
  const installationId = installation?.id ?? state.installationId;
  const account = installation?.account ?? repositories[0]?.owner ?? state.account(OWNER);
  return {
    id: installationId, client_id: clientId, app_id: appId, app_slug: appSlug, target_id: account.id, target_type: account.type, account: accountShape(account, url),
    repository_selection: 'selected', access_tokens_url: `${url}/api/v3/app/installations/${installationId}/access_tokens`, repositories_url: `${url}/api/v3/installation/repositories`,
    html_url: `${url}/settings/installations/${installationId}`, permissions: APP_PERMISSIONS, events: EVENTS, created_at: createdAt, updated_at: createdAt, single_file_name: null,
    has_multiple_single_files: false, single_file_paths: [], suspended_by: null, suspended_at: installation?.suspendedAt ?? null,
  };
}
