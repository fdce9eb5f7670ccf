import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { repositorySettings, type RepositorySettings } from '../git-repos/repository-settings';
import { sqlRow, sqlRows } from '../sql';

/** A connected repository that an event at GitHub is about, as far as it may start work there. */
export interface TriggeredRepository {
  readonly id: string;
  readonly organizationId: string;
  readonly fullName: string;
  readonly defaultBranch: string;
  readonly githubRepoId: string;
  readonly installationId: string;
  readonly settings: Required<RepositorySettings>;
  /** Whose tasks they become where GitHub's account belongs to nobody here: who connected it, else the organization's owner. */
  readonly standInUserId: string;
}

/** Who an account of GitHub's is here. */
export interface TriggeringUser {
  readonly userId: string;
  /** Whether they may hand in tasks in the organization. */
  readonly mayHandIn: boolean;
}

/** A task whose branch a pull request of our agent's comes from. */
export interface OwningTask {
  readonly taskId: string;
  readonly pullRequestId: string;
  readonly number: number;
  readonly status: string;
  readonly headSha: string | null;
}

interface RepositoryRow extends Omit<TriggeredRepository, 'settings'> {
  readonly settings: RepositorySettings;
}

const OWNING = `SELECT p.task_id, p.id AS pull_request_id, p.pr_number AS number, p.status, p.head_sha
  FROM pull_requests p JOIN tasks t ON t.id = p.task_id WHERE p.repository_id = $1 AND p.origin = 'agent'`;

/** What an event at GitHub is about, in our rows. */
@Injectable()
export class TriggerSubjectStore {
  /** Every organization's connection of a repository that may be worked on now: usually one. */
  async repositories(manager: EntityManager, { githubRepoId, installationId }: { readonly githubRepoId: string; readonly installationId: string }): Promise<TriggeredRepository[]> {
    const rows = await sqlRows<RepositoryRow>(
      manager,
      `SELECT r.id, r.organization_id, r.full_name, r.default_branch, r.github_id AS github_repo_id, i.installation_id, r.settings,
              (SELECT m.user_id FROM organization_members m JOIN users u ON u.id = m.user_id
                WHERE m.organization_id = r.organization_id AND u.status = 'active' AND u.deleted_at IS NULL AND (m.user_id = r.connected_by_user_id AND m.role IN ('member','admin','owner') OR m.role = 'owner')
                ORDER BY m.user_id = r.connected_by_user_id DESC NULLS LAST, m.created_at, m.user_id LIMIT 1) AS stand_in_user_id
         FROM repositories r JOIN github_installations i ON i.id = r.installation_id JOIN organizations o ON o.id = r.organization_id
        WHERE r.provider = 'github' AND r.github_id = $1 AND i.installation_id = $2 AND r.status = 'active' AND r.disconnected_at IS NULL AND NOT r.is_archived
          AND i.suspended_at IS NULL AND i.deleted_at IS NULL AND o.status = 'active' AND o.deleted_at IS NULL ORDER BY r.created_at, r.id`,
      [githubRepoId, installationId],
    );
    return rows.filter(({ standInUserId }) => standInUserId !== null).map(({ settings, ...row }) => ({ ...row, settings: repositorySettings(settings) }));
  }

  /** The person who connected this account; null: nobody did. A person who is suspended may hand in nothing. */
  user(manager: EntityManager, organizationId: string, githubUserId: string): Promise<TriggeringUser | null> {
    return sqlRow<TriggeringUser>(
      manager,
      `SELECT u.id AS user_id, u.status = 'active' AND m.role IS NOT NULL AND m.role IN ('member','admin','owner') AS may_hand_in
         FROM github_connections c JOIN users u ON u.id = c.user_id LEFT JOIN organization_members m ON m.user_id = u.id AND m.organization_id = $1
        WHERE c.github_user_id = $2 AND c.status <> 'revoked' AND u.deleted_at IS NULL`,
      [organizationId, githubUserId],
    );
  }

  /** The task that owns a pull request's branch; null: it is not our agent's. */
  owner(manager: EntityManager, repositoryId: string, number: number): Promise<OwningTask | null> {
    return sqlRow<OwningTask>(manager, `${OWNING} AND p.pr_number = $2`, [repositoryId, number]);
  }

  /** The same, by the commit that its open pull request stands at. */
  ownerOfHead(manager: EntityManager, repositoryId: string, headSha: string): Promise<OwningTask | null> {
    return sqlRow<OwningTask>(manager, `${OWNING} AND p.head_sha = $2 AND p.status IN ('open','draft') ORDER BY p.created_at DESC, p.id DESC LIMIT 1`, [repositoryId, headSha]);
  }

  /** Our row of a pull request; null: it is not mirrored. */
  pullRequest(manager: EntityManager, repositoryId: string, number: number): Promise<{ id: string; headSha: string | null } | null> {
    return sqlRow(manager, 'SELECT id, head_sha FROM pull_requests WHERE repository_id = $1 AND pr_number = $2', [repositoryId, number]);
  }

  /** Whether a task of this id works in the repository. */
  async isTaskOf(manager: EntityManager, repositoryId: string, taskId: string): Promise<boolean> {
    return (await sqlRow(manager, 'SELECT 1 AS is FROM tasks WHERE id = $2 AND repository_id = $1', [repositoryId, taskId])) !== null;
  }

  /** Tasks that look at a pull request or issue and have not ended: what a stop word is for. */
  async liveTasksAbout(manager: EntityManager, repositoryId: string, number: number): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(
      manager,
      `SELECT t.id FROM tasks t LEFT JOIN pull_requests p ON p.id = t.source_pull_request_id
        WHERE t.repository_id = $1 AND t.completed_at IS NULL AND (t.source_issue_number = $2 OR p.pr_number = $2 OR t.id IN (SELECT f.task_id FROM pull_requests f WHERE f.repository_id = $1 AND f.pr_number = $2)) ORDER BY t.id`,
      [repositoryId, number],
    );
    return rows.map(({ id }) => id);
  }
}
