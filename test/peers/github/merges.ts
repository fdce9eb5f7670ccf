import type { GithubState } from './github-state';
import { Refusal } from './http/refusal';
import { sendPull } from './pull-events';
import { isMergeable } from './pulls';
import { afterPush } from './pushes';
import type { PullRequest, Repository } from './repository';

const COMMITTER = { GIT_AUTHOR_NAME: 'GitHub', GIT_AUTHOR_EMAIL: 'noreply@github.com', GIT_COMMITTER_NAME: 'GitHub', GIT_COMMITTER_EMAIL: 'noreply@github.com' };

export interface WantedMerge {
  readonly sha?: string;
  readonly merge_method?: 'merge' | 'squash' | 'rebase';
  readonly commit_title?: string;
  readonly commit_message?: string;
}

/** Merges with real git objects: nobody's working tree is touched. @throws {Refusal} 405 for what cannot be merged, 409 when the head is another one */
export async function mergePull(state: GithubState, repository: Repository, pull: PullRequest, wanted: WantedMerge): Promise<string> {
  if (pull.state !== 'open') throw new Refusal(405, 'Pull Request is not mergeable');
  if (pull.draft) throw new Refusal(405, 'Pull Request is still a draft');
  if (wanted.sha !== undefined && wanted.sha !== pull.headSha) throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  if (!(await isMergeable(repository, pull))) throw new Refusal(405, 'Pull Request has merge conflicts');
  const sha = await mergedCommit(repository, pull, wanted);
  await repository.git.git(['update-ref', `refs/heads/${pull.baseRef}`, sha, pull.baseSha]);
  pull.state = 'closed';
  pull.mergedBy = state.bot;
  pull.mergeSha = sha;
  pull.closedAt = pull.mergedAt = pull.updatedAt = state.isoNow();
  await sendPull(state, repository, pull, { action: 'closed' });
  await afterPush(state, repository);
  return sha;
}

/** The draft mark goes; one without it stays as it is. */
export async function readyPull(state: GithubState, repository: Repository, pull: PullRequest): Promise<void> {
  if (!pull.draft) return;
  pull.draft = false;
  pull.updatedAt = state.isoNow();
  await sendPull(state, repository, pull, { action: 'ready_for_review' });
}

async function mergedCommit(repository: Repository, pull: PullRequest, { merge_method: method = 'merge', commit_title: title, commit_message: message }: WantedMerge): Promise<string> {
  const { baseSha, headSha, number } = pull;
  if (method === 'rebase') return rebased(repository, pull);
  const tree = await mergedTree(repository, ['--write-tree', baseSha, headSha]);
  const subject = title ?? (method === 'squash' ? `${pull.title} (#${number})` : `Merge pull request #${number} from ${repository.owner.login}/${pull.headRef}`);
  const parents = method === 'squash' ? [baseSha] : [baseSha, headSha];
  return commit(repository, tree, parents, `${subject}\n\n${message ?? (method === 'squash' ? '' : pull.title)}`);
}

/** Each commit once more, on top of the base. */
async function rebased(repository: Repository, { baseSha, headSha }: PullRequest): Promise<string> {
  const commits = (await repository.git.git(['rev-list', '--reverse', '--no-merges', `${baseSha}..${headSha}`])).split('\n').filter(Boolean);
  let onto = baseSha;
  for (const one of commits) {
    // What stands so far, as if it had grown from this commit's parent: so that parent is the base of the merge.
    const soFar = await commit(repository, `${onto}^{tree}`, [`${one}^`], 'so far');
    const tree = await mergedTree(repository, ['--write-tree', soFar, one]);
    onto = await commit(repository, tree, [onto], await repository.git.git(['log', '-1', '--format=%B', one]));
  }
  return onto;
}

async function mergedTree({ git }: Repository, args: readonly string[]): Promise<string> {
  const { code, stdout } = await git.try(['merge-tree', ...args]);
  if (code !== 0) throw new Refusal(405, 'Pull Request is not mergeable');
  return stdout.split('\n')[0] ?? '';
}

async function commit({ git }: Repository, tree: string, parents: readonly string[], message: string): Promise<string> {
  return (await git.git(['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])], { env: COMMITTER, input: message.trim() })).trim();
}
