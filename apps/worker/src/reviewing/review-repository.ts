import { Injectable } from '@nestjs/common';
import { GitCommand } from '../workspace/git-command';
import type { GitWorkspace } from '../workspace/git-workspace';
import { FULL_SHA, Mirror } from '../workspace/mirror';
import { diffTrees } from '../workspace/tree-diff';

const MOST_BYTES = 4 * 1024 ** 2;

/** What a review asks git, of the mirror that no agent can write. */
@Injectable()
export class ReviewRepository {
  constructor(
    private readonly mirror: Mirror,
    private readonly git: GitCommand,
  ) {}

  /** Where the head left its base; null: they have no commit in common. @throws {AppError} one of git's */
  async base({ repository }: Pick<GitWorkspace, 'repository'>, { base, headSha }: { base: string; headSha: string }, signal: AbortSignal): Promise<{ gitDir: string; baseSha: string | null }> {
    const target = await this.mirror.resolve(repository, base, signal);
    const found = await this.git.run({ gitDir: target.folder, args: ['merge-base', '--end-of-options', target.sha, headSha], answers: [0, 1] });
    return { gitDir: target.folder, baseSha: found.exitCode === 0 ? (found.stdout.toString('utf8').trim().split('\n')[0] ?? null) : null };
  }

  async patch(gitDir: string, from: string, to: string): Promise<string> {
    return (await diffTrees(this.git, gitDir, from, to)).patch;
  }

  /** A file at a commit; no lines: it is not there, or too large to look at. */
  async lines(gitDir: string, commit: string, path: string): Promise<readonly string[]> {
    const found = await this.git.run({ gitDir, args: ['cat-file', 'blob', '--end-of-options', `${commit}:${path}`], answers: [0, 128], maxOutputBytes: MOST_BYTES, cut: true });
    return found.exitCode === 0 && found.stdoutBytes <= MOST_BYTES ? found.stdout.toString('utf8').split('\n') : [];
  }

  /** Whether one commit is in the history of another; false for one that is not here any more. */
  async isAncestor(gitDir: string, sha: string, of: string): Promise<boolean> {
    if (!FULL_SHA.test(sha)) return false;
    const { exitCode } = await this.git.run({ gitDir, args: ['merge-base', '--is-ancestor', '--end-of-options', sha, of], answers: [0, 1, 128] });
    return exitCode === 0;
  }
}
