import { CommitCheckStore, type GitRepo, type PullRequestDetails, PullRequestReviewStore, PullRequestStore, type ReviewCounts, type Tx, UnitOfWork } from '@app/domain';
import { type CheckCounts, checkCounts, type CheckFacts, type ChangedFile, ciState, type CiState, GithubChecks, GithubComments, GithubPullRequests, type GithubRepoAccess, GithubReviews } from '@app/github';
import { Injectable } from '@nestjs/common';
import { GithubDoors } from './github-doors';
import type { ReachedPullRequest } from './pull-request-access';
import { PullRequestMirror } from './pull-request-mirror';
import { forgePullRequest } from './forge-facts';

/** How the checks of its head stand; null: nothing is known of them. */
export type ChecksNow = (CheckCounts & { readonly state: CiState }) | null;

/** A pull request with all that its page shows. */
export interface WholePullRequest {
  readonly pull: PullRequestDetails;
  readonly checks: ChecksNow;
  readonly reviews: ReviewCounts;
}

/** GitHub's ways of telling of a pull request. */
@Injectable()
export class GithubReading {
  constructor(
    readonly pulls: GithubPullRequests,
    readonly reviews: GithubReviews,
    readonly comments: GithubComments,
    readonly checks: GithubChecks,
  ) {}
}

/** What our rows know of it. */
@Injectable()
export class PullRequestRows {
  constructor(
    readonly pulls: PullRequestStore,
    readonly reviews: PullRequestReviewStore,
    readonly checks: CommitCheckStore,
  ) {}
}

/** Reads pull requests: from our rows, and from GitHub where that is asked for. */
@Injectable()
export class PullRequestReader {
  constructor(
    private readonly doors: GithubDoors,
    private readonly github: GithubReading,
    private readonly rows: PullRequestRows,
    private readonly mirror: PullRequestMirror,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** As our rows know it. */
  known({ pull }: ReachedPullRequest): Promise<WholePullRequest> {
    return this.whole(this.unitOfWork.reader, pull);
  }

  /** As our rows know it inside of a transaction that changed them. */
  async within(tx: Tx, organizationId: string, pull: PullRequestDetails): Promise<WholePullRequest> {
    return this.whole(tx, (await this.rows.pulls.find(tx, organizationId, pull.id)) ?? pull);
  }

  private async whole(manager: Tx, pull: PullRequestDetails): Promise<WholePullRequest> {
    const stored = pull.headSha === null ? [] : await this.rows.checks.forCommit(manager, pull.repositoryId, pull.headSha);
    // A workflow's run holds check runs of its own; by itself it only says that it waits to be let run.
    const counted = stored.filter(({ kind, state }) => kind === 'check_run' || kind === 'status' || state === 'waiting');
    return { pull, checks: stored.length === 0 ? null : standing(counted), reviews: await this.rows.reviews.counts(manager, pull.id) };
  }

  /** As GitHub says now; our rows are brought to the same. @throws {AppError} of GitHub */
  async fresh({ pull, repo }: ReachedPullRequest): Promise<WholePullRequest> {
    const { read, checks } = await this.doors.read(repo, (access) => this.readAll(access, pull.prNumber));
    const now = await this.unitOfWork.run(async (tx) => {
      await this.mirror.keepAll(tx, pull, read);
      return (await this.rows.pulls.find(tx, repo.organizationId, pull.id)) ?? pull;
    });
    return { pull: now, checks, reviews: await this.rows.reviews.counts(this.unitOfWork.reader, pull.id) };
  }

  /** The pull requests of a repository that changed last become rows. @throws {AppError} of GitHub */
  async refreshList(repo: GitRepo, state: 'open' | 'all'): Promise<void> {
    const found = await this.doors.read(repo, (access) => this.github.pulls.newest(access, state));
    for (const facts of found) await this.unitOfWork.run((tx) => this.rows.pulls.mirror(tx, forgePullRequest(repo.id, facts)));
  }

  /** One page of the files it changes, as GitHub shows them now. @throws {AppError} of GitHub */
  files({ pull, repo }: ReachedPullRequest, page: number, perPage: number): Promise<{ readonly files: ChangedFile[]; readonly isLast: boolean }> {
    return this.doors.read(repo, (access) => this.github.pulls.files(access, pull.prNumber, page, perPage));
  }

  private async readAll(access: GithubRepoAccess, number: number) {
    const [facts, reviews, reviewComments, comments] = await Promise.all([
      this.github.pulls.getSettled(access, number), this.github.reviews.list(access, number), this.github.reviews.comments(access, number), this.github.comments.list(access, number),
    ]);
    const ofHead = await this.github.checks.ofCommit(access, facts.headSha);
    return { read: { facts, reviews, reviewComments, comments }, checks: { ...checkCounts(ofHead.checks), state: ciState(ofHead) } };
  }
}

function standing(checks: readonly Pick<CheckFacts, 'state'>[]): NonNullable<ChecksNow> {
  const facts = checks as readonly CheckFacts[];
  return { ...checkCounts(facts), state: ciState({ sha: '', checks: facts, unread: [] }) };
}
