import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { UserRepositoryAccess } from './user-repository-access.entity';

export type GithubAccessLevel = UserRepositoryAccess['accessLevel'];

/** For so long GitHub's answer is good. */
export const ACCESS_MINUTES = 10;

export interface KnownAccess {
  readonly level: GithubAccessLevel;
  /** Whether it is young enough to be believed without asking again. */
  readonly isFresh: boolean;
}

/** What GitHub answered about a user in a repository. */
export interface VerifiedAccess {
  readonly level: GithubAccessLevel;
  /** GitHub's own word: read, triage, write, maintain, admin; null: none. */
  readonly githubRole: string | null;
  readonly isCollaborator: boolean;
}

/** GitHub's answers about who may do what, kept for ten minutes. "None" is an answer, too. */
@Injectable()
export class UserRepositoryAccessStore {
  constructor(private readonly dataSource: DataSource) {}

  find(userId: string, repositoryId: string): Promise<KnownAccess | null> {
    return sqlRow<KnownAccess>(
      this.dataSource.manager,
      `SELECT access_level AS level, verified_at > now() - make_interval(mins => ${ACCESS_MINUTES}) AS is_fresh FROM user_repository_access WHERE user_id = $1 AND repository_id = $2`,
      [userId, repositoryId],
    );
  }

  /** Last known levels, old ones too, for lists that show them; nothing is decided by it. */
  async levelsOf(userId: string, repositoryIds: readonly string[]): Promise<Map<string, GithubAccessLevel>> {
    if (repositoryIds.length === 0) return new Map();
    const rows = await sqlRows<{ repositoryId: string; level: GithubAccessLevel }>(
      this.dataSource.manager, `SELECT repository_id, access_level AS level FROM user_repository_access WHERE user_id = $1 AND repository_id = ANY($2::uuid[])`, [userId, repositoryIds],
    );
    return new Map(rows.map(({ repositoryId, level }) => [repositoryId, level]));
  }

  /** Keeps an answer. One that was asked for before the user connected anew or somebody marked it stale would be older than it looks: the caller asks and saves at once. */
  async save(tx: Tx, userId: string, repositoryId: string, { level, githubRole, isCollaborator }: VerifiedAccess): Promise<void> {
    await tx.query(
      `INSERT INTO user_repository_access (id, user_id, repository_id, access_level, github_role, is_collaborator, source) VALUES ($1, $2, $3, $4, $5, $6, 'github')
       ON CONFLICT (user_id, repository_id) DO UPDATE SET access_level = excluded.access_level, github_role = excluded.github_role, is_collaborator = excluded.is_collaborator, source = 'github', verified_at = now()`,
      [newId(), userId, repositoryId, level, githubRole, isCollaborator],
    );
  }

  /** GitHub says that something changed for this account, in one repository or wherever it is: ask again. Ids are GitHub's. Returns how many answers it was. */
  markUserStale(tx: Tx, githubUserId: string, githubRepoId: string | null = null): Promise<number> {
    return sqlChange(
      tx,
      `UPDATE user_repository_access a SET verified_at = 'epoch' FROM github_connections c, repositories r
        WHERE c.github_user_id = $1 AND a.user_id = c.user_id AND r.id = a.repository_id AND ($2::bigint IS NULL OR r.github_id = $2)`,
      [githubUserId, githubRepoId],
    );
  }

  /** The same for everybody in a repository: it changed hands, or a team was added. */
  markRepositoryStale(tx: Tx, githubRepoId: string): Promise<number> {
    return sqlChange(tx, `UPDATE user_repository_access a SET verified_at = 'epoch' FROM repositories r WHERE r.github_id = $1 AND a.repository_id = r.id`, [githubRepoId]);
  }
}
