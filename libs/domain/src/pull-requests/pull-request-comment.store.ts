import { newId, toPage, type Page, type PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import type { PullRequestComment } from './pull-request-comment.entity';

/** A comment as the forge describes it; ids as text. Where it stands is null for a comment of kind `issue`. */
export interface ForgeComment {
  readonly kind: PullRequestComment['kind'];
  readonly githubCommentId: string;
  /** The review it came with, whether or not we know that one. */
  readonly githubReviewId: string | null;
  readonly inReplyToGithubId: string | null;
  readonly authorLogin: string | null;
  readonly body: string;
  readonly filePath: string | null;
  readonly subjectType: PullRequestComment['subjectType'];
  /** null: outdated, or the whole file. */
  readonly line: number | null;
  readonly side: PullRequestComment['side'];
  readonly startLine: number | null;
  readonly startSide: PullRequestComment['startSide'];
  readonly originalLine: number | null;
  readonly commitSha: string | null;
  readonly diffHunk: string | null;
  readonly url: string | null;
  /** When it was written. */
  readonly createdAt: Date;
  /** Decides which of two descriptions is the newer one. */
  readonly updatedAt: Date;
}

export type CommentRow = Pick<
  PullRequestComment,
  | 'id' | 'pullRequestId' | 'reviewId' | 'kind' | 'githubCommentId' | 'inReplyToGithubId' | 'threadNodeId' | 'authorLogin' | 'body' | 'filePath' | 'subjectType' | 'line' | 'side' | 'startLine' | 'startSide'
  | 'originalLine' | 'commitSha' | 'diffHunk' | 'isResolved' | 'isOutdated' | 'url' | 'createdAt' | 'updatedAt'
>;

/** A thread of review comments at the forge. */
export interface ForgeThread {
  readonly nodeId: string;
  readonly commentIds: readonly string[];
  readonly isResolved: boolean;
}

const LISTED = `c.id, c.pull_request_id, c.review_id, c.kind, c.github_comment_id, c.in_reply_to_github_id, c.thread_node_id, c.author_login, c.body, c.file_path, c.subject_type, c.line, c.side, c.start_line,
  c.start_side, c.original_line, c.commit_sha, c.diff_hunk, c.is_resolved, c.is_outdated, c.url, c.created_at, c.updated_at`;

/** Comments of pull requests, as the forge keeps them. */
@Injectable()
export class PullRequestCommentStore {
  /**
   * Writes a comment unless a newer description of it is known. One that was deleted stays deleted: ids are not given out again. A review comment
   * learns its review and its thread from what is known of them.
   */
  async mirror(tx: Tx, pullRequestId: string, comment: ForgeComment): Promise<{ readonly row: CommentRow; readonly isNew: boolean }> {
    const isReview = comment.kind === 'review';
    const written = await sqlRow<CommentRow & { isNew: boolean }>(tx, MIRROR, [storableJson({
      id: newId(), pull_request_id: pullRequestId, kind: comment.kind, github_comment_id: comment.githubCommentId, github_review_id: comment.githubReviewId, in_reply_to_github_id: comment.inReplyToGithubId,
      author_login: comment.authorLogin, body: comment.body, file_path: isReview ? comment.filePath : null, subject_type: isReview ? (comment.subjectType ?? 'line') : null, ...linesOf(comment),
      original_line: comment.originalLine, commit_sha: comment.commitSha, diff_hunk: comment.diffHunk, url: comment.url, github_updated_at: comment.updatedAt, created_at: comment.createdAt,
      is_resolved: false, is_outdated: isReview && comment.subjectType !== 'file' && comment.line === null,
    })]);
    if (written) {
      const { isNew, ...row } = written;
      return { row, isNew };
    }
    const row = await sqlRow<CommentRow>(
      tx, `SELECT ${LISTED} FROM pull_request_comments c WHERE c.pull_request_id = $1 AND c.kind = $2 AND c.github_comment_id = $3`, [pullRequestId, comment.kind, comment.githubCommentId]);
    if (!row) throw new Error(`comment ${comment.githubCommentId} was not stored`);
    return { row, isNew: false };
  }

  /** Marks a comment as deleted, also one that we never saw. */
  async remove(tx: Tx, pullRequestId: string, comment: ForgeComment): Promise<void> {
    const { row } = await this.mirror(tx, pullRequestId, comment);
    await tx.query('UPDATE pull_request_comments SET deleted_at = coalesce(deleted_at, now()) WHERE id = $1', [row.id]);
  }

  /** Keeps whether a thread is resolved, on each of its comments that we know; returns how many changed. */
  async settleThread(tx: Tx, pullRequestId: string, { nodeId, commentIds, isResolved }: ForgeThread): Promise<number> {
    return sqlChange(
      tx,
      `UPDATE pull_request_comments c SET thread_node_id = $2, is_resolved = $4 WHERE c.pull_request_id = $1 AND c.kind = 'review'
          AND (c.thread_node_id = $2 OR c.github_comment_id = ANY($3::bigint[]) OR c.in_reply_to_github_id = ANY($3::bigint[])) AND (c.thread_node_id, c.is_resolved) IS DISTINCT FROM ($2, $4::boolean)`,
      [pullRequestId, nodeId, commentIds, isResolved],
    );
  }

  /** When each known comment changed last, in milliseconds, by kind and id: what needs no writing. */
  async knownTimes(manager: EntityManager, pullRequestId: string): Promise<Map<string, number>> {
    const rows = await sqlRows<{ key: string; githubUpdatedAt: Date | null }>(
      manager, `SELECT kind || ' ' || github_comment_id AS key, github_updated_at FROM pull_request_comments WHERE pull_request_id = $1`, [pullRequestId]);
    return new Map(rows.map(({ key, githubUpdatedAt }) => [key, githubUpdatedAt?.getTime() ?? 0]));
  }

  /** One comment of the organization's pull request. */
  find(manager: EntityManager, { organizationId, pullRequestId, id }: { organizationId: string; pullRequestId: string; id: string }): Promise<CommentRow | null> {
    return sqlRow<CommentRow>(
      manager,
      `SELECT ${LISTED} FROM pull_request_comments c JOIN pull_requests p ON p.id = c.pull_request_id JOIN repositories r ON r.id = p.repository_id
        WHERE c.id = $3 AND c.pull_request_id = $2 AND r.organization_id = $1 AND c.deleted_at IS NULL`,
      [organizationId, pullRequestId, id],
    );
  }

  /** Comments of the organization's pull request, by the time they were written; deleted ones are left out. */
  async list(manager: EntityManager, { organizationId, pullRequestId, kind }: { organizationId: string; pullRequestId: string; kind?: PullRequestComment['kind'] }, page: PageRequest): Promise<Page<CommentRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<CommentRow & { pageSort: string }>(
      manager,
      `SELECT ${LISTED}, c.created_at::text AS page_sort FROM pull_request_comments c JOIN pull_requests p ON p.id = c.pull_request_id JOIN repositories r ON r.id = p.repository_id
        WHERE c.pull_request_id = $2 AND r.organization_id = $1 AND c.deleted_at IS NULL AND ($6::text IS NULL OR c.kind = $6)
          AND ($3::timestamptz IS NULL OR (c.created_at, c.id) ${after} ($3, $4::uuid)) ORDER BY c.created_at ${direction}, c.id ${direction} LIMIT $5`,
      [organizationId, pullRequestId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1, kind ?? null],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }
}

/** A line and the first of its range, where both can be kept: an outdated comment has lost one or both. */
function linesOf({ kind, line, side, startLine, startSide }: ForgeComment): { line: number | null; side: string | null; start_line: number | null; start_side: string | null } {
  if (kind === 'issue' || line === null) return { line: null, side: kind === 'issue' ? null : side, start_line: null, start_side: null };
  const isRange = startLine !== null && (startLine <= line || (startSide ?? side) !== side);
  return { line, side, start_line: isRange ? startLine : null, start_side: isRange ? (startSide ?? side) : null };
}

const COLUMNS = [
  'kind', 'github_comment_id', 'github_review_id', 'in_reply_to_github_id', 'author_login', 'body', 'file_path', 'subject_type', 'line', 'side', 'start_line', 'start_side', 'original_line', 'commit_sha',
  'diff_hunk', 'url', 'github_updated_at', 'created_at', 'is_outdated',
];
const KEPT = ['github_review_id', 'in_reply_to_github_id', 'author_login', 'file_path', 'commit_sha', 'diff_hunk', 'url'];
const SAID = ['body', 'subject_type', 'line', 'side', 'start_line', 'start_side', 'original_line', 'github_updated_at', 'is_outdated'];
/** Comment of the same thread: it knows what the thread is. */
const THREAD = `SELECT o.thread_node_id, o.is_resolved FROM pull_request_comments o WHERE o.pull_request_id = n.pull_request_id AND o.kind = 'review' AND n.kind = 'review' AND o.thread_node_id IS NOT NULL
   AND (o.github_comment_id = n.in_reply_to_github_id OR o.in_reply_to_github_id = n.in_reply_to_github_id) LIMIT 1`;

const MIRROR = `
INSERT INTO pull_request_comments AS c (id, pull_request_id, review_id, thread_node_id, is_resolved, ${COLUMNS.join(', ')})
SELECT n.id, n.pull_request_id, (SELECT v.id FROM pull_request_reviews v WHERE v.pull_request_id = n.pull_request_id AND v.github_review_id = n.github_review_id), t.thread_node_id,
       coalesce(t.is_resolved, false), ${COLUMNS.map((column) => `n.${column}`).join(', ')}
  FROM jsonb_populate_record(NULL::pull_request_comments, $1::jsonb) n LEFT JOIN LATERAL (${THREAD}) t ON true
ON CONFLICT (pull_request_id, kind, github_comment_id) DO UPDATE SET review_id = coalesce(c.review_id, EXCLUDED.review_id),
       ${KEPT.map((column) => `${column} = coalesce(EXCLUDED.${column}, c.${column})`).join(', ')}, ${SAID.map((column) => `${column} = EXCLUDED.${column}`).join(', ')}
 WHERE NOT coalesce(EXCLUDED.github_updated_at < c.github_updated_at, false)
RETURNING ${LISTED}, (xmax = 0) AS is_new`;
