// What people do in a repository besides pushing over git: commits and pull requests of theirs.
import type { GithubState } from '../github-state';
import { openPull } from '../pulls';
import { afterPush } from '../pushes';
import type { Repository } from '../repository';

export interface NewCommit {
  readonly branch: string;
  /** Branch or commit that a new branch begins at; absent: the branch itself, or the default branch. */
  readonly from?: string;
  readonly message?: string;
  /** Content by path; null: the file is removed. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Who pushes it; absent: the App, as over git. */
  readonly author?: string;
}

/** One commit on a branch, told to pull requests and the webhook as a push is. */
export async function commitAs(state: GithubState, repository: Repository, { branch, from, message = 'A change', files, author }: NewCommit): Promise<string> {
  const { git } = repository;
  const parent = (await git.branchSha(branch)) ?? (from === undefined ? null : ((await git.branchSha(from)) ?? (await git.resolve(from)))) ?? (await git.branchSha(await git.defaultBranch()));
  const parts = [`commit refs/heads/${branch}\ncommitter Demo <demo@users.noreply.github.com> ${Math.floor(state.now() / 1000)} +0000\n${data(message)}${parent === null ? '' : `from ${parent}\n`}`];
  for (const [path, content] of Object.entries(files)) parts.push(content === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(content)}`);
  await git.git(['fast-import', '--quiet', '--force'], { input: parts.join('') });
  await afterPush(state, repository, author === undefined ? undefined : state.account(author));
  return (await git.branchSha(branch)) ?? '';
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

export interface NewPull {
  readonly head: string;
  readonly base?: string;
  readonly title?: string;
  readonly body?: string;
  readonly author?: string;
  readonly draft?: boolean;
  /** Its branch is in a fork: here only `refs/pull/<number>/head` holds it. */
  readonly fork?: boolean;
}

/** A pull request that a person opens. */
export async function openPullAs(state: GithubState, repository: Repository, { head, base, title = 'A change', body, author = 'ada', draft = false, fork = false }: NewPull): Promise<{ number: number; headSha: string }> {
  const pull = await openPull(state, repository, { head, base: base ?? (await repository.git.defaultBranch()), title, body, draft }, state.account(author));
  if (fork) {
    await repository.git.git(['update-ref', '-d', `refs/heads/${head}`]);
    repository.branches = new Map([...repository.branches].filter(([name]) => name !== `refs/heads/${head}`));
  }
  return { number: pull.number, headSha: pull.headSha };
}
