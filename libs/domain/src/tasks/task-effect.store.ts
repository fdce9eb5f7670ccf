import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import type { TaskEffect } from './task-effect.entity';

export type EffectKind = TaskEffect['kind'];

export interface EffectIntent {
  readonly taskId: string;
  readonly attemptId: string;
  readonly kind: EffectKind;
  /** Unique over the platform: `push-<task>-<sha>`, `pull_request-<task>` … */
  readonly key: string;
  readonly intent: Readonly<Record<string, unknown>>;
}

export interface EffectRow {
  readonly id: string;
  readonly taskId: string;
  readonly attemptId: string | null;
  readonly kind: EffectKind;
  readonly effectKey: string;
  readonly status: TaskEffect['status'];
  readonly intent: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly errorCode: string | null;
}

const LISTED = 'id, task_id, attempt_id, kind, effect_key, status, intent, result, error_code';

/** Effects outside the platform: intent, commit, do, record. The fence is the caller's first statement. */
@Injectable()
export class TaskEffectStore {
  /**
   * Writes down what is about to be done and returns the row: with status `done` its result is used and nothing is repeated, otherwise
   * the caller looks outside first. A failed one is taken up again with the new intent.
   */
  async intend(tx: Tx, effect: EffectIntent): Promise<EffectRow> {
    const row = await sqlRow<EffectRow>(
      tx,
      `INSERT INTO task_effects (id, task_id, attempt_id, kind, effect_key, intent) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (effect_key) DO UPDATE SET attempt_id = EXCLUDED.attempt_id,
         status = CASE WHEN task_effects.status = 'done' THEN 'done' ELSE 'intended' END,
         intent = CASE WHEN task_effects.status = 'done' THEN task_effects.intent ELSE EXCLUDED.intent END,
         error_code = NULL,
         finished_at = CASE WHEN task_effects.status = 'done' THEN task_effects.finished_at END
       RETURNING ${LISTED}`,
      [newId(), effect.taskId, effect.attemptId, effect.kind, effect.key, storableJson(effect.intent)],
    );
    if (!row) throw new Error(`effect ${effect.key} was not stored`);
    return row;
  }

  find(manager: EntityManager, key: string): Promise<EffectRow | null> {
    return sqlRow<EffectRow>(manager, `SELECT ${LISTED} FROM task_effects WHERE effect_key = $1`, [key]);
  }

  /** The task's effects of one kind, oldest first: what was meant to be done outside, whether or not that was recorded. */
  listOfTask(manager: EntityManager, taskId: string, kind: EffectKind): Promise<EffectRow[]> {
    return sqlRows<EffectRow>(manager, `SELECT ${LISTED} FROM task_effects WHERE task_id = $1 AND kind = $2 ORDER BY created_at, id`, [taskId, kind]);
  }

  /** Records that it is done; false when it was recorded before. */
  async done(tx: Tx, key: string, result: Readonly<Record<string, unknown>>): Promise<boolean> {
    return (await sqlChange(tx, `UPDATE task_effects SET status = 'done', result = $2, error_code = NULL, finished_at = now() WHERE effect_key = $1 AND status <> 'done'`, [key, storableJson(result)])) > 0;
  }

  /** Records that it was refused. */
  async failed(tx: Tx, key: string, errorCode: string): Promise<void> {
    await sqlChange(tx, `UPDATE task_effects SET status = 'failed', error_code = $2, finished_at = now() WHERE effect_key = $1 AND status = 'intended'`, [key, errorCode]);
  }
}
