import { AppError } from '@app/common';
import type { ForgePullRequest, MirroredRepo } from '@app/domain';
import { GithubApp, GithubPullRequests, type GithubRepoAccess, GithubThreads, type PullRequestFacts, type ReviewThreadFacts } from '@app/github';
import { Injectable } from '@nestjs/common';

/** Another try would find no more. */
const OUT_OF_SIGHT = ['integration_not_connected', 'integration_not_configured', 'github_permission_missing'];

/** Looks something up at GitHub, where a webhook leaves a doubt. Null: GitHub shows us no such thing, or there is no App. @throws {AppError} github_rate_limited, github_error */
@Injectable()
export class GithubLook {
  constructor(
    private readonly app: GithubApp,
    private readonly pulls: GithubPullRequests,
    private readonly threads: GithubThreads,
  ) {}

  pullRequest(repository: MirroredRepo, number: number): Promise<ForgePullRequest | null> {
    return this.look(repository, async (access) => {
      const facts = await this.pulls.get(access, number);
      return facts && forgePull(repository.id, facts);
    });
  }

  thread(repository: MirroredRepo, number: number, nodeId: string): Promise<ReviewThreadFacts | null> {
    return this.look(repository, async (access) => (await this.threads.list(access, number)).find((thread) => thread.nodeId === nodeId) ?? null);
  }

  private async look<T>({ githubId, installationId, fullName }: MirroredRepo, ask: (access: GithubRepoAccess) => Promise<T>): Promise<T | null> {
    if (!this.app.isConfigured || installationId === null) return null;
    try {
      const { token, fullName: name } = await this.app.tokenForRepository({ installationId, githubRepoId: githubId, permissions: { metadata: 'read', pull_requests: 'read' } });
      try {
        return await ask({ token, fullName: name ?? fullName });
      } finally {
        await this.app.revoke(token).catch(() => undefined);
      }
    } catch (error) {
      if (error instanceof AppError && OUT_OF_SIGHT.includes(error.code)) return null;
      throw error;
    }
  }
}

/** As a webhook would tell of it: whether it can be merged, none says. */
function forgePull(repositoryId: string, facts: PullRequestFacts): ForgePullRequest {
  const { nodeId, number, title, status, headSha, baseSha, url, authorLogin, mergedAt, closedAt, mergedByLogin, mergeCommitSha, additions, deletions, changedFiles } = facts;
  return {
    repositoryId, githubPrId: facts.id, nodeId, number, title, description: facts.body, sourceBranch: facts.headRef, targetBranch: facts.baseRef, headSha, baseSha, status, authorLogin, url, githubCreatedAt: facts.createdAt,
    githubUpdatedAt: facts.updatedAt, mergedAt, closedAt, mergeCommitSha, mergedByLogin, additions, deletions, changedFiles,
  };
}
