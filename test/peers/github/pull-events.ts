import type { GithubState } from './github-state';
import type { Account, PullRequest, Repository } from './repository';
import { accountShape } from './shapes/account';
import { installationShape } from './shapes/app';
import { pullShape, simplePullShape } from './shapes/pull';
import { repositoryShape } from './shapes/repository';

type Shape = Readonly<Record<string, unknown>>;

/** Tells the webhook about a pull request. */
export async function sendPull(state: GithubState, repository: Repository, pull: PullRequest, what: { readonly action: string; readonly before?: string; readonly after?: string; readonly changes?: Shape; readonly label?: Shape; readonly requested_reviewer?: Shape; readonly sender?: Account }): Promise<void> {
  if (state.webhooks.url === null) return;
  const { action, sender, ...rest } = what;
  state.webhooks.emit('pull_request', action, { ...rest, number: pull.number, pull_request: await pullShape(state, repository, pull, null), ...(await about(state, repository, sender)) });
}

/** Tells of a review, a comment or a thread of a pull request, with the short description of it that GitHub sends along. */
export async function sendRemark(state: GithubState, repository: Repository, pull: PullRequest, remark: { readonly event: 'pull_request_review' | 'pull_request_review_comment' | 'pull_request_review_thread'; readonly action: string; readonly said: Shape; readonly sender?: Account }): Promise<void> {
  if (state.webhooks.url === null) return;
  state.webhooks.emit(remark.event, remark.action, { ...remark.said, pull_request: await simplePullShape(state, repository, pull), ...(await about(state, repository, remark.sender)) });
}

/** Tells of a comment below a pull request: GitHub calls it one of an issue. */
export async function sendIssueComment(state: GithubState, repository: Repository, pull: PullRequest, told: { readonly action: string; readonly comment: Shape; readonly sender?: Account; readonly changes?: Shape }): Promise<void> {
  if (state.webhooks.url === null) return;
  const { url, html_url: html, title, body, user, state: open, created_at: created, updated_at: updated } = await simplePullShape(state, repository, pull);
  const issue = { id: pull.id, number: pull.number, title, body, user, state: open, created_at: created, updated_at: updated, html_url: html, labels: [], pull_request: { url, html_url: html } };
  const { action, sender, ...rest } = told;
  state.webhooks.emit('issue_comment', action, { issue, ...rest, ...(await about(state, repository, sender)) });
}

/** Tells of a check of a commit: `said` is `{check_run}`, `{check_suite}`, `{workflow_run}`, or a status as it is. */
export async function sendCheck(state: GithubState, repository: Repository, told: { readonly event: 'check_run' | 'check_suite' | 'workflow_run' | 'status'; readonly action: string | null; readonly said: Shape; readonly sender?: Account }): Promise<void> {
  if (state.webhooks.url === null) return;
  state.webhooks.emit(told.event, told.action, { ...told.said, ...(await about(state, repository, told.sender)) });
}

/** Tells of something about a repository or somebody in it: `repository`, `member`, `create`, `delete` … */
export async function sendAboutRepository(state: GithubState, repository: Repository, told: { readonly event: string; readonly action: string | null; readonly said?: Shape; readonly sender?: Account }): Promise<void> {
  if (state.webhooks.url === null) return;
  state.webhooks.emit(told.event, told.action, { ...told.said, ...(await about(state, repository, told.sender)) });
}

/** Tells of an installation: `installation`, or `installation_repositories` with what came and went. */
export function sendInstallation(state: GithubState, told: { readonly event?: 'installation' | 'installation_repositories'; readonly action: string; readonly said?: Shape; readonly installation?: Shape }): void {
  const sender = accountShape(state.repositories[0]?.owner ?? state.bot, state.url);
  state.webhooks.emit(told.event ?? 'installation', told.action, { ...told.said, installation: { ...installationShape(state), ...told.installation }, sender });
}

export async function sendPush(state: GithubState, repository: Repository, { ref, before, after, sender = state.bot }: { ref: string; before: string; after: string; sender?: Account }): Promise<void> {
  if (state.webhooks.url === null) return;
  const none = '0'.repeat(40);
  const head = after === none ? null : { id: after, message: (await repository.git.git(['log', '-1', '--format=%B', after])).trim() };
  state.webhooks.emit('push', null, {
    ref, before, after, created: before === none, deleted: after === none, forced: false, base_ref: null, compare: `${state.url}/${repository.owner.login}/${repository.name}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: head ? [head] : [], head_commit: head, pusher: { name: sender.login, email: null }, ...(await about(state, repository, sender)),
  });
  const branch = ref.slice('refs/heads/'.length);
  const said = { ref: branch, ref_type: 'branch', pusher_type: 'user' };
  if (before === none) await sendAboutRepository(state, repository, { event: 'create', action: null, said: { ...said, master_branch: await repository.git.defaultBranch(), description: null }, sender });
  if (after === none) await sendAboutRepository(state, repository, { event: 'delete', action: null, said, sender });
}

async function about(state: GithubState, repository: Repository, sender = state.bot): Promise<object> {
  const installation = state.accounts.installations.of(repository);
  return { repository: await repositoryShape(state, repository), sender: accountShape(sender, state.url), installation: { id: installation?.id ?? state.installationId, node_id: '' } };
}
