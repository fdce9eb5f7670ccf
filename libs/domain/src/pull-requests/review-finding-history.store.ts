import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { emitPullRequestNews } from '../webhook-endpoints/webhook-emission';
import { pullRequestJson, type ShownPullRequest } from './pull-request-projection';

/** A review of a pull request as it was handed over; kept as the result of its effect. */
export interface PastReview {
  readonly taskId: string;
  /** The commit that was looked at. */
  readonly headSha: string;
  /** When it was put before people. */
  readonly finishedAt: Date;
}

export interface ReviewedPullRequest {
  readonly organizationId: string;
  readonly pullRequestId: string;
}

/** A review that is about to be handed over. */
export interface ReviewClaim extends ReviewedPullRequest {
  readonly taskId: string;
  readonly headSha: string;
}

/** Which commits of a pull request were reviewed, by whichever task. */
@Injectable()
export class ReviewHistory {
  /** Says what a review task looks at, once that is known here. */
  async link(tx: Tx, { organizationId, taskId, pullRequestId }: Omit<ReviewClaim, 'headSha'>): Promise<void> {
    await sqlChange(tx, 'UPDATE tasks SET source_pull_request_id = $3 WHERE organization_id = $1 AND id = $2 AND source_pull_request_id IS DISTINCT FROM $3', [organizationId, taskId, pullRequestId]);
  }

  /** The newest review of it by another task; null: this is the first. */
  lastOf(manager: EntityManager, { organizationId, pullRequestId }: ReviewedPullRequest, exceptTaskId: string): Promise<PastReview | null> {
    return sqlRow<PastReview>(
      manager,
      `SELECT e.task_id, e.result ->> 'headSha' AS head_sha, e.finished_at FROM task_effects e JOIN tasks t ON t.id = e.task_id
        WHERE t.source_pull_request_id = $2 AND t.organization_id = $1 AND e.kind = 'review' AND e.status = 'done' AND e.task_id <> $3 ORDER BY e.finished_at DESC, e.id DESC LIMIT 1`,
      [organizationId, pullRequestId, exceptTaskId],
    );
  }

  /**
   * Whether another task has handed over a review of this commit, or began to within these minutes. Two that ask at the same moment are answered
   * one after the other, so only one of them goes on; ask it in the transaction that writes the intent.
   */
  async isTaken(tx: Tx, { organizationId, pullRequestId, taskId, headSha }: ReviewClaim, minutes = 15): Promise<boolean> {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 40))', [`review ${pullRequestId} ${headSha}`]);
    const found = await sqlRow<{ taskId: string }>(
      tx,
      `SELECT e.task_id FROM task_effects e JOIN tasks t ON t.id = e.task_id
        WHERE t.source_pull_request_id = $2 AND t.organization_id = $1 AND e.kind = 'review' AND e.task_id <> $3 AND e.intent ->> 'headSha' = $4
          AND (e.status = 'done' OR (e.status = 'intended' AND e.created_at > now() - make_interval(mins => $5::integer) AND t.status NOT IN ('failed', 'cancelled', 'timed_out'))) LIMIT 1`,
      [organizationId, pullRequestId, taskId, headSha, minutes],
    );
    return found !== null;
  }

  /** The forge's id of the summary comment that some review of the pull request wrote; null: none is known. */
  async summaryCommentId(manager: EntityManager, { organizationId, pullRequestId }: ReviewedPullRequest): Promise<string | null> {
    const row = await sqlRow<{ commentId: string | null }>(
      manager,
      `SELECT e.result ->> 'commentId' AS comment_id FROM task_effects e JOIN tasks t ON t.id = e.task_id
        WHERE t.source_pull_request_id = $2 AND t.organization_id = $1 AND e.kind = 'comment' AND e.status = 'done' AND e.effect_key LIKE 'comment-%-review-%' ORDER BY e.finished_at DESC, e.id DESC LIMIT 1`,
      [organizationId, pullRequestId],
    );
    return row?.commentId ?? null;
  }

  /** Tells whoever listens that a review was handed over; in the transaction that records that. */
  tell(tx: Tx, taskId: string, pullRequest: ShownPullRequest, review: Readonly<Record<string, unknown>>): Promise<void> {
    return emitPullRequestNews(tx, taskId, { type: 'review.published', pullRequest: pullRequestJson(pullRequest), review });
  }
}
