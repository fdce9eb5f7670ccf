import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRows, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import type { CommitCheck } from './commit-check.entity';

/** A check as the forge describes it; ids as text. */
export type ForgeCheck = Omit<CommitCheck, 'id' | 'repositoryId' | 'createdAt'>;

export type CommitCheckRow = Pick<CommitCheck, 'kind' | 'githubId' | 'name' | 'state' | 'conclusion' | 'appId' | 'headBranch' | 'url' | 'startedAt' | 'completedAt' | 'githubUpdatedAt'>;

const COLUMNS = ['check_key', 'github_id', 'name', 'state', 'conclusion', 'app_id', 'head_branch', 'url', 'started_at', 'completed_at', 'github_updated_at', 'progress'];
const SAID = COLUMNS.filter((column) => column !== 'check_key');
const AGE = ['github_updated_at', 'progress', 'github_id'];

const MIRROR = `
INSERT INTO commit_checks AS c (id, repository_id, head_sha, kind, ${COLUMNS.join(', ')}) SELECT n.id, n.repository_id, n.head_sha, n.kind, ${COLUMNS.map((column) => `n.${column}`).join(', ')}
  FROM jsonb_populate_record(NULL::commit_checks, $1::jsonb) n
ON CONFLICT (repository_id, head_sha, kind, check_key) DO UPDATE SET ${SAID.map((column) => `${column} = EXCLUDED.${column}`).join(', ')}
 WHERE (${AGE.map((column) => `EXCLUDED.${column}`).join(', ')}) > (${AGE.map((column) => `c.${column}`).join(', ')})
RETURNING c.id`;

/** Checks of commits: what webhooks told of them. Who needs certainty asks the forge. */
@Injectable()
export class CommitCheckStore {
  /** Keeps a check unless something newer of it is known; whether that changed anything. */
  async mirror(tx: Tx, repositoryId: string, check: ForgeCheck): Promise<boolean> {
    const row = {
      id: newId(), repository_id: repositoryId, head_sha: check.headSha, kind: check.kind, check_key: check.checkKey, github_id: check.githubId, name: check.name, state: check.state,
      conclusion: check.conclusion, app_id: check.appId, head_branch: check.headBranch, url: check.url, started_at: check.startedAt, completed_at: check.completedAt,
      github_updated_at: check.githubUpdatedAt, progress: check.progress,
    };
    return (await sqlChange(tx, MIRROR, [storableJson(row)])) > 0;
  }

  /** What is known of a commit's checks: of each name of an App the newest. For the worker, and for those who were let to the repository. */
  forCommit(manager: EntityManager, repositoryId: string, headSha: string): Promise<CommitCheckRow[]> {
    return sqlRows<CommitCheckRow>(
      manager,
      `SELECT DISTINCT ON (kind, app_id, name) kind, github_id, name, state, conclusion, app_id, head_branch, url, started_at, completed_at, github_updated_at FROM commit_checks
        WHERE repository_id = $1 AND head_sha = $2 ORDER BY kind, app_id, name, github_id DESC`,
      [repositoryId, headSha],
    );
  }
}

const KEPT_DAYS = 90;

/** Forgets checks that were kept for their time, at most `limit` of them. */
export function deleteOldChecks(tx: Tx, limit: number): Promise<number> {
  return sqlChange(tx, `DELETE FROM commit_checks WHERE id IN (SELECT id FROM commit_checks WHERE created_at < now() - make_interval(days => $1) ORDER BY created_at LIMIT $2)`, [KEPT_DAYS, limit]);
}
