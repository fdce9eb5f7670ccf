import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import { emitTaskNews, listenersSql, type Listener } from '../webhook-endpoints/webhook-emission';
import { newsOfMove } from '../webhook-endpoints/webhook-event';
import { jsonDecimal } from './json-sql';
import type { NewTaskEvent, ResumableTaskEvent, StoredTaskEvent } from './task-event';
import type { TaskStatus } from './task-status';

type Row = Omit<ResumableTaskEvent, 'seq'> & { seq: string };

const SHOWN = 'e.seq, e.attempt_id, a.number AS attempt, e.type, e.data, e.created_at';

/** What the task has cost so far: who follows it sees that with each call. */
const SPENT = `jsonb_build_object('credits', ${jsonDecimal('credits_used_micro', '1000000')}, 'creditsMicros', credits_used_micro, 'costUsd', ${jsonDecimal('cost_nusd', '1000000000')}::text, 'modelCalls', model_calls)`;

const APPEND = `
WITH c AS (UPDATE task_counters SET last_event_seq = last_event_seq + $6 WHERE task_id = $1 RETURNING last_event_seq, ${SPENT} AS spent)
INSERT INTO task_events (task_id, seq, attempt_id, type, data, internal)
SELECT $1::uuid, c.last_event_seq - $6 + r.position, $2::uuid, r.type,
       CASE WHEN r.type IN ('model.completed','model.failed') THEN r.data || jsonb_build_object('spent', c.spent) ELSE r.data END, r.internal
  FROM c, unnest($3::text[], $4::jsonb[], $5::jsonb[]) WITH ORDINALITY AS r(type, data, internal, position)
RETURNING seq`;
const LISTENERS = listenersSql('$1', '(SELECT t.organization_id FROM tasks t WHERE t.id = $1)');

/** Which task, and whose. */
export interface TaskOfOrganization {
  readonly organizationId: string;
  readonly taskId: string;
}

/** The append-only history of a task. */
@Injectable()
export class TaskEventStore {
  /**
   * Appends rows in the order given and returns the `seq` of the last. The task's counter row stays locked until the commit, so commit
   * order is sequence order and a reader of `seq > last` never skips one. Text is made storable (no NUL, no lone surrogate). A move of the
   * task's status is told to whoever listens, too: the task's row must have been written before.
   */
  async append(tx: Tx, taskId: string, attemptId: string | null, rows: readonly NewTaskEvent[]): Promise<number> {
    if (rows.length === 0) return this.lastSeq(tx, taskId);
    const news = rows.flatMap((row) => (row.type === 'status' ? newsOfMove(row.data.from, row.data.to) : []));
    const stored = await sqlRows<{ seq: string; listeners?: Listener[] | null }>(
      tx,
      news.length > 0 ? `${APPEND}, ${LISTENERS} AS listeners` : APPEND,
      [taskId, attemptId, rows.map((row) => row.type), rows.map((row) => storableJson(row.data)), rows.map((row) => (row.internal ? storableJson(row.internal) : null)), rows.length],
    );
    if (stored.length !== rows.length) throw new Error(`task ${taskId} has no counters`);
    await emitTaskNews(tx, taskId, stored[0]?.listeners ?? null, news);
    return Math.max(...stored.map((row) => Number(row.seq)));
  }

  /** Rows of one task after `seq`, oldest first, without their private half; none of another organization's. */
  async readAfter(manager: EntityManager, { organizationId, taskId }: TaskOfOrganization, seq: number, limit: number): Promise<StoredTaskEvent[]> {
    const rows = await sqlRows<Row>(
      manager,
      `SELECT ${SHOWN} FROM task_events e LEFT JOIN task_attempts a ON a.id = e.attempt_id WHERE e.task_id = $1 AND e.seq > $2
         AND EXISTS (SELECT 1 FROM tasks t WHERE t.id = $1 AND t.organization_id = $4) ORDER BY e.seq LIMIT $3`,
      [taskId, seq, limit, organizationId],
    );
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }) as unknown as StoredTaskEvent);
  }

  /**
   * All rows with their private half, oldest first, from the last fresh start on (a retry that asked to begin anew leaves what came
   * before out). For the worker.
   */
  async readForResume(manager: EntityManager, taskId: string): Promise<ResumableTaskEvent[]> {
    const rows = await sqlRows<Row>(
      manager,
      `SELECT ${SHOWN}, e.internal FROM task_events e LEFT JOIN task_attempts a ON a.id = e.attempt_id
        WHERE e.task_id = $1 AND e.seq >= coalesce((SELECT max(f.seq) FROM task_events f WHERE f.task_id = $1 AND f.type = 'status' AND f.internal ->> 'fresh' = 'true'), 0)
        ORDER BY e.seq`,
      [taskId],
    );
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }) as unknown as ResumableTaskEvent);
  }

  /** The newest `seq`; 0 for a task without rows. For the worker. */
  async lastSeq(manager: EntityManager, taskId: string): Promise<number> {
    const row = await sqlRow<{ lastEventSeq: string }>(manager, 'SELECT last_event_seq FROM task_counters WHERE task_id = $1', [taskId]);
    return Number(row?.lastEventSeq ?? 0);
  }

  /** Where the task stands: its newest `seq` with the status that row led to, read in one statement; null when there is no such task. */
  async position(manager: EntityManager, { organizationId, taskId }: TaskOfOrganization): Promise<{ lastSeq: number; status: TaskStatus; statusReason: string | null } | null> {
    const row = await sqlRow<{ lastEventSeq: string; status: TaskStatus; statusReason: string | null }>(
      manager,
      'SELECT k.last_event_seq, t.status, t.status_reason FROM tasks t JOIN task_counters k ON k.task_id = t.id WHERE t.id = $1 AND t.organization_id = $2',
      [taskId, organizationId],
    );
    return row && { lastSeq: Number(row.lastEventSeq), status: row.status, statusReason: row.statusReason };
  }
}
