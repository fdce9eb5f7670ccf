import type { GithubState } from '../github-state';
import { fullName, type Repository } from '../repository';
import { accountShape, nodeId } from './account';

/** URL templates that every repository carries, by their field's name without `_url`. */
const TEMPLATES: Readonly<Record<string, string>> = {
  archive: '/{archive_format}{/ref}', assignees: '/assignees{/user}', blobs: '/git/blobs{/sha}', branches: '/branches{/branch}', collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}', commits: '/commits{/sha}', compare: '/compare/{base}...{head}', contents: '/contents/{+path}', contributors: '/contributors', deployments: '/deployments',
  downloads: '/downloads', events: '/events', forks: '/forks', git_commits: '/git/commits{/sha}', git_refs: '/git/refs{/sha}', git_tags: '/git/tags{/sha}', hooks: '/hooks',
  issue_comment: '/issues/comments{/number}', issue_events: '/issues/events{/number}', issues: '/issues{/number}', keys: '/keys{/key_id}', labels: '/labels{/name}', languages: '/languages',
  merges: '/merges', milestones: '/milestones{/number}', notifications: '/notifications{?since,all,participating}', pulls: '/pulls{/number}', releases: '/releases{/id}', stargazers: '/stargazers',
  statuses: '/statuses/{sha}', subscribers: '/subscribers', subscription: '/subscription', tags: '/tags', teams: '/teams', trees: '/git/trees{/sha}',
};

export async function repositoryShape(state: GithubState, repository: Repository): Promise<Record<string, unknown>> {
  const { id, owner, name, pulls } = repository;
  const html = `${state.url}/${fullName(repository)}`;
  const api = `${state.url}/api/v3/repos/${fullName(repository)}`;
  const open = pulls.filter((pull) => pull.state === 'open').length;
  return {
    id, node_id: nodeId('R', id), name, full_name: fullName(repository), private: repository.private, visibility: repository.private ? 'private' : 'public', owner: accountShape(owner, state.url),
    html_url: html, url: api, clone_url: `${html}.git`, git_url: `git://${html.replace(/^https?:\/\//, '')}.git`, ssh_url: `git@${new URL(html).hostname}:${fullName(repository)}.git`, svn_url: html,
    ...Object.fromEntries(Object.entries(TEMPLATES).map(([field, path]) => [`${field}_url`, api + path])),
    description: null, homepage: null, language: null, fork: false, mirror_url: null, license: null, topics: [], default_branch: await repository.git.defaultBranch(),
    forks: 0, forks_count: 0, stargazers_count: 0, watchers: 0, watchers_count: 0, size: 1, open_issues: open, open_issues_count: open, is_template: false, web_commit_signoff_required: false,
    has_issues: true, has_projects: true, has_wiki: true, has_pages: false, has_downloads: true, has_discussions: false, archived: state.accounts.archived.has(id), disabled: false, allow_forking: true,
    pushed_at: repository.pushedAt, created_at: repository.createdAt, updated_at: repository.pushedAt,
  };
}

/** GitHub's `full-repository`, which the single repository is answered with. */
export async function fullRepositoryShape(state: GithubState, repository: Repository): Promise<Record<string, unknown>> {
  return { ...(await repositoryShape(state, repository)), network_count: 0, subscribers_count: 0 };
}
