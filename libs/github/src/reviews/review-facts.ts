/** A review as GitHub describes it; ids as text. */
export interface ReviewFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly state: 'pending' | 'approved' | 'changes_requested' | 'commented' | 'dismissed';
  readonly body: string;
  readonly commitSha: string | null;
  readonly authorLogin: string | null;
  readonly url: string;
  readonly submittedAt: Date | null;
}

/** A comment on lines or on a file of a pull request; ids as text. */
export interface ReviewCommentFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly reviewId: string | null;
  /** The comment that opened its thread; null: this one did. */
  readonly inReplyToId: string | null;
  readonly path: string;
  /** Null: the line is gone, or the comment is about the file. */
  readonly line: number | null;
  readonly startLine: number | null;
  readonly originalLine: number | null;
  readonly side: 'LEFT' | 'RIGHT' | null;
  readonly startSide: 'LEFT' | 'RIGHT' | null;
  readonly subjectType: 'line' | 'file';
  readonly body: string;
  readonly diffHunk: string;
  readonly commitSha: string;
  readonly authorLogin: string | null;
  readonly url: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A comment below a pull request or an issue; ids as text. */
export interface IssueCommentFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly body: string;
  readonly authorLogin: string | null;
  /** `Bot` for Apps; a login proves nothing. */
  readonly authorType: string | null;
  readonly url: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Comments on the same place. */
export interface ReviewThreadFacts {
  readonly nodeId: string;
  readonly isResolved: boolean;
  readonly isOutdated: boolean;
  readonly resolvedBy: string | null;
  /** The comment that opened it; null: it was deleted. */
  readonly firstCommentId: string | null;
}

export interface RawReview {
  readonly id: number | bigint;
  readonly node_id: string;
  readonly state: string;
  readonly body: string;
  readonly commit_id: string | null;
  readonly user: { readonly login: string } | null;
  readonly html_url: string;
  readonly submitted_at?: string;
}

export interface RawReviewComment {
  readonly id: number | bigint;
  readonly node_id: string;
  readonly pull_request_review_id?: number | bigint | null;
  readonly in_reply_to_id?: number | bigint;
  readonly path: string;
  readonly line?: number | null;
  readonly start_line?: number | null;
  readonly original_line?: number | null;
  readonly side?: string;
  readonly start_side?: string | null;
  readonly subject_type?: string;
  readonly body: string;
  readonly diff_hunk: string;
  readonly commit_id: string;
  readonly user: { readonly login: string } | null;
  readonly html_url: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface RawIssueComment {
  readonly id: number | bigint;
  readonly node_id: string;
  readonly body?: string | null;
  readonly user: { readonly login: string; readonly type?: string } | null;
  readonly html_url: string;
  readonly created_at: string;
  readonly updated_at: string;
}

const STATES = ['pending', 'approved', 'changes_requested', 'commented', 'dismissed'] as const;

export function reviewFacts(raw: RawReview): ReviewFacts {
  return {
    id: String(raw.id), nodeId: raw.node_id, state: STATES.find((state) => state === raw.state.toLowerCase()) ?? 'commented', body: raw.body, commitSha: raw.commit_id,
    authorLogin: raw.user?.login ?? null, url: raw.html_url, submittedAt: raw.submitted_at ? new Date(raw.submitted_at) : null,
  };
}

export function reviewCommentFacts(raw: RawReviewComment): ReviewCommentFacts {
  return {
    id: String(raw.id), nodeId: raw.node_id, reviewId: idOrNull(raw.pull_request_review_id), inReplyToId: idOrNull(raw.in_reply_to_id), path: raw.path,
    line: raw.line ?? null, startLine: raw.start_line ?? null, originalLine: raw.original_line ?? null, side: sideOf(raw.side), startSide: sideOf(raw.start_side),
    subjectType: raw.subject_type === 'file' ? 'file' : 'line', body: raw.body, diffHunk: raw.diff_hunk, commitSha: raw.commit_id, authorLogin: raw.user?.login ?? null, url: raw.html_url,
    createdAt: new Date(raw.created_at), updatedAt: new Date(raw.updated_at),
  };
}

export function issueCommentFacts(raw: RawIssueComment): IssueCommentFacts {
  return {
    id: String(raw.id), nodeId: raw.node_id, body: raw.body ?? '', authorLogin: raw.user?.login ?? null, authorType: raw.user?.type ?? null, url: raw.html_url,
    createdAt: new Date(raw.created_at), updatedAt: new Date(raw.updated_at),
  };
}

function idOrNull(id: number | bigint | null | undefined): string | null {
  return id === null || id === undefined ? null : String(id);
}

function sideOf(side: string | null | undefined): 'LEFT' | 'RIGHT' | null {
  return side === 'LEFT' || side === 'RIGHT' ? side : null;
}
