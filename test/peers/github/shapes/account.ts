import type { Account } from '../repository';

/** GitHub's `simple-user`. */
export function accountShape({ id, login, type }: Account, origin: string): Record<string, unknown> {
  const api = `${origin}/api/v3/users/${encodeURIComponent(login)}`;
  return {
    login, id, node_id: nodeId('U', id), avatar_url: `${origin}/avatars/${id}`, gravatar_id: '', url: api, html_url: `${origin}/${login.replace('[bot]', '')}`,
    followers_url: `${api}/followers`, following_url: `${api}/following{/other_user}`, gists_url: `${api}/gists{/gist_id}`, starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`, organizations_url: `${api}/orgs`, repos_url: `${api}/repos`, events_url: `${api}/events{/privacy}`, received_events_url: `${api}/received_events`,
    type, site_admin: false, user_view_type: 'public',
  };
}

export function nodeId(kind: string, id: bigint | number | string): string {
  return `${kind}_${Buffer.from(`${kind}:${id}`).toString('base64url')}`;
}
