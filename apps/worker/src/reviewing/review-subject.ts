import { PullRequestStore, ReviewHistory, UnitOfWork, type TaskView } from '@app/domain';
import { GithubPullRequests, type PullRequestFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from '../attempts/attempt-failure';
import type { Briefing } from '../attempts/briefing';
import { ReviewAccess } from './review-access';
import { ReviewCi } from './review-ci';
import type { ReviewSubject } from './reviewed-pull';

const HEAD_OF = /^pull\/([1-9]\d{0,9})\/head$/;

/** Reads the pull request of a review, and keeps what it is. */
@Injectable()
export class ReviewSubjects {
  constructor(
    private readonly access: ReviewAccess,
    private readonly pulls: GithubPullRequests,
    private readonly ci: ReviewCi,
    private readonly uow: UnitOfWork,
    private readonly rows: PullRequestStore,
    private readonly history: ReviewHistory,
  ) {}

  /** Null: two branches are compared, or the forge is none. @throws {AttemptFailure} integration_not_connected; {AppError} one of GitHub's */
  async of({ task, repo, installation }: Pick<Briefing, 'task' | 'repo' | 'installation'>, headSha: string): Promise<ReviewSubject | null> {
    const number = numberOf(task);
    if (number === null || repo.provider !== 'github') return null;
    if (installation === null || repo.githubId === null) throw new AttemptFailure('integration_not_connected', 'The GitHub App has no access to this repository. Install it there, then retry.');
    const { pull, ci } = await this.access.reading({ repo, installation }, async (access) => ({ pull: await this.pulls.get(access, number), ci: await this.ci.of(access, headSha) }));
    if (pull === null) throw new AttemptFailure('incomplete', `There is no pull request ${number} in ${repo.fullName}.`);
    const { organizationId } = task;
    const { id: pullRequestId } = await this.keep(repo.id, pull);
    await this.uow.run((tx) => this.history.link(tx, { organizationId, taskId: task.id, pullRequestId }));
    return { pullRequestId, pull, ci, last: await this.history.lastOf(this.uow.reader, { organizationId, pullRequestId }, task.id) };
  }

  private async keep(repositoryId: string, pull: PullRequestFacts): Promise<{ id: string }> {
    const { id: githubPrId, body: description, headRef, baseRef, createdAt, updatedAt, mergeCommitSha, ...same } = pull;
    const merged = pull.status === 'merged' ? { mergeCommitSha } : {};
    const mirrored = await this.uow.run((tx) => this.rows.mirror(tx, { ...same, ...merged, repositoryId, githubPrId, description, sourceBranch: headRef, targetBranch: baseRef, githubCreatedAt: createdAt, githubUpdatedAt: updatedAt }));
    return mirrored.row;
  }
}

/** The number of the pull request that a task looks at; null: it looks at branches. */
export function numberOf({ sourcePullRequestNumber, branch }: Pick<TaskView, 'sourcePullRequestNumber' | 'branch'>): number | null {
  const named = HEAD_OF.exec(branch)?.[1];
  return named === undefined ? sourcePullRequestNumber : Number(named);
}
