import type { GithubState } from './github-state';
import type { PullRequest, Repository } from './repository';
import { accountShape } from './shapes/account';
import { pullShape } from './shapes/pull';
import { repositoryShape } from './shapes/repository';

/** Tells the webhook about a pull request. */
export async function sendPull(state: GithubState, repository: Repository, pull: PullRequest, what: { readonly action: string; readonly before?: string; readonly after?: string }): Promise<void> {
  if (state.webhooks.url === null) return;
  const payload = { ...what, number: pull.number, pull_request: await pullShape(state, repository, pull, null), ...(await about(state, repository)) };
  state.webhooks.send({ event: 'pull_request', action: what.action, installationId: state.installationId, repositoryId: repository.id, payload });
}

export async function sendPush(state: GithubState, repository: Repository, { ref, before, after }: { ref: string; before: string; after: string }): Promise<void> {
  if (state.webhooks.url === null) return;
  const none = '0'.repeat(40);
  const head = after === none ? null : { id: after, message: (await repository.git.git(['log', '-1', '--format=%B', after])).trim() };
  const payload = {
    ref, before, after, created: before === none, deleted: after === none, forced: false, base_ref: null, compare: `${state.url}/${repository.owner.login}/${repository.name}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: head ? [head] : [], head_commit: head, pusher: { name: state.bot.login, email: null }, ...(await about(state, repository)),
  };
  state.webhooks.send({ event: 'push', action: null, installationId: state.installationId, repositoryId: repository.id, payload });
}

async function about(state: GithubState, repository: Repository): Promise<object> {
  return { repository: await repositoryShape(state, repository), sender: accountShape(state.bot, state.url), installation: { id: state.installationId, node_id: '' } };
}
