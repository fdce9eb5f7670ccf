import type { GitCommand } from './git-command';
import type { TrustedRepository } from './trusted-repository';

/** What becomes of a saved state when the work goes on elsewhere than where it was saved. */
export interface LiftedState {
  /** The state on top of the base; null: the base as it is. */
  readonly commit: string | null;
  /** Files that both sides changed: the base's side counts, for all files. */
  readonly conflicts: readonly string[];
}

/** Commits of a branch that are searched for one of our own. */
const MOST_COMMITS = 1_000;
/** `merge-tree` when the sides do not fit. */
const CONFLICTS = 1;
/** Sides that have no commit in common. */
const UNRELATED = 128;

/** Sets a saved state on top of the base, on which others went on since the newest of our commits. A state that was saved there stays as it is. */
export async function liftedState(git: GitCommand, trusted: TrustedRepository, saved: string, ownShas: ReadonlySet<string>): Promise<LiftedState> {
  const { folder: gitDir, baseSha } = trusted;
  const lines = async (args: readonly string[]): Promise<string[]> => (await git.line({ gitDir, args })).split('\n').filter(Boolean);
  const [parent] = await lines(['rev-parse', '--verify', '-q', '--end-of-options', `${saved}^`]);
  if (parent === baseSha || parent === undefined) return { commit: saved, conflicts: [] };
  const left = (await lines(['rev-list', `--max-count=${MOST_COMMITS}`, '--end-of-options', baseSha])).find((sha) => ownShas.has(sha)) ?? parent;
  const tree = await trusted.treeOf(saved);
  if (tree === (await trusted.treeOf(left))) return { commit: null, conflicts: [] };
  // No attribute of the tree and no setting reaches it: the repository is bare, and its settings are ours.
  const ours = await trusted.commitOn(left, tree);
  const merged = await git.run({ gitDir, args: ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', '--end-of-options', baseSha, ours], answers: [0, CONFLICTS, UNRELATED] });
  const [result = '', ...names] = merged.stdout.toString('utf8').split('\0').filter(Boolean);
  if (merged.exitCode === 0) return { commit: await trusted.keepRestored(await trusted.checkpointCommit(result)), conflicts: [] };
  return { commit: null, conflicts: merged.exitCode === CONFLICTS ? names : ['every file'] };
}
