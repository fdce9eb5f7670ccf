import type { Account, Repository } from '../repository';

export type Side = 'LEFT' | 'RIGHT';

export interface Review {
  readonly id: bigint;
  readonly number: number;
  readonly user: Account;
  readonly state: 'COMMENTED' | 'APPROVED' | 'CHANGES_REQUESTED';
  readonly commitId: string;
  readonly submittedAt: string;
  body: string;
}

export interface ReviewComment {
  readonly id: bigint;
  readonly number: number;
  readonly reviewId: bigint;
  /** Of the comment that opened its thread; null: this one did. */
  readonly inReplyTo: bigint | null;
  readonly user: Account;
  readonly path: string;
  /** Null: about the whole file. */
  readonly line: number | null;
  readonly startLine: number | null;
  readonly side: Side;
  readonly commitId: string;
  readonly diffHunk: string;
  readonly at: string;
  body: string;
  updatedAt: string;
}

/** Comments below one that opened a thread. */
export interface Thread {
  readonly nodeId: string;
  readonly number: number;
  readonly firstCommentId: bigint;
  resolvedBy: Account | null;
}

export interface CheckRun {
  readonly id: bigint;
  readonly sha: string;
  readonly name: string;
  readonly appId: number;
  readonly externalId: string;
  readonly startedAt: string;
  status: string;
  conclusion: string | null;
  completedAt: string | null;
  detailsUrl: string | null;
  output: { readonly title: string | null; readonly summary: string | null };
}

/** A suite that has no runs: an App that was not let run. */
export interface CheckSuite {
  readonly id: bigint;
  readonly sha: string;
  readonly appId: number;
  readonly appName: string;
  readonly at: string;
  status: string;
  conclusion: string | null;
}

export interface CommitStatus {
  readonly id: bigint;
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly at: string;
  readonly targetUrl: string | null;
}

/** What was said about the pull requests of a repository, and how its commits were checked. */
export interface Remarks {
  readonly reviews: Review[];
  readonly comments: ReviewComment[];
  readonly threads: Thread[];
  readonly runs: CheckRun[];
  readonly suites: CheckSuite[];
  readonly statuses: CommitStatus[];
}

/** Reviews, threads and checks of all repositories. */
export class Reviewing {
  readonly #remarks = new WeakMap<Repository, Remarks>();

  of(repository: Repository): Remarks {
    const known = this.#remarks.get(repository);
    if (known) return known;
    const fresh: Remarks = { reviews: [], comments: [], threads: [], runs: [], suites: [], statuses: [] };
    this.#remarks.set(repository, fresh);
    return fresh;
  }
}
