import type { GithubState } from './github-state';
import { closePull, synchronizePull } from './pulls';
import { sendPush } from './pull-events';
import type { Account, Repository } from './repository';

const NONE = '0'.repeat(40);
const underWay = new WeakMap<Repository, Promise<void>>();

/** After a push: what moved is told to the webhook and to the pull requests. One at a time per repository, as pushes run side by side. */
export function afterPush(state: GithubState, repository: Repository, sender?: Account): Promise<void> {
  const next = (underWay.get(repository) ?? Promise.resolve()).then(() => settle(state, repository, sender));
  underWay.set(repository, next.catch(() => undefined));
  return next;
}

async function settle(state: GithubState, repository: Repository, sender?: Account): Promise<void> {
  const before = repository.branches;
  const after = new Map((await repository.git.refs('refs/heads/')).map(({ name, sha }) => [name, sha]));
  repository.branches = after;
  for (const ref of new Set([...before.keys(), ...after.keys()])) {
    const move = { ref, before: before.get(ref) ?? NONE, after: after.get(ref) ?? NONE, sender };
    if (move.before === move.after) continue;
    repository.pushedAt = state.isoNow();
    await sendPush(state, repository, move);
    await movePulls(state, repository, move);
  }
}

async function movePulls(state: GithubState, repository: Repository, { ref, after, sender }: { ref: string; after: string; sender?: Account }): Promise<void> {
  const branch = ref.slice('refs/heads/'.length);
  for (const pull of repository.pulls.filter((one) => one.state === 'open' && one.headRef === branch && one.headSha !== after)) {
    if (after === NONE) await closePull(state, repository, pull);
    else await synchronizePull(state, repository, pull, { sha: after, sender });
  }
  for (const pull of repository.pulls) if (pull.state === 'open' && pull.baseRef === branch && after !== NONE) pull.baseSha = after;
}
