import { AppError, type Logger } from '@app/common';
import type { Checkpoint } from '@app/agent';
import type { Bubblewrap, SandboxRun } from '../sandbox/bubblewrap';
import { gitSandbox, type Box } from './checkout';
import { CHECKPOINT_REFUSED } from './git.errors';
import type { TrustedRepository } from './trusted-repository';

const CHECKPOINT_MS = 120_000;
/** A little below what a blob holds: the bundle that goes there has a few more bytes than the pack. */
const MAX_PACK_BYTES = 31 * 1024 ** 2;

/**
 * Runs inside a sandbox of its own, over files that an agent wrote: here, and only here, git reads them. Nested repositories lose
 * their `.git` first (in any case, at any depth; `find` follows no link), so their files are taken as files. Prints the tree,
 * and behind it a pack of what the base does not have.
 */
const CHECKPOINT_SCRIPT = `
set -eu
cd /workspace/repo
find . -mindepth 2 -iname .git -prune -exec rm -rf -- {} +
find . -mindepth 1 -maxdepth 1 -iname .git ! -name .git -exec rm -rf -- {} +
export GIT_DIR=/workspace/private GIT_WORK_TREE=/workspace/repo
rm -f "$GIT_DIR"/*.lock
add() { git -c core.fsmonitor=false -c core.hooksPath=/dev/null -c core.safecrlf=false -c core.bigFileThreshold=16m add -A -- . >/dev/null; }
if ! add; then
  chmod -R u+rwX . || true
  rm -f "$GIT_DIR"/*.lock
  add
fi
tree=$(git write-tree)
printf '%s\\n' "$tree"
if [ "$tree" != "$LAST" ]; then
  printf '%s\\n^%s\\n' "$tree" "$BASE" | git pack-objects --revs --stdout -q --thin --delta-base-offset
fi
`;

/** A state of the tree in the trusted repository. */
export interface SavedTree {
  readonly tree: string;
  readonly commit: string;
}

/** Brings what the agent wrote into the trusted repository, as data. */
export class CheckpointTaker {
  private saved: SavedTree | null;
  private savedAtChange = -1;

  constructor(
    private readonly box: Box,
    private readonly bubblewrap: Bubblewrap,
    private readonly trusted: TrustedRepository,
    private readonly logger: Logger,
    restored: SavedTree | null,
  ) {
    this.saved = restored;
  }

  /** The state last saved; null before the first. */
  get last(): SavedTree | null {
    return this.saved;
  }

  /**
   * Saves the tree as it is. `changes` counts what may have changed it: the same count as last time costs nothing.
   * @throws {AppError} checkpoint_refused
   */
  async take(changes: number): Promise<SavedTree> {
    if (this.saved && this.savedAtChange === changes) return this.saved;
    const last = this.saved?.tree ?? (await this.trusted.treeOf(this.trusted.baseSha));
    const spec = gitSandbox(this.box, this.bubblewrap, CHECKPOINT_SCRIPT, { BASE: this.trusted.baseSha, LAST: last });
    const run = await this.bubblewrap.run({ ...spec, toleratedBytes: Number.MAX_SAFE_INTEGER, toleratedFiles: Number.MAX_SAFE_INTEGER }, { timeoutMs: CHECKPOINT_MS, maxOutputBytes: MAX_PACK_BYTES + 41 });
    const { tree, pack } = this.handedOut(run);
    if (this.saved?.tree !== tree) {
      const commit = tree === last ? await this.trusted.checkpointCommit(tree) : await this.trusted.takeIn(pack, tree);
      this.saved = { tree, commit };
    }
    this.savedAtChange = changes;
    return this.saved;
  }

  /** What the sandbox wrote: a tree's sha, a line's end, a pack. */
  private handedOut(run: SandboxRun): { tree: string; pack: Buffer } {
    if (run.truncated) throw refused(`The changes take more than ${MAX_PACK_BYTES / 1024 ** 2} MiB.`);
    const end = run.stdout.indexOf(10);
    const tree = run.stdout.subarray(0, Math.max(0, end)).toString('latin1');
    if (run.exitCode === 0 && /^[0-9a-f]{40}$/.test(tree)) return { tree, pack: run.stdout.subarray(end + 1) };
    this.logger.warn('a checkpoint failed', { killed: run.killed, exitCode: run.exitCode, stderr: run.stderr.slice(-1_000) });
    throw refused(run.killed ? `It was stopped: ${run.killed}.` : `git could not read the files: ${run.stderr.trim().split('\n').slice(-2).join(' ').slice(0, 300)}`);
  }

  /** Saves the tree under the step's name. */
  async step(step: number, changes: number, taskId: string): Promise<Checkpoint> {
    const { tree, commit } = await this.take(changes);
    await this.trusted.keep(`refs/async-coder/${taskId}/step-${step}`, commit);
    return { step, tree, commit };
  }
}

function refused(detail: string): AppError {
  return new AppError(CHECKPOINT_REFUSED, detail);
}
