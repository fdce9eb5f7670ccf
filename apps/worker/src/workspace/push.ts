import { AppError } from '@app/common';
import type { GitCommand, GitRemote } from './git-command';
import { GIT_PUSH_REJECTED } from './git.errors';
import { FULL_SHA } from './mirror';

const PUSH_MS = 5 * 60_000;
const LIST_MS = 60_000;
/** The only branches that we ever write. */
const OUR_BRANCH = /^async-coder\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Whether a branch is one that we may write. */
export function isOurBranch(branch: string): boolean {
  return OUR_BRANCH.test(branch) && !branch.includes('..') && !branch.endsWith('.lock');
}

export interface Push {
  readonly gitDir: string;
  readonly remote: GitRemote;
  readonly sha: string;
  readonly branch: string;
  readonly expectedRemoteSha: string | null;
  readonly signal?: AbortSignal;
}

/** The sha that a branch has at the remote, or null. */
export async function lsRemote(git: GitCommand, remote: GitRemote, branch: string): Promise<string | null> {
  const result = await git.run({ gitDir: null, args: ['ls-remote', '--refs', '--end-of-options', remote.url, `refs/heads/${branch}`], remote, timeoutMs: LIST_MS });
  const line = result.stdout.toString('utf8').split('\n').find((row) => row.endsWith(`\trefs/heads/${branch}`));
  const sha = line?.split('\t')[0] ?? '';
  return FULL_SHA.test(sha) ? sha : null;
}

/**
 * Pushes a commit to our branch if the branch is what we expect, or is the commit already; returns what the remote then has.
 * @throws {AppError} git_push_rejected when somebody else moved the branch; git_auth_failed, git_network …
 */
export async function push(git: GitCommand, { gitDir, remote, sha, branch, expectedRemoteSha, signal }: Push): Promise<{ remoteSha: string }> {
  if (!isOurBranch(branch)) throw new AppError(GIT_PUSH_REJECTED, `"${branch.slice(0, 120)}" is not a branch of ours.`);
  if (!FULL_SHA.test(sha) || (expectedRemoteSha !== null && !FULL_SHA.test(expectedRemoteSha))) throw new AppError(GIT_PUSH_REJECTED, 'Only a full sha can be pushed.');
  // A push whose answer was lost is done already.
  if ((await lsRemote(git, remote, branch)) === sha) return { remoteSha: sha };
  const lease = `--force-with-lease=refs/heads/${branch}:${expectedRemoteSha ?? ''}`;
  await git.run({ gitDir, args: ['push', '-q', '--no-verify', '--no-signed', '--no-follow-tags', lease, '--end-of-options', remote.url, `${sha}:refs/heads/${branch}`], remote, timeoutMs: PUSH_MS, signal });
  const remoteSha = await lsRemote(git, remote, branch);
  if (remoteSha !== sha) throw new AppError(GIT_PUSH_REJECTED, `After the push the branch is at ${remoteSha ?? 'nothing'}.`);
  return { remoteSha };
}
