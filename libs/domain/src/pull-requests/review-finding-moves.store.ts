import { Injectable } from '@nestjs/common';
import { recordAudit } from '../audit/record-audit';
import { sqlChange, sqlRow, sqlRows, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import type { ReviewFinding } from './review-finding.entity';
import { FINDING_COLUMNS, type ReviewFindingRow } from './review-finding.store';

/** Where a remark stands in a newer commit. */
export interface ConfirmedFinding extends Pick<ReviewFinding, 'id' | 'startLine'> {
  readonly endLine: number;
  readonly taskId: string;
  readonly attemptId: string;
  readonly sha: string;
}

export interface SurfacedFinding {
  readonly id: string;
  readonly surfaced: NonNullable<ReviewFinding['surfaced']>;
  /** The forge's id of its comment; absent: it stays as it is. */
  readonly githubCommentId?: string;
}

/** What a person decides about a remark. */
export interface FindingDecision {
  readonly organizationId: string;
  readonly id: string;
  readonly status: 'dismissed' | 'open';
  readonly reason: string | null;
  readonly userId: string;
}

/** What becomes of remarks after they were made. Each move may be repeated. */
@Injectable()
export class ReviewFindingMoves {
  /** The code that it is about is still there: it stays open, where it is now. */
  async confirm(tx: Tx, organizationId: string, findings: readonly ConfirmedFinding[]): Promise<void> {
    for (const { id, startLine, endLine, taskId, attemptId, sha } of findings) {
      await sqlChange(tx, `UPDATE review_findings SET start_line = $3, end_line = $4, task_id = $5, attempt_id = $6, last_confirmed_sha = $7 WHERE organization_id = $1 AND id = $2 AND status = 'open'`, [
        organizationId, id, startLine, endLine, taskId, attemptId, sha,
      ]);
    }
  }

  /** The code that they were about is gone, or somebody settled them. Returns how many were open. */
  resolve(tx: Tx, organizationId: string, ids: readonly string[]): Promise<number> {
    return sqlChange(tx, `UPDATE review_findings SET status = 'resolved', closed_at = now() WHERE organization_id = $1 AND id = ANY($2::uuid[]) AND status = 'open'`, [organizationId, ids]);
  }

  /** What the second look gave it, 0 to 10. */
  async score(tx: Tx, organizationId: string, scores: readonly { readonly id: string; readonly score: number }[]): Promise<void> {
    for (const { id, score } of scores) await sqlChange(tx, 'UPDATE review_findings SET score = $3 WHERE organization_id = $1 AND id = $2', [organizationId, id, score]);
  }

  async surface(tx: Tx, organizationId: string, findings: readonly SurfacedFinding[]): Promise<void> {
    for (const { id, surfaced, githubCommentId } of findings) {
      await sqlChange(tx, 'UPDATE review_findings SET surfaced = $3, github_comment_id = coalesce($4::bigint, github_comment_id) WHERE organization_id = $1 AND id = $2', [organizationId, id, surfaced, githubCommentId ?? null]);
    }
  }

  /** Comments of remarks that are resolved: their threads at the forge have to be, too. */
  async commentsOfResolved(tx: Tx, { organizationId, pullRequestId }: { readonly organizationId: string; readonly pullRequestId: string }): Promise<string[]> {
    const rows = await sqlRows<{ githubCommentId: string }>(tx, `SELECT github_comment_id FROM review_findings WHERE organization_id = $1 AND pull_request_id = $2 AND status = 'resolved' AND github_comment_id IS NOT NULL`, [
      organizationId, pullRequestId,
    ]);
    return rows.map(({ githubCommentId }) => githubCommentId);
  }

  /**
   * Dismisses a remark, for all reviews of its repository: the same remark on the same code is not made again. Or takes that back, for all of them.
   * Null: the organization has no such remark.
   */
  async decide(tx: Tx, { organizationId, id, status, reason, userId }: FindingDecision): Promise<ReviewFindingRow | null> {
    const known = await sqlRow<Pick<ReviewFinding, 'repositoryId' | 'fingerprint' | 'status'>>(tx, 'SELECT repository_id, fingerprint, status FROM review_findings WHERE organization_id = $1 AND id = $2 FOR UPDATE', [organizationId, id]);
    if (!known) return null;
    const { repositoryId, fingerprint } = known;
    if (known.status !== status) await recordAudit(tx, { organizationId, action: status === 'dismissed' ? 'finding.dismissed' : 'finding.reopened', targetType: 'finding', targetId: id, changes: { fingerprint, reason } });
    if (status === 'dismissed') {
      await sqlChange(
        tx,
        `UPDATE review_findings SET status = 'dismissed', closed_at = coalesce(closed_at, now()), dismissed_by_user_id = $4, dismissed_reason = $5
          WHERE organization_id = $1 AND repository_id = $2 AND fingerprint = $3 AND (status = 'open' OR id = $6)`,
        [organizationId, repositoryId, fingerprint, userId, reason === null ? null : storableText(reason), id],
      );
    } else {
      await sqlChange(
        tx,
        `UPDATE review_findings SET status = 'open', closed_at = NULL, dismissed_by_user_id = NULL, dismissed_reason = NULL
          WHERE organization_id = $1 AND repository_id = $2 AND fingerprint = $3 AND (status = 'dismissed' OR id = $4) AND status <> 'open'`,
        [organizationId, repositoryId, fingerprint, id],
      );
    }
    return sqlRow<ReviewFindingRow>(tx, `SELECT ${FINDING_COLUMNS} FROM review_findings f WHERE f.organization_id = $1 AND f.id = $2`, [organizationId, id]);
  }

  /** A person settled the thread of one of these comments at the forge: its remark is closed. Returns how many were open. */
  closeByComments(tx: Tx, pullRequestId: string, githubCommentIds: readonly string[]): Promise<number> {
    return sqlChange(tx, `UPDATE review_findings SET status = 'resolved', closed_at = now() WHERE pull_request_id = $1 AND github_comment_id = ANY($2::bigint[]) AND status = 'open'`, [pullRequestId, githubCommentIds]);
  }

  /** A person opened the thread again. Returns how many were resolved. */
  reopenByComments(tx: Tx, pullRequestId: string, githubCommentIds: readonly string[]): Promise<number> {
    return sqlChange(tx, `UPDATE review_findings SET status = 'open', closed_at = NULL WHERE pull_request_id = $1 AND github_comment_id = ANY($2::bigint[]) AND status = 'resolved'`, [pullRequestId, githubCommentIds]);
  }
}
