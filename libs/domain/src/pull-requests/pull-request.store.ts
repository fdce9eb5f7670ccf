import type { Page, PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { emitPullRequestNews } from '../webhook-endpoints/webhook-emission';
import { newsOfPullRequest, type PullRequestChange } from '../webhook-endpoints/webhook-event';
import { outcomeOf, type AgentPullRequest, type ForgePullRequest, type PullRequestDetails, type PullRequestMirrored } from './forge-pull-request';
import { listPullRequests, type PullRequestFilters } from './pull-request-list';
import { pullRequestJson, type ShownPullRequest } from './pull-request-projection';
import { adoptPullRequest, closeRivals, knownPullRequest, PULL_REQUEST_DETAILS, writePullRequest, type PullRequestOwner } from './pull-request-write';
import type { PullRequest } from './pull-request.entity';

export type PullRequestRow = Pick<PullRequest, 'id' | 'repositoryId' | 'taskId' | 'title' | 'sourceBranch' | 'targetBranch' | 'headSha' | 'status' | 'url' | 'createdAt'> & { readonly number: number };

const LISTED = 'p.id, p.repository_id, p.task_id, p.pr_number AS number, p.title, p.source_branch, p.target_branch, p.head_sha, p.status, p.url, p.created_at';
/** Of an organization's connected repositories. */
const OWNED = 'JOIN repositories r ON r.id = p.repository_id AND r.organization_id = $1 AND r.disconnected_at IS NULL';

/** Pull requests of connected repositories: those that tasks made, and everybody else's. */
@Injectable()
export class PullRequestStore {
  /** Writes what the forge says of our agent's pull request, and tells whoever listens. One that was heard of before it was recorded becomes the task's. */
  async recordAgents(tx: Tx, pull: AgentPullRequest): Promise<PullRequestRow> {
    const known = await knownPullRequest(tx, pull.repositoryId, pull.number);
    const before = known?.taskId ? { status: known.status, headSha: known.headSha } : null;
    const isLate = outcomeOf(known, pull) === 'older';
    const after = isLate && known ? await adoptPullRequest(tx, known, pull.taskId) : await this.write(tx, known, pull, { taskId: pull.taskId, origin: 'agent' });
    await this.tell(tx, after, before);
    const { id, repositoryId, taskId, prNumber: number, title, sourceBranch, targetBranch, headSha, status, url, createdAt } = after;
    return { id, repositoryId, taskId, number, title, sourceBranch, targetBranch, headSha, status, url, createdAt };
  }

  /**
   * Writes what the forge says of any pull request of a connected repository, by repository and number, if it is not older than what is
   * known; called twice it changes nothing. News of an agent's pull request is told to whoever listens, and its merge to the task's figures.
   */
  async mirror(tx: Tx, pull: ForgePullRequest): Promise<PullRequestMirrored> {
    const known = await knownPullRequest(tx, pull.repositoryId, pull.number);
    const outcome = outcomeOf(known, pull);
    const before = known && { status: known.status, headSha: known.headSha };
    if (known && outcome === 'older') return { row: known, before, outcome };
    const row = await this.write(tx, known, pull, { taskId: known?.taskId ?? null, origin: known?.origin ?? 'external' });
    await this.tell(tx, row, before);
    return { row, before, outcome };
  }

  /** Keeps whether it can be merged: the forge works that out later and says nothing of it by itself. Nothing of another head. */
  async keepMergeability(tx: Tx, id: string, found: Pick<PullRequestDetails, 'mergeable' | 'mergeableState'> & { readonly headSha: string }): Promise<void> {
    await tx.query(
      'UPDATE pull_requests SET mergeable = $3, mergeable_state = $4 WHERE id = $1 AND head_sha = $2 AND (mergeable, mergeable_state) IS DISTINCT FROM ($3::boolean, $4::text)',
      [id, found.headSha, found.mergeable, found.mergeableState],
    );
  }

  /** One of the organization's connected repositories. */
  find(manager: EntityManager, organizationId: string, id: string): Promise<PullRequestDetails | null> {
    return sqlRow<PullRequestDetails>(manager, `SELECT ${PULL_REQUEST_DETAILS} FROM pull_requests p ${OWNED} WHERE p.id = $2`, [organizationId, id]);
  }

  /** By repository and number. For the worker: the repository is known to be the one meant. */
  findByNumber(manager: EntityManager, repositoryId: string, number: number): Promise<PullRequestDetails | null> {
    return sqlRow<PullRequestDetails>(manager, `SELECT ${PULL_REQUEST_DETAILS} FROM pull_requests p WHERE p.repository_id = $1 AND p.pr_number = $2`, [repositoryId, number]);
  }

  /** Pull requests of the organization's connected repositories, by the time we heard of them. */
  list(manager: EntityManager, organizationId: string, filters: PullRequestFilters, page: PageRequest): Promise<Page<ShownPullRequest>> {
    return listPullRequests(manager, organizationId, filters, page);
  }

  /** The newest pull request of the organization's task. */
  findForTask(manager: EntityManager, organizationId: string, taskId: string): Promise<PullRequestRow | null> {
    return sqlRow<PullRequestRow>(
      manager,
      `SELECT ${LISTED} FROM pull_requests p JOIN tasks t ON t.id = p.task_id WHERE p.task_id = $2 AND t.organization_id = $1 ORDER BY p.created_at DESC, p.id DESC LIMIT 1`,
      [organizationId, taskId],
    );
  }

  private async write(tx: Tx, known: PullRequestDetails | null, pull: ForgePullRequest, owner: PullRequestOwner): Promise<PullRequestDetails> {
    const isOpen = owner.origin === 'agent' && (pull.status === 'open' || pull.status === 'draft');
    if (!isOpen) return writePullRequest(tx, known, pull, owner);
    const { closed, isLate } = await closeRivals(tx, pull);
    for (const { before, ...after } of closed) await this.tell(tx, after, { status: before, headSha: after.headSha });
    return writePullRequest(tx, known, isLate ? { ...pull, status: 'closed', closedAt: pull.githubUpdatedAt } : pull, owner);
  }

  private async tell(tx: Tx, after: ShownPullRequest, before: PullRequestChange['before']): Promise<void> {
    const type = newsOfPullRequest({ before, after });
    if (type === null || after.taskId === null) return;
    if (after.status === 'merged' || after.status === 'closed') await tx.query('UPDATE task_analytics SET pull_request_merged = $2 WHERE task_id = $1', [after.taskId, after.status === 'merged']);
    await emitPullRequestNews(tx, after.taskId, { type, pullRequest: { ...pullRequestJson(after), previousStatus: before?.status ?? null } });
  }
}
