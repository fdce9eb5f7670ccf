import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { CheckWatch } from './check-watch.entity';

/** What is watched, with what it takes to ask the forge about it. */
export interface DueCheckWatch extends Pick<CheckWatch, 'id' | 'taskId' | 'repositoryId' | 'prNumber' | 'headSha' | 'rounds' | 'waitsTold'> {
  readonly organizationId: string;
  readonly installationId: string | null;
  readonly githubRepoId: string | null;
  readonly autoFixChecks: boolean;
}

/** A commit of our agent's. */
export type WatchedHead = Pick<CheckWatch, 'repositoryId' | 'taskId' | 'prNumber' | 'headSha'>;

const READ = `SELECT w.id, w.task_id, w.repository_id, w.pr_number, w.head_sha, w.rounds, w.waits_told, r.organization_id, i.installation_id, r.github_id AS github_repo_id,
  coalesce((r.settings->>'autoFixChecks')::boolean, false) AND r.status = 'active' AND r.disconnected_at IS NULL AND i.suspended_at IS NULL AND i.deleted_at IS NULL AS auto_fix_checks
  FROM check_watches w JOIN repositories r ON r.id = w.repository_id LEFT JOIN github_installations i ON i.id = r.installation_id`;

/** The checks of our agent's commits: rows, so that the wait for quiet outlives every worker. */
@Injectable()
export class CheckWatchStore {
  /**
   * News of a commit's checks: the quiet begins anew. A failure opens the watch where there is none; one that a person stopped stays so, and
   * so do those of the heads that follow.
   */
  async touch(tx: Tx, watch: WatchedHead, news: { readonly opens: boolean; readonly quietSeconds: number }): Promise<void> {
    const [quiet, parameters] = ['now() + make_interval(secs => $3)', [watch.repositoryId, watch.headSha, news.quietSeconds]];
    const known = await sqlChange(tx, `UPDATE check_watches SET status = CASE WHEN status = 'stopped' OR NOT $4 AND status = 'idle' THEN status ELSE 'watching' END, due_at = ${quiet} WHERE repository_id = $1 AND head_sha = $2`, [...parameters, news.opens]);
    if (known > 0 || !news.opens) return;
    await tx.query(
      `INSERT INTO check_watches (id, repository_id, head_sha, task_id, pr_number, status, due_at)
       SELECT $4, $1, $2, $5, $6, CASE WHEN EXISTS (SELECT 1 FROM check_watches s WHERE s.task_id = $5 AND s.status = 'stopped') THEN 'stopped' ELSE 'watching' END, ${quiet} ON CONFLICT DO NOTHING`,
      [...parameters, newId(), watch.taskId, watch.prNumber],
    );
  }

  /** Watches that were quiet for long enough. */
  async due(manager: EntityManager, limit: number): Promise<string[]> {
    return (await sqlRows<{ id: string }>(manager, `SELECT id FROM check_watches WHERE status = 'watching' AND due_at <= now() ORDER BY due_at LIMIT $1`, [limit])).map(({ id }) => id);
  }

  /** Takes a due watch for `seconds`, so that no other worker asks about it meanwhile; null: another one was faster. */
  async take(tx: Tx, id: string, seconds: number): Promise<DueCheckWatch | null> {
    const taken = await sqlChange(tx, `UPDATE check_watches SET due_at = now() + make_interval(secs => $2) WHERE id = $1 AND status = 'watching' AND due_at <= now()`, [id, seconds]);
    return taken === 0 ? null : sqlRow<DueCheckWatch>(tx, `${READ} WHERE w.id = $1`, [id]);
  }

  /** Counts a message that this head led to, unless there were `most` already or somebody stopped it: then null. */
  async countRound(tx: Tx, id: string, most: number): Promise<number | null> {
    const row = await sqlRow<{ rounds: number }>(
      tx,
      `UPDATE check_watches SET rounds = rounds + 1, status = 'idle' WHERE id = $1 AND status = 'watching' AND rounds < $2 RETURNING rounds`,
      [id, most],
    );
    return row?.rounds ?? null;
  }

  /** Messages of this task's watches since its last word from a person. */
  async roundsAlone(tx: Tx, taskId: string): Promise<number> {
    const row = await sqlRow<{ rounds: number }>(
      tx,
      `SELECT count(*)::integer AS rounds FROM task_messages m WHERE m.task_id = $1 AND m.role = 'user' AND m.metadata->>'source' = 'check'
          AND m.seq > coalesce((SELECT max(p.seq) FROM task_messages p WHERE p.task_id = $1 AND p.role = 'user' AND p.metadata->>'source' IS DISTINCT FROM 'check'), 0)`,
      [taskId],
    );
    return row?.rounds ?? 0;
  }

  /** Forgets commits of which nothing was heard for three months. Returns how many rows went. */
  forgetOld(tx: Tx, limit: number): Promise<number> {
    return sqlChange(tx, `DELETE FROM check_watches WHERE id IN (SELECT id FROM check_watches WHERE status <> 'watching' AND due_at < now() - interval '90 days' LIMIT $1)`, [limit]);
  }

  async rest(tx: Tx, id: string): Promise<void> {
    await sqlChange(tx, `UPDATE check_watches SET status = 'idle' WHERE id = $1 AND status = 'watching'`, [id]);
  }

  /** False: the task was told before. */
  async tellWaiting(tx: Tx, id: string): Promise<boolean> {
    return (await sqlChange(tx, 'UPDATE check_watches SET waits_told = true WHERE id = $1 AND NOT waits_told', [id])) > 0;
  }

  /** A person wants no more of it: for this head and those that follow, until somebody talks to the task again. */
  async stop(tx: Tx, watch: WatchedHead): Promise<void> {
    await tx.query(
      `INSERT INTO check_watches (id, repository_id, head_sha, task_id, pr_number, status, due_at) VALUES ($1, $2, $3, $4, $5, 'stopped', now()) ON CONFLICT (repository_id, head_sha) DO NOTHING`,
      [newId(), watch.repositoryId, watch.headSha, watch.taskId, watch.prNumber],
    );
    await sqlChange(tx, `UPDATE check_watches SET status = 'stopped' WHERE task_id = $1`, [watch.taskId]);
  }

  /** Somebody talks to the task again. */
  async letGoOn(tx: Tx, taskId: string): Promise<void> {
    await sqlChange(tx, `UPDATE check_watches SET status = 'idle' WHERE task_id = $1 AND status = 'stopped'`, [taskId]);
  }
}
