import type { GithubState } from './github-state';
import { invalid } from './http/refusal';
import { sendPull } from './pull-events';
import type { Account, PullRequest, Repository } from './repository';

export function findPull(repository: Repository, number: string): PullRequest | undefined {
  return repository.pulls.find((pull) => String(pull.number) === number);
}

/** @throws {Refusal} 422 with GitHub's words for what cannot become a pull request. */
export async function openPull(state: GithubState, repository: Repository, body: Readonly<Record<string, unknown>>, user: Account = state.bot): Promise<PullRequest> {
  const title = body.title;
  if (typeof title !== 'string' || title.trim() === '') throw invalid({ resource: 'PullRequest', code: 'missing_field', field: 'title' });
  const headRef = branchName(repository, textOf(body.head));
  const baseRef = textOf(body.base);
  const [headSha, baseSha] = await Promise.all([headRef === null ? null : repository.git.branchSha(headRef), repository.git.branchSha(baseRef)]);
  if (headRef === null || headSha === null) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  if (baseSha === null) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  const ahead = await repository.git.git(['rev-list', '--count', `${baseSha}..${headSha}`]);
  if (Number(ahead) === 0) throw invalid({ resource: 'PullRequest', code: 'custom', message: `No commits between ${baseRef} and ${headRef}` });
  refuseSecond(repository, headRef, baseRef);
  const at = state.isoNow();
  const pull: PullRequest = {
    id: repository.nextId++, number: repository.nextNumber++, user, headRef, baseRef, headSha, baseSha, title, body: typeof body.body === 'string' ? body.body : null,
    state: 'open', draft: body.draft === true, maintainerCanModify: body.maintainer_can_modify === true, createdAt: at, updatedAt: at, closedAt: null, mergedAt: null, mergeSha: null, mergedBy: null, mergeableOf: null,
  };
  repository.pulls.push(pull);
  await keepHead(repository, pull);
  await sendPull(state, repository, pull, { action: 'opened', sender: user });
  return pull;
}

export async function closePull(state: GithubState, repository: Repository, pull: PullRequest): Promise<void> {
  pull.state = 'closed';
  pull.closedAt = pull.updatedAt = state.isoNow();
  await sendPull(state, repository, pull, { action: 'closed' });
}

/** @throws {Refusal} 422 when its branch is gone or has another pull request. */
export async function reopenPull(state: GithubState, repository: Repository, pull: PullRequest): Promise<void> {
  const sha = await repository.git.branchSha(pull.headRef);
  if (sha === null) throw invalid({ resource: 'PullRequest', field: 'state', code: 'invalid', message: `state cannot be changed. The ${pull.headRef} branch has been deleted.` });
  refuseSecond(repository, pull.headRef, pull.baseRef);
  pull.state = 'open';
  pull.closedAt = null;
  pull.headSha = sha;
  pull.updatedAt = state.isoNow();
  await sendPull(state, repository, pull, { action: 'reopened' });
}

/** The head moved by a push. */
export async function synchronizePull(state: GithubState, repository: Repository, pull: PullRequest, { sha, sender }: { readonly sha: string; readonly sender?: Account }): Promise<void> {
  const before = pull.headSha;
  pull.headSha = sha;
  pull.updatedAt = state.isoNow();
  await keepHead(repository, pull);
  await sendPull(state, repository, pull, { action: 'synchronize', before, after: sha, sender });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What a client is told: null for one that is not open, and for the first question about these two commits. */
export async function toldMergeable(repository: Repository, pull: PullRequest): Promise<boolean | null> {
  const asked = `${pull.baseSha} ${pull.headSha}`;
  const isKnown = pull.mergeableOf === asked;
  pull.mergeableOf = asked;
  return isKnown ? isMergeable(repository, pull) : null;
}

/** Null for one that is not open. */
export async function isMergeable({ git }: Repository, { baseSha, headSha, state }: PullRequest): Promise<boolean | null> {
  if (state !== 'open') return null;
  return (await git.try(['merge-tree', '--write-tree', baseSha, headSha])).code === 0;
}

function refuseSecond({ pulls, owner }: Repository, headRef: string, baseRef: string): void {
  if (!pulls.some((pull) => pull.state === 'open' && pull.headRef === headRef && pull.baseRef === baseRef)) return;
  throw invalid({ resource: 'PullRequest', code: 'custom', message: `A pull request already exists for ${owner.login}:${headRef}.` });
}

/** `owner:branch` or `branch`; null for another owner, as there are no forks here. */
function branchName({ owner }: Repository, head: string): string | null {
  const [first, second] = head.split(':');
  if (second === undefined) return head;
  return first?.toLowerCase() === owner.login.toLowerCase() ? second : null;
}

function keepHead({ git }: Repository, { number, headSha }: PullRequest): Promise<string> {
  return git.git(['update-ref', `refs/pull/${number}/head`, headSha]);
}

