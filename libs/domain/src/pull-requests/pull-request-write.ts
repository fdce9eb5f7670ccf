import { newId } from '@app/common';
import { sqlRow, sqlRows, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import type { ForgePullRequest, PullRequestDetails } from './forge-pull-request';
import { PULL_REQUEST_SHOWN, type ShownPullRequest } from './pull-request-projection';

export const PULL_REQUEST_DETAILS = `${PULL_REQUEST_SHOWN}, p.github_pr_id, p.node_id, p.description, p.base_sha, p.merge_commit_sha, p.merged_by_login, p.additions, p.deletions, p.changed_files,
  p.mergeable, p.mergeable_state, p.github_created_at, p.github_updated_at, p.row_version`;

const KEY = ['id', 'repository_id', 'pr_number'];
const SAID = [
  'task_id', 'origin', 'github_pr_id', 'node_id', 'title', 'description', 'source_branch', 'target_branch', 'head_sha', 'base_sha', 'merge_commit_sha', 'status', 'author_login', 'additions', 'deletions',
  'changed_files', 'mergeable', 'mergeable_state', 'url', 'github_created_at', 'github_updated_at', 'merged_at', 'merged_by_login', 'closed_at',
];
const COLUMNS = [...KEY, ...SAID].join(', ');

const WRITE = `
INSERT INTO pull_requests AS p (${COLUMNS}) SELECT ${COLUMNS} FROM jsonb_populate_record(NULL::pull_requests, $1::jsonb)
ON CONFLICT (repository_id, pr_number) DO UPDATE SET ${SAID.map((column) => `${column} = EXCLUDED.${column}`).join(', ')}
 WHERE (${SAID.map((column) => `p.${column}`).join(', ')}) IS DISTINCT FROM (${SAID.map((column) => `EXCLUDED.${column}`).join(', ')})
RETURNING ${PULL_REQUEST_DETAILS}`;

/** Whose it is, on our side. */
export interface PullRequestOwner {
  readonly taskId: string | null;
  readonly origin: 'agent' | 'external';
}

/** What is known of a pull request; descriptions of the same repository wait here for each other, so that the newer one is found. */
export async function knownPullRequest(tx: Tx, repositoryId: string, number: number): Promise<PullRequestDetails | null> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('pull_requests:' || $1, 0))`, [repositoryId]);
  return sqlRow<PullRequestDetails>(tx, `SELECT ${PULL_REQUEST_DETAILS} FROM pull_requests p WHERE p.repository_id = $1 AND p.pr_number = $2`, [repositoryId, number]);
}

/** Writes a description over what is known; one that says nothing new leaves the row as it is. */
export async function writePullRequest(tx: Tx, known: PullRequestDetails | null, said: ForgePullRequest, owner: PullRequestOwner): Promise<PullRequestDetails> {
  const row = await sqlRow<PullRequestDetails>(tx, WRITE, [storableJson({
    id: known?.id ?? newId(), repository_id: said.repositoryId, pr_number: said.number, task_id: owner.taskId, origin: owner.origin, github_pr_id: said.githubPrId, node_id: said.nodeId, title: said.title,
    description: said.description, source_branch: said.sourceBranch, target_branch: said.targetBranch, head_sha: said.headSha, base_sha: said.baseSha, status: said.status, url: said.url,
    github_created_at: said.githubCreatedAt, github_updated_at: said.githubUpdatedAt, merged_at: said.mergedAt, closed_at: said.closedAt, ...unsaidKept(known, said), ...mergeability(known, said),
  })]);
  const stored = row ?? known;
  if (!stored) throw new Error(`pull request ${said.number} was not stored`);
  return stored;
}

/** What this description may leave out. */
function unsaidKept(known: PullRequestDetails | null, said: ForgePullRequest): Record<string, unknown> {
  const kept = (key: 'additions' | 'authorLogin' | 'changedFiles' | 'deletions' | 'mergeCommitSha' | 'mergedByLogin'): unknown => said[key] ?? known?.[key] ?? null;
  return {
    author_login: kept('authorLogin'), additions: kept('additions'), deletions: kept('deletions'), changed_files: kept('changedFiles'), merge_commit_sha: kept('mergeCommitSha'),
    merged_by_login: kept('mergedByLogin'),
  };
}

/** What is known of another head says nothing of this one. */
function mergeability(known: PullRequestDetails | null, said: ForgePullRequest): Record<string, unknown> {
  const before = known?.headSha === said.headSha ? known : null;
  const of = (key: 'mergeable' | 'mergeableState'): unknown => (said[key] === undefined ? before?.[key] : said[key]) ?? null;
  return { mergeable: of('mergeable'), mergeable_state: of('mergeableState') };
}

/** Gives a pull request to a task without touching what the forge said of it. */
export async function adoptPullRequest(tx: Tx, known: PullRequestDetails, taskId: string): Promise<PullRequestDetails> {
  const row = await sqlRow<PullRequestDetails>(tx, `UPDATE pull_requests p SET task_id = $2, origin = 'agent' WHERE p.id = $1 RETURNING ${PULL_REQUEST_DETAILS}`, [known.id, taskId]);
  return row ?? known;
}

/** An agent's pull request that was closed here, and its status before. */
export type ClosedRival = ShownPullRequest & { readonly before: ShownPullRequest['status'] };

/**
 * Other agents' pull requests that are open between the same branches as far as we know: a forge has at most one, so all but the one that
 * was heard of last are closed. `isLate`: that one is another than the one described here.
 */
export async function closeRivals(tx: Tx, said: ForgePullRequest): Promise<{ readonly closed: readonly ClosedRival[]; readonly isLate: boolean }> {
  const rivals = `p.repository_id = $1 AND p.source_branch = $2 AND p.target_branch = $3 AND p.pr_number <> $4 AND p.origin = 'agent' AND p.status IN ('open','draft')`;
  const parameters = [said.repositoryId, said.sourceBranch, said.targetBranch, said.number];
  const later = await sqlRow(tx, `SELECT 1 FROM pull_requests p WHERE ${rivals} AND p.github_updated_at > $5`, [...parameters, said.githubUpdatedAt]);
  if (later) return { closed: [], isLate: true };
  const closed = await sqlRows<ClosedRival>(
    tx,
    `UPDATE pull_requests p SET status = 'closed', closed_at = coalesce(p.closed_at, now()) FROM pull_requests old WHERE old.id = p.id AND ${rivals} RETURNING ${PULL_REQUEST_SHOWN}, old.status AS before`,
    parameters,
  );
  return { closed, isLate: false };
}
