import type { CiFacts } from '@app/agent';
import { AppConfig, AppError } from '@app/common';
import { ciState, GithubChecks, type CheckState, type CommitChecks, type GithubRepoAccess } from '@app/github';
import { Injectable } from '@nestjs/common';

/** Reads how CI stands on a commit: before anything is said about it. */
@Injectable()
export class ReviewCi {
  constructor(
    private readonly checks: GithubChecks,
    private readonly config: AppConfig,
  ) {}

  /** Our own check runs are no CI. What cannot be read is unknown, never green. */
  async of(access: GithubRepoAccess, sha: string): Promise<CiFacts> {
    try {
      const all = await this.checks.ofCommit(access, sha);
      const own = String(this.config.github.GITHUB_APP_ID ?? '');
      return factsOf({ ...all, checks: all.checks.filter(({ appId }) => appId !== own) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { state: 'unknown', failing: [], waiting: [], total: 0, unread: ['check runs', 'statuses'] };
    }
  }
}

function factsOf(found: CommitChecks): CiFacts {
  const named = (state: CheckState): string[] => found.checks.filter((check) => check.state === state).map(({ name }) => name);
  return { state: ciState(found), failing: named('failed'), waiting: named('waiting'), total: found.checks.length, unread: found.unread };
}
