import type { Page, PageRequest } from '@app/common';
import { type CommentRow, PullRequestCommentStore, type PullRequestFilters, PullRequestReviewStore, PullRequestStore, type ReviewRow, type ShownPullRequest, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { RepositoryAccess } from '../git-repos/access/repository-access';
import { PullRequestReader } from './pull-request-reader';

/** Lists of pull requests, and of what was said about one. */
@Injectable()
export class PullRequestLists {
  constructor(
    private readonly stored: PullRequestStore,
    private readonly storedReviews: PullRequestReviewStore,
    private readonly storedComments: PullRequestCommentStore,
    private readonly repositories: RepositoryAccess,
    private readonly reader: PullRequestReader,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found for a repository that the caller does not see */
  async pulls(principal: Principal, { repositoryId, taskId, status, origin }: PullRequestFilters, page: PageRequest): Promise<Page<ShownPullRequest>> {
    if (repositoryId !== undefined) await this.repositories.require(principal, repositoryId, 'read');
    const repositoryIds = repositoryId === undefined ? await this.repositories.readable(principal) : null;
    return this.stored.list(this.unitOfWork.reader, principal.organizationId, { repositoryId, repositoryIds, taskId, status, origin }, page);
  }

  /** @throws {AppError} not_found, and GitHub's own when it is asked first */
  async ofRepository(principal: Principal, { repositoryId, refresh, status, origin }: PullRequestFilters & { readonly repositoryId: string; readonly refresh?: boolean }, page: PageRequest): Promise<Page<ShownPullRequest>> {
    const repo = await this.repositories.require(principal, repositoryId, 'read');
    if (refresh) await this.reader.refreshList(repo, status === 'open' || status === 'draft' ? 'open' : 'all');
    return this.stored.list(this.unitOfWork.reader, principal.organizationId, { repositoryId, status, origin }, page);
  }

  reviews({ organizationId }: Principal, pullRequestId: string, page: PageRequest): Promise<Page<ReviewRow>> {
    return this.storedReviews.list(this.unitOfWork.reader, { organizationId, pullRequestId }, page);
  }

  comments({ organizationId }: Principal, { id, kind }: { readonly id: string; readonly kind?: CommentRow['kind'] }, page: PageRequest): Promise<Page<CommentRow>> {
    return this.storedComments.list(this.unitOfWork.reader, { organizationId, pullRequestId: id, ...(kind === undefined ? {} : { kind }) }, page);
  }
}
