import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { TaskEventData } from './task-event';
import { TaskEventStore } from './task-event.store';

/** What happens at the forge to what a task left there: a line of its history, once for each `key`. */
@Injectable()
export class TaskForgeNews {
  constructor(private readonly events: TaskEventStore) {}

  /** Tasks that work on a branch of a repository. */
  async ofBranch(manager: EntityManager, repositoryId: string, branch: string): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(manager, 'SELECT id FROM tasks WHERE repository_id = $1 AND work_branch = $2 ORDER BY id', [repositoryId, branch]);
    return rows.map(({ id }) => id);
  }

  /** Whether the task itself pushed this commit, or was about to. */
  async isOwnPush(manager: EntityManager, taskId: string, sha: string): Promise<boolean> {
    return (await sqlRow(manager, `SELECT 1 FROM task_effects WHERE task_id = $1 AND kind = 'push' AND effect_key = 'push-' || $1::text || '-' || $2`, [taskId, sha])) !== null;
  }

  /** Whether it was news. */
  async tell(tx: Tx, taskId: string, key: string, data: TaskEventData['github']): Promise<boolean> {
    const row = await sqlRow<{ isKnown: boolean }>(tx, 'SELECT false AS is_known FROM task_counters WHERE task_id = $1 FOR NO KEY UPDATE', [taskId]);
    if (!row || (await sqlRow(tx, `SELECT 1 FROM task_events WHERE task_id = $1 AND type = 'github' AND internal ->> 'key' = $2`, [taskId, key]))) return false;
    await this.events.append(tx, taskId, null, [{ type: 'github', data, internal: { key } }]);
    return true;
  }
}
