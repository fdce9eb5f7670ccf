import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRows, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import type { GitRepo } from './git-repo.entity';

/** A repository as GitHub describes it; ids as text. What is left out was not said. */
export interface ForgeRepository {
  readonly githubId: string;
  readonly nodeId: string | null;
  readonly name: string;
  readonly fullName: string;
  readonly url: string;
  readonly cloneUrl: string;
  readonly isPrivate: boolean;
  readonly description?: string | null;
  readonly isArchived?: boolean;
  readonly isFork?: boolean;
  readonly language?: string | null;
  readonly sizeKb?: number;
  readonly pushedAt?: Date;
  /** Decides which of two descriptions is the newer one. */
  readonly updatedAt: Date;
}

/** A connected repository of some organization, with GitHub's id of the installation that reaches it. */
export type MirroredRepo = Pick<GitRepo, 'id' | 'organizationId' | 'fullName' | 'status' | 'defaultBranch'> & { readonly githubId: string; readonly installationId: string | null };

const CONNECTED = `r.provider = 'github' AND r.disconnected_at IS NULL`;

const DESCRIBE = `
UPDATE repositories r SET node_id = coalesce(f.node_id, r.node_id), name = f.name, full_name = f.full_name, url = f.url, clone_url = f.clone_url, is_private = f.is_private,
       description = CASE WHEN $2 THEN f.description ELSE r.description END, is_archived = coalesce(f.is_archived, r.is_archived), is_fork = coalesce(f.is_fork, r.is_fork),
       language = CASE WHEN $3 THEN f.language ELSE r.language END, size_kb = coalesce(f.size_kb, r.size_kb), last_pushed_at = greatest(f.last_pushed_at, r.last_pushed_at), github_updated_at = f.github_updated_at
  FROM jsonb_populate_record(NULL::repositories, $1::jsonb) f
 WHERE r.github_id = f.github_id AND ${CONNECTED} AND NOT coalesce(f.github_updated_at < r.github_updated_at, false)`;

/**
 * What GitHub tells of repositories, written into the rows of every organization that connected them: by GitHub's id, and only what is not
 * older than what is there. For the worker: nobody asks for anything here.
 */
@Injectable()
export class GitRepoMirrorStore {
  /** Every organization's row of a repository. */
  connected(manager: EntityManager, githubId: string): Promise<MirroredRepo[]> {
    return sqlRows<MirroredRepo>(
      manager,
      `SELECT r.id, r.organization_id, r.full_name, r.status, r.default_branch, r.github_id, i.installation_id FROM repositories r LEFT JOIN github_installations i ON i.id = r.installation_id
        WHERE r.github_id = $1 AND ${CONNECTED} ORDER BY r.id`,
      [githubId],
    );
  }

  /** Writes a description; returns how many rows there were that knew no newer one. */
  describe(tx: Tx, repository: ForgeRepository): Promise<number> {
    const { githubId, nodeId, name, fullName, url, cloneUrl, isPrivate, description, isArchived, isFork, language, sizeKb, pushedAt, updatedAt } = repository;
    const said = {
      github_id: githubId, node_id: nodeId, name, full_name: fullName, url, clone_url: cloneUrl, is_private: isPrivate, description, is_archived: isArchived, is_fork: isFork, language, size_kb: sizeKb,
      last_pushed_at: pushedAt, github_updated_at: updatedAt,
    };
    return sqlChange(tx, DESCRIBE, [storableJson(said), description !== undefined, language !== undefined]);
  }

  /** The forge has another default branch. An organization that chose one of its own keeps it. */
  moveDefaultBranch(tx: Tx, githubId: string, { from, to }: { readonly from: string; readonly to: string }): Promise<number> {
    return sqlChange(tx, `UPDATE repositories r SET default_branch = $3 WHERE r.github_id = $1 AND ${CONNECTED} AND r.default_branch = $2`, [githubId, from, to]);
  }

  pushed(tx: Tx, githubId: string, at: Date): Promise<number> {
    return sqlChange(tx, `UPDATE repositories r SET last_pushed_at = $2 WHERE r.github_id = $1 AND ${CONNECTED} AND NOT coalesce(r.last_pushed_at >= $2, false)`, [githubId, at]);
  }

  /** It is gone at the forge, for good: ids are not given out again. */
  async withdraw(tx: Tx, githubId: string): Promise<void> {
    await tx.query(`UPDATE repositories r SET status = 'unavailable' WHERE r.github_id = $1 AND ${CONNECTED} AND r.status <> 'unavailable'`, [githubId]);
  }
}
