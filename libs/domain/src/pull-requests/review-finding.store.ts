import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows, storableText } from '../sql';
import type { OwnedTask } from '../tasks/task-commands';
import type { Tx } from '../unit-of-work';
import type { ReviewFinding } from './review-finding.entity';

/** A remark of a review, and whose it is. */
export interface NewReviewFinding
  extends Pick<ReviewFinding, 'organizationId' | 'repositoryId' | 'pullRequestId' | 'taskId' | 'fingerprint' | 'severity' | 'confidence' | 'category' | 'title' | 'body' | 'suggestion' | 'file' | 'side' | 'startLine' | 'preExisting'> {
  readonly attemptId: string;
  readonly endLine: number;
  /** Commit that the remark was seen at. */
  readonly sha: string;
}

export type ReviewFindingRow = Omit<ReviewFinding, 'organizationId' | 'threadNodeId' | 'dismissedByUserId'> & {
  /** Who said that it is not to be made again; null: nobody, or somebody who is gone. */
  readonly dismissedBy: { readonly id: string; readonly username: string } | null;
};

export interface FindingFilter {
  /** At least this severity. */
  readonly severity?: ReviewFinding['severity'];
  readonly status?: ReviewFinding['status'];
  readonly surfaced?: NonNullable<ReviewFinding['surfaced']>;
  readonly limit: number;
  /** Remarks behind this one. */
  readonly after?: { readonly createdAt: Date; readonly id: string };
}

const SEVERITIES: readonly ReviewFinding['severity'][] = ['low', 'medium', 'high', 'critical'];
export const FINDING_COLUMNS = `f.id, f.repository_id, f.pull_request_id, f.task_id, f.attempt_id, f.fingerprint, f.severity, f.confidence, f.category, f.title, f.body, f.suggestion, f.file, f.side, f.start_line,
  f.end_line, f.pre_existing, f.score, f.status, f.surfaced, f.first_seen_sha, f.last_confirmed_sha, f.github_comment_id, f.dismissed_reason, f.closed_at,
  (SELECT json_build_object('id', u.id, 'username', u.username) FROM users u WHERE u.id = f.dismissed_by_user_id) AS dismissed_by, f.row_version, f.created_at, f.updated_at`;

/** The ledger of reviews: one row for one remark, followed by its fingerprint. */
@Injectable()
export class ReviewFindingStore {
  /**
   * Keeps a remark; one that is known (of the pull request, or of the task where two refs are compared) is written over and confirmed at this
   * commit. A resolved one is open again, to be shown anew; a dismissed one stays dismissed, also when it is seen in another review of the repository.
   */
  async record(tx: Tx, finding: NewReviewFinding): Promise<{ readonly row: ReviewFindingRow; readonly isNew: boolean }> {
    const target = finding.pullRequestId === null ? '(task_id, fingerprint) WHERE pull_request_id IS NULL' : '(pull_request_id, fingerprint)';
    const row = await sqlRow<ReviewFindingRow & { isNew: boolean }>(tx, RECORD.replace('$target', target), [
      newId(), finding.organizationId, finding.repositoryId, finding.pullRequestId, finding.taskId, finding.attemptId, finding.fingerprint, finding.severity, finding.confidence, finding.category,
      storableText(finding.title), storableText(finding.body), finding.suggestion === null ? null : storableText(finding.suggestion), storableText(finding.file), finding.side, finding.startLine,
      finding.endLine, finding.preExisting, finding.sha,
    ]);
    if (!row) throw new Error('the finding was not stored');
    const { isNew, ...kept } = row;
    return { row: kept, isNew };
  }

  /** How many remarks a task holds. */
  async count(manager: EntityManager, { organizationId, id }: OwnedTask): Promise<number> {
    const row = await sqlRow<{ count: number }>(manager, 'SELECT count(*)::integer AS count FROM review_findings WHERE organization_id = $1 AND task_id = $2', [organizationId, id]);
    return row?.count ?? 0;
  }

  /** One remark of the organization. */
  find(manager: EntityManager, organizationId: string, id: string): Promise<ReviewFindingRow | null> {
    return sqlRow<ReviewFindingRow>(manager, `SELECT ${FINDING_COLUMNS} FROM review_findings f WHERE f.organization_id = $1 AND f.id = $2`, [organizationId, id]);
  }

  /** Remarks of a task, in the order they were made. */
  listForTask(manager: EntityManager, { organizationId, id }: OwnedTask, filter: FindingFilter): Promise<ReviewFindingRow[]> {
    return this.list(manager, { organizationId, column: 'task_id', id }, filter);
  }

  /** Remarks of all reviews of a pull request, in the order they were first made. */
  listForPullRequest(manager: EntityManager, { organizationId, pullRequestId }: { readonly organizationId: string; readonly pullRequestId: string }, filter: FindingFilter): Promise<ReviewFindingRow[]> {
    return this.list(manager, { organizationId, column: 'pull_request_id', id: pullRequestId }, filter);
  }

  private list(manager: EntityManager, { organizationId, column, id }: { organizationId: string; column: 'task_id' | 'pull_request_id'; id: string }, filter: FindingFilter): Promise<ReviewFindingRow[]> {
    const { severity, status, surfaced, after, limit } = filter;
    return sqlRows<ReviewFindingRow>(
      manager,
      `SELECT ${FINDING_COLUMNS} FROM review_findings f WHERE f.organization_id = $1 AND f.${column} = $2 AND f.severity = ANY($3::text[]) AND ($4::text IS NULL OR f.status = $4) AND ($5::text IS NULL OR f.surfaced = $5)
          AND ($6::timestamptz IS NULL OR (f.created_at, f.id) > ($6, $7::uuid)) ORDER BY f.created_at, f.id LIMIT $8`,
      [organizationId, id, SEVERITIES.slice(SEVERITIES.indexOf(severity ?? 'low')), status ?? null, surfaced ?? null, after?.createdAt ?? null, after?.id ?? null, limit],
    );
  }
}

/** A remark as everybody sees it. */
export function reviewFindingJson(finding: ReviewFindingRow) {
  const { id, taskId, pullRequestId, fingerprint, severity, confidence, category, title, body, suggestion, file, side, startLine, endLine, preExisting, score, status, surfaced, firstSeenSha, lastConfirmedSha, githubCommentId, dismissedBy, dismissedReason } = finding;
  return {
    id, taskId, pullRequestId, fingerprint, severity, confidence, category, title, body, suggestion, file, side, startLine, endLine, preExisting, score, status, surfaced, firstSeenSha, lastConfirmedSha, githubCommentId, dismissedBy, dismissedReason,
    closedAt: finding.closedAt?.toISOString() ?? null,
    createdAt: finding.createdAt.toISOString(),
    updatedAt: finding.updatedAt.toISOString(),
  };
}

const RECORD = `
WITH dismissed AS (SELECT 1 FROM review_findings d WHERE d.repository_id = $3 AND d.organization_id = $2 AND d.fingerprint = $7 AND d.status = 'dismissed' LIMIT 1)
INSERT INTO review_findings AS f (id, organization_id, repository_id, pull_request_id, task_id, attempt_id, fingerprint, severity, confidence, category, title, body, suggestion, file, side, start_line,
       end_line, pre_existing, first_seen_sha, last_confirmed_sha, status, closed_at, dismissed_reason)
SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::integer, $17::integer, $18::boolean, $19, $19,
       CASE WHEN EXISTS (SELECT 1 FROM dismissed) THEN 'dismissed' ELSE 'open' END, CASE WHEN EXISTS (SELECT 1 FROM dismissed) THEN now() END,
       CASE WHEN EXISTS (SELECT 1 FROM dismissed) THEN 'dismissed in an earlier review' END
ON CONFLICT $target DO UPDATE SET task_id = EXCLUDED.task_id, attempt_id = EXCLUDED.attempt_id, severity = EXCLUDED.severity, confidence = EXCLUDED.confidence, title = EXCLUDED.title,
       body = EXCLUDED.body, suggestion = EXCLUDED.suggestion, side = EXCLUDED.side, start_line = EXCLUDED.start_line, end_line = EXCLUDED.end_line, pre_existing = EXCLUDED.pre_existing,
       last_confirmed_sha = EXCLUDED.last_confirmed_sha, status = CASE WHEN f.status = 'dismissed' THEN 'dismissed' ELSE 'open' END,
       closed_at = CASE WHEN f.status = 'dismissed' THEN f.closed_at END, score = CASE WHEN f.status = 'resolved' THEN NULL ELSE f.score END,
       surfaced = CASE WHEN f.status = 'resolved' THEN NULL ELSE f.surfaced END, github_comment_id = CASE WHEN f.status = 'resolved' THEN NULL ELSE f.github_comment_id END
RETURNING ${FINDING_COLUMNS}, (xmax = 0) AS is_new`;
