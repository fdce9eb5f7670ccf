import { notFound } from '@app/common';
import { PullRequestStore, ReviewFindingMoves, ReviewFindingStore, UnitOfWork, type FindingFilter, type ReviewFindingRow } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { RepositoryAccess } from '../git-repos/access/repository-access';
import type { DecideFindingDto } from './decide-finding.dto';

/** More than the reviews of one pull request make. */
const MOST_FINDINGS = 500;

/** Remarks as people see and judge them. */
@Injectable()
export class Findings {
  constructor(
    private readonly findings: ReviewFindingStore,
    private readonly moves: ReviewFindingMoves,
    private readonly pulls: PullRequestStore,
    private readonly repositories: RepositoryAccess,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found when the pull request is missing, another organization's, or not to be seen */
  async ofPullRequest(principal: Principal, pullRequestId: string, filter: Omit<FindingFilter, 'limit'>): Promise<ReviewFindingRow[]> {
    const { organizationId } = principal;
    const pull = await this.pulls.find(this.unitOfWork.reader, organizationId, pullRequestId);
    if (!pull) throw notFound();
    await this.repositories.require(principal, pull.repositoryId, 'read');
    return this.findings.listForPullRequest(this.unitOfWork.reader, { organizationId, pullRequestId }, { ...filter, limit: MOST_FINDINGS });
  }

  /** @throws {AppError} not_found when the remark is missing, another organization's, or its repository is not to be seen */
  async decide(principal: Principal, id: string, { status, reason = null }: DecideFindingDto): Promise<ReviewFindingRow> {
    const { organizationId, userId } = principal;
    const known = await this.findings.find(this.unitOfWork.reader, organizationId, id);
    if (!known) throw notFound();
    await this.repositories.require(principal, known.repositoryId, 'read');
    const decided = await this.unitOfWork.run((tx) => this.moves.decide(tx, { organizationId, id, status, reason, userId }));
    if (!decided) throw notFound();
    return decided;
  }
}
