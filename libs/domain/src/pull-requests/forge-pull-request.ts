import type { PullRequest } from './pull-request.entity';

/** A pull request as the forge describes it; ids as text. What is left out was not said, and stays as it is known. */
export interface ForgePullRequest {
  readonly repositoryId: string;
  readonly githubPrId: string;
  readonly nodeId: string;
  readonly number: number;
  readonly title: string;
  readonly description: string | null;
  readonly sourceBranch: string;
  readonly targetBranch: string;
  readonly headSha: string;
  readonly baseSha: string;
  readonly status: PullRequest['status'];
  readonly authorLogin: string | null;
  readonly url: string;
  readonly githubCreatedAt: Date;
  /** Decides which of two descriptions is the newer one. */
  readonly githubUpdatedAt: Date;
  readonly mergedAt: Date | null;
  readonly closedAt: Date | null;
  readonly mergedByLogin?: string | null;
  /** Of a merged one only: before, it is a commit nobody keeps. */
  readonly mergeCommitSha?: string | null;
  readonly additions?: number;
  readonly deletions?: number;
  readonly changedFiles?: number;
  /** null: the forge has not found out yet. */
  readonly mergeable?: boolean | null;
  readonly mergeableState?: string | null;
}

/** A pull request that our agent's work is in. */
export interface AgentPullRequest extends ForgePullRequest {
  readonly taskId: string;
}

/** A pull request with all that its own page shows of the row. */
export type PullRequestDetails = Pick<
  PullRequest,
  | 'id' | 'repositoryId' | 'taskId' | 'prNumber' | 'title' | 'status' | 'origin' | 'sourceBranch' | 'targetBranch' | 'headSha' | 'url' | 'authorLogin' | 'mergedAt' | 'closedAt' | 'createdAt' | 'updatedAt'
  | 'githubPrId' | 'nodeId' | 'description' | 'baseSha' | 'mergeCommitSha' | 'mergedByLogin' | 'additions' | 'deletions' | 'changedFiles' | 'mergeable' | 'mergeableState' | 'githubCreatedAt' | 'githubUpdatedAt' | 'rowVersion'
>;

/** What writing a description did. */
export interface PullRequestMirrored {
  /** The row as it is now. */
  readonly row: PullRequestDetails;
  /** What was known before; null: it is new to us. */
  readonly before: Pick<PullRequestDetails, 'status' | 'headSha'> | null;
  /** `older`: we know a newer one, nothing was written. `unclear`: of the same second as what is known, and different; whoever needs certainty asks the forge again. */
  readonly outcome: 'new' | 'changed' | 'same' | 'older' | 'unclear';
}

/** Which of two descriptions counts. A merged pull request stays merged, whatever comes late. */
export function outcomeOf(known: PullRequestDetails | null, said: ForgePullRequest): PullRequestMirrored['outcome'] {
  if (known === null) return 'new';
  const age = said.githubUpdatedAt.getTime() - (known.githubUpdatedAt?.getTime() ?? 0);
  if (age < 0 || (known.status === 'merged' && said.status !== 'merged')) return 'older';
  const differs = known.status !== said.status || known.headSha !== said.headSha;
  if (!differs) return 'same';
  return age === 0 && said.status !== 'merged' ? 'unclear' : 'changed';
}
