import { PullRequestCommentStore, type PullRequestDetails, PullRequestReviewStore, PullRequestStore, type Tx } from '@app/domain';
import type { IssueCommentFacts, PullRequestFacts, ReviewCommentFacts, ReviewFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import { forgeIssueComment, forgePullRequest, forgeReview, forgeReviewComment } from './forge-facts';

/** What was read of one pull request. */
export interface ReadAtGithub {
  readonly facts: PullRequestFacts;
  readonly reviews: readonly ReviewFacts[];
  readonly reviewComments: readonly ReviewCommentFacts[];
  readonly comments: readonly IssueCommentFacts[];
}

/** Writes GitHub's answers into rows; webhooks bring the same again later. */
@Injectable()
export class PullRequestMirror {
  constructor(
    private readonly pulls: PullRequestStore,
    private readonly reviews: PullRequestReviewStore,
    private readonly comments: PullRequestCommentStore,
  ) {}

  async keep(tx: Tx, { id, repositoryId }: Pick<PullRequestDetails, 'id' | 'repositoryId'>, facts: PullRequestFacts): Promise<void> {
    await this.pulls.mirror(tx, forgePullRequest(repositoryId, facts));
    // Of the very second that is known already: GitHub finds this out without changing anything else.
    if (facts.mergeable !== undefined && facts.mergeable !== null) await this.pulls.keepMergeability(tx, id, { headSha: facts.headSha, mergeable: facts.mergeable, mergeableState: facts.mergeableState ?? null });
  }

  async keepAll(tx: Tx, pull: Pick<PullRequestDetails, 'id' | 'repositoryId'>, { facts, reviews, reviewComments, comments }: ReadAtGithub): Promise<void> {
    await this.keep(tx, pull, facts);
    for (const review of reviews) await this.reviews.mirror(tx, pull.id, forgeReview(review));
    const known = await this.comments.knownTimes(tx, pull.id);
    for (const said of [...reviewComments.map(forgeReviewComment), ...comments.map(forgeIssueComment)]) {
      if (known.get(`${said.kind} ${said.githubCommentId}`) !== said.updatedAt.getTime()) await this.comments.mirror(tx, pull.id, said);
    }
  }

  async keepReview(tx: Tx, pullRequestId: string, review: ReviewFacts, comments: readonly ReviewCommentFacts[]) {
    const { row } = await this.reviews.mirror(tx, pullRequestId, forgeReview(review));
    for (const comment of comments) await this.comments.mirror(tx, pullRequestId, forgeReviewComment(comment));
    return row;
  }

  async keepReviewComment(tx: Tx, pullRequestId: string, comment: ReviewCommentFacts) {
    return (await this.comments.mirror(tx, pullRequestId, forgeReviewComment(comment))).row;
  }

  async keepIssueComment(tx: Tx, pullRequestId: string, comment: IssueCommentFacts) {
    return (await this.comments.mirror(tx, pullRequestId, forgeIssueComment(comment))).row;
  }
}
