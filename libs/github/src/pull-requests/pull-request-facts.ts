/** A pull request as GitHub describes it; ids as text. What only the single pull request says is left out in lists. */
export interface PullRequestFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly url: string;
  readonly status: 'open' | 'draft' | 'merged' | 'closed';
  readonly headRef: string;
  readonly headSha: string;
  /** owner/name of the repository that the branch is in; null when that one is gone. */
  readonly headRepository: string | null;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly authorLogin: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly mergedAt: Date | null;
  readonly closedAt: Date | null;
  /** Of a merged one: the commit that it became. */
  readonly mergeCommitSha: string | null;
  readonly mergedByLogin?: string | null;
  /** null: GitHub has not found out yet. */
  readonly mergeable?: boolean | null;
  /** `clean`, `dirty`, `blocked`, `behind`, `unstable`, `draft`, `unknown` … */
  readonly mergeableState?: string;
  readonly additions?: number;
  readonly deletions?: number;
  readonly changedFiles?: number;
}

export interface RawPullRequest {
  readonly id: number | bigint;
  readonly node_id: string;
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly html_url: string;
  readonly state: string;
  readonly draft?: boolean;
  readonly merged_at: string | null;
  readonly closed_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly merge_commit_sha: string | null;
  readonly user: { readonly login: string } | null;
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly full_name: string } | null };
  readonly base: { readonly ref: string; readonly sha: string };
  readonly merged_by?: { readonly login: string } | null;
  readonly mergeable?: boolean | null;
  readonly mergeable_state?: string;
  readonly additions?: number;
  readonly deletions?: number;
  readonly changed_files?: number;
}

export function pullRequestFacts(raw: RawPullRequest): PullRequestFacts {
  const status = statusIn(raw);
  return {
    id: String(raw.id), nodeId: raw.node_id, number: raw.number, title: raw.title, body: raw.body, url: raw.html_url, status, headRef: raw.head.ref, headSha: raw.head.sha,
    headRepository: raw.head.repo?.full_name ?? null, baseRef: raw.base.ref, baseSha: raw.base.sha, authorLogin: raw.user?.login ?? null, createdAt: new Date(raw.created_at), updatedAt: new Date(raw.updated_at),
    mergedAt: timeOf(raw.merged_at), closedAt: timeOf(raw.closed_at), mergeCommitSha: status === 'merged' ? raw.merge_commit_sha : null, ...singleFacts(raw),
  };
}

/** What a list does not say stays unsaid. */
function singleFacts(raw: RawPullRequest): Partial<PullRequestFacts> {
  if (raw.additions === undefined) return {};
  return {
    mergedByLogin: raw.merged_by?.login ?? null, mergeable: raw.mergeable ?? null, mergeableState: raw.mergeable_state ?? 'unknown', additions: raw.additions, deletions: raw.deletions ?? 0,
    changedFiles: raw.changed_files ?? 0,
  };
}

function statusIn(raw: RawPullRequest): PullRequestFacts['status'] {
  if (raw.merged_at) return 'merged';
  if (raw.state === 'closed') return 'closed';
  return raw.draft ? 'draft' : 'open';
}

function timeOf(text: string | null): Date | null {
  return text ? new Date(text) : null;
}

/** A file that a pull request changes. */
export interface ChangedFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed' | 'unchanged';
  readonly additions: number;
  readonly deletions: number;
  readonly blobSha: string | null;
  /** Hunks as a unified diff; null: a binary file, or more than GitHub shows. */
  readonly patch: string | null;
}

export interface RawChangedFile {
  readonly filename: string;
  readonly previous_filename?: string;
  readonly status: string;
  readonly additions: number;
  readonly deletions: number;
  readonly sha: string | null;
  readonly patch?: string;
}

export function changedFile(raw: RawChangedFile): ChangedFile {
  return {
    path: raw.filename, previousPath: raw.previous_filename ?? null, status: raw.status as ChangedFile['status'], additions: raw.additions, deletions: raw.deletions, blobSha: raw.sha, patch: raw.patch ?? null,
  };
}
