import { newId, toPage, type Page, type PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import type { PullRequestReview } from './pull-request-review.entity';

/** A review as the forge describes it; ids as text. */
export interface ForgeReview {
  readonly githubReviewId: string;
  readonly nodeId: string | null;
  readonly reviewerLogin: string | null;
  readonly state: PullRequestReview['state'];
  readonly body: string | null;
  readonly commitSha: string | null;
  readonly url: string | null;
  readonly submittedAt: Date | null;
  /** Decides which of two descriptions is the newer one; null where the forge does not say: then a dismissed review stays dismissed, and else the later word counts. */
  readonly updatedAt: Date | null;
  /** Our task that wrote it; left out where that is not known. */
  readonly taskId?: string;
}

export type ReviewRow = Pick<PullRequestReview, 'id' | 'pullRequestId' | 'taskId' | 'githubReviewId' | 'nodeId' | 'reviewerLogin' | 'state' | 'body' | 'commitSha' | 'url' | 'submittedAt' | 'createdAt' | 'updatedAt'>;

export interface ReviewCounts {
  readonly total: number;
  readonly approved: number;
  readonly changesRequested: number;
  readonly commented: number;
}

const LISTED = 'v.id, v.pull_request_id, v.task_id, v.github_review_id, v.node_id, v.reviewer_login, v.state, v.body, v.commit_sha, v.url, v.submitted_at, v.created_at, v.updated_at';
const COLUMNS = 'id, pull_request_id, task_id, github_review_id, node_id, reviewer_login, state, body, commit_sha, url, submitted_at, github_updated_at';

/** Reviews of pull requests, as the forge keeps them. */
@Injectable()
export class PullRequestReviewStore {
  /** Writes a review unless a newer description of it is known, and gives it the comments that came before it. */
  async mirror(tx: Tx, pullRequestId: string, review: ForgeReview): Promise<{ readonly row: ReviewRow; readonly isNew: boolean }> {
    const written = await sqlRow<ReviewRow & { isNew: boolean }>(tx, MIRROR, [storableJson({
      id: newId(), pull_request_id: pullRequestId, task_id: review.taskId ?? null, github_review_id: review.githubReviewId, node_id: review.nodeId, reviewer_login: review.reviewerLogin, state: review.state,
      body: review.body, commit_sha: review.commitSha, url: review.url, submitted_at: review.submittedAt, github_updated_at: review.updatedAt,
    })]);
    const { isNew, ...row } = written ?? { ...(await this.known(tx, pullRequestId, review.githubReviewId)), isNew: false };
    await tx.query('UPDATE pull_request_comments SET review_id = $1 WHERE pull_request_id = $2 AND github_review_id = $3 AND review_id IS NULL', [row.id, pullRequestId, review.githubReviewId]);
    return { row, isNew };
  }

  /** Reviews of the organization's pull request, by the time they were handed in. */
  async list(manager: EntityManager, { organizationId, pullRequestId }: { organizationId: string; pullRequestId: string }, page: PageRequest): Promise<Page<ReviewRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const at = 'coalesce(v.submitted_at, v.created_at)';
    const rows = await sqlRows<ReviewRow & { pageSort: string }>(
      manager,
      `SELECT ${LISTED}, ${at}::text AS page_sort FROM pull_request_reviews v JOIN pull_requests p ON p.id = v.pull_request_id JOIN repositories r ON r.id = p.repository_id
        WHERE v.pull_request_id = $2 AND r.organization_id = $1 AND ($3::timestamptz IS NULL OR (${at}, v.id) ${after} ($3, $4::uuid)) ORDER BY ${at} ${direction}, v.id ${direction} LIMIT $5`,
      [organizationId, pullRequestId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /** How many reviews there are; approvals and wishes for changes count once a reviewer, by the last word of each. */
  async counts(manager: EntityManager, pullRequestId: string): Promise<ReviewCounts> {
    const row = await sqlRow<ReviewCounts>(
      manager,
      `WITH v AS (SELECT * FROM pull_request_reviews WHERE pull_request_id = $1 AND state <> 'pending'),
            word AS (SELECT DISTINCT ON (reviewer_login) state FROM v WHERE state <> 'commented' ORDER BY reviewer_login, submitted_at DESC NULLS LAST, id DESC)
       SELECT (SELECT count(*)::int FROM v) AS total, (SELECT count(*)::int FROM word WHERE state = 'approved') AS approved,
              (SELECT count(*)::int FROM word WHERE state = 'changes_requested') AS changes_requested, (SELECT count(*)::int FROM v WHERE state = 'commented') AS commented`,
      [pullRequestId],
    );
    return row ?? { total: 0, approved: 0, changesRequested: 0, commented: 0 };
  }

  private async known(tx: Tx, pullRequestId: string, githubReviewId: string): Promise<ReviewRow> {
    const row = await sqlRow<ReviewRow>(tx, `SELECT ${LISTED} FROM pull_request_reviews v WHERE v.pull_request_id = $1 AND v.github_review_id = $2`, [pullRequestId, githubReviewId]);
    if (!row) throw new Error(`review ${githubReviewId} was not stored`);
    return row;
  }
}

const MIRROR = `
INSERT INTO pull_request_reviews AS v (${COLUMNS}) SELECT ${COLUMNS} FROM jsonb_populate_record(NULL::pull_request_reviews, $1::jsonb)
ON CONFLICT (pull_request_id, github_review_id) DO UPDATE SET task_id = coalesce(EXCLUDED.task_id, v.task_id), node_id = coalesce(EXCLUDED.node_id, v.node_id),
       reviewer_login = coalesce(EXCLUDED.reviewer_login, v.reviewer_login), state = EXCLUDED.state, body = EXCLUDED.body, commit_sha = coalesce(EXCLUDED.commit_sha, v.commit_sha),
       url = coalesce(EXCLUDED.url, v.url), submitted_at = coalesce(EXCLUDED.submitted_at, v.submitted_at), github_updated_at = coalesce(EXCLUDED.github_updated_at, v.github_updated_at)
 WHERE NOT coalesce(EXCLUDED.github_updated_at < v.github_updated_at, false)
   AND (v.state <> 'dismissed' OR EXCLUDED.state = 'dismissed' OR EXCLUDED.github_updated_at > v.github_updated_at) AND (v.state = 'pending' OR EXCLUDED.state <> 'pending')
RETURNING ${LISTED}, (xmax = 0) AS is_new`;
