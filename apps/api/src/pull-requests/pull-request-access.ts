import { notFound } from '@app/common';
import { type GitRepo, type PullRequestDetails, PullRequestStore, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { AccessLevel } from '../git-repos/access/access-level';
import { RepositoryAccess } from '../git-repos/access/repository-access';

/** A pull request that the caller may work on, and its repository. */
export interface ReachedPullRequest {
  readonly pull: PullRequestDetails;
  readonly repo: GitRepo;
}

/** Finds the pull request a caller names. */
@Injectable()
export class PullRequestAccess {
  constructor(
    private readonly pulls: PullRequestStore,
    private readonly repositories: RepositoryAccess,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found when it is missing, another organization's, or its repository is not to be seen; repository_write_denied */
  async require(principal: Principal, id: string, level: AccessLevel): Promise<ReachedPullRequest> {
    const pull = await this.pulls.find(this.unitOfWork.reader, principal.organizationId, id);
    if (!pull) throw notFound();
    return { pull, repo: await this.repositories.require(principal, pull.repositoryId, level) };
  }
}
