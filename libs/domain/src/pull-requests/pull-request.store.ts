import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import { emitPullRequestNews } from '../webhook-endpoints/webhook-emission';
import { newsOfPullRequest, type PullRequestChange } from '../webhook-endpoints/webhook-event';
import { PULL_REQUEST_SHOWN, pullRequestJson, type ShownPullRequest } from './pull-request-projection';
import type { PullRequest } from './pull-request.entity';

/** A pull request that our agent's work is in, as the forge describes it; ids as text. */
export interface AgentPullRequest {
  readonly repositoryId: string;
  readonly taskId: string;
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
  readonly githubUpdatedAt: Date;
  readonly mergedAt: Date | null;
  readonly closedAt: Date | null;
  readonly additions: number;
  readonly deletions: number;
  readonly changedFiles: number;
}

export type PullRequestRow = Pick<PullRequest, 'id' | 'repositoryId' | 'taskId' | 'title' | 'sourceBranch' | 'targetBranch' | 'headSha' | 'status' | 'url' | 'createdAt'> & { readonly number: number };

const LISTED = 'p.id, p.repository_id, p.task_id, p.pr_number AS number, p.title, p.source_branch, p.target_branch, p.head_sha, p.status, p.url, p.created_at';

/** Pull requests that tasks made or look at. */
@Injectable()
export class PullRequestStore {
  /**
   * Writes what the forge says of our agent's pull request, by repository and number, and tells whoever listens. Another one of ours that
   * our rows still show as open between the same branches is closed by now: a forge has at most one.
   */
  async recordAgents(tx: Tx, pull: AgentPullRequest): Promise<PullRequestRow> {
    const closed = await sqlRows<ShownPullRequest & { before: ShownPullRequest['status'] }>(
      tx,
      `UPDATE pull_requests p SET status = 'closed', closed_at = coalesce(p.closed_at, now()) FROM pull_requests old
        WHERE p.repository_id = $1 AND p.source_branch = $2 AND p.target_branch = $3 AND p.pr_number <> $4 AND p.origin = 'agent' AND p.status IN ('open','draft') AND old.id = p.id
       RETURNING ${PULL_REQUEST_SHOWN}, old.status AS before`,
      [pull.repositoryId, pull.sourceBranch, pull.targetBranch, pull.number],
    );
    for (const { before, ...after } of closed) await this.tell(tx, after, { status: before, headSha: after.headSha });
    const row = await sqlRow<ShownPullRequest & { before: PullRequestChange['before'] }>(tx, RECORD, [
      newId(), pull.repositoryId, pull.taskId, pull.githubPrId, pull.nodeId, pull.number, storableText(pull.title), pull.description === null ? null : storableText(pull.description),
      pull.sourceBranch, pull.targetBranch, pull.headSha, pull.baseSha, pull.status, pull.authorLogin, pull.url, pull.githubCreatedAt, pull.githubUpdatedAt, pull.mergedAt, pull.closedAt,
      pull.additions, pull.deletions, pull.changedFiles,
    ]);
    if (!row) throw new Error(`pull request ${pull.number} was not stored`);
    const { before, ...after } = row;
    await this.tell(tx, after, before);
    const { id, repositoryId, taskId, prNumber: number, title, sourceBranch, targetBranch, headSha, status, url, createdAt } = after;
    return { id, repositoryId, taskId, number, title, sourceBranch, targetBranch, headSha, status, url, createdAt };
  }

  /** The newest pull request of the organization's task. */
  findForTask(manager: EntityManager, organizationId: string, taskId: string): Promise<PullRequestRow | null> {
    return sqlRow<PullRequestRow>(
      manager,
      `SELECT ${LISTED} FROM pull_requests p JOIN tasks t ON t.id = p.task_id WHERE p.task_id = $2 AND t.organization_id = $1 ORDER BY p.created_at DESC, p.id DESC LIMIT 1`,
      [organizationId, taskId],
    );
  }

  private async tell(tx: Tx, after: ShownPullRequest, before: PullRequestChange['before']): Promise<void> {
    const type = newsOfPullRequest({ before, after });
    if (type === null || after.taskId === null) return;
    await emitPullRequestNews(tx, after.taskId, { type, pullRequest: { ...pullRequestJson(after), previousStatus: before?.status ?? null } });
  }
}

const RECORD = `
WITH old AS (SELECT status, head_sha FROM pull_requests WHERE repository_id = $2 AND pr_number = $6)
INSERT INTO pull_requests AS p (id, repository_id, task_id, github_pr_id, node_id, pr_number, title, description, source_branch, target_branch, head_sha, base_sha, status, origin,
       author_login, url, github_created_at, github_updated_at, merged_at, closed_at, additions, deletions, changed_files)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'agent', $14, $15, $16, $17, $18, $19, $20, $21, $22)
ON CONFLICT (repository_id, pr_number) DO UPDATE SET task_id = EXCLUDED.task_id, origin = 'agent', title = EXCLUDED.title, description = EXCLUDED.description,
       head_sha = EXCLUDED.head_sha, base_sha = EXCLUDED.base_sha, status = EXCLUDED.status, url = EXCLUDED.url, github_updated_at = EXCLUDED.github_updated_at,
       merged_at = EXCLUDED.merged_at, closed_at = EXCLUDED.closed_at, additions = EXCLUDED.additions, deletions = EXCLUDED.deletions, changed_files = EXCLUDED.changed_files
RETURNING ${PULL_REQUEST_SHOWN}, (SELECT json_build_object('status', old.status, 'headSha', old.head_sha) FROM old) AS before`;
