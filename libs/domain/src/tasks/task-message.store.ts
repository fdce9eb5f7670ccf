import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows, storableJson, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import { TaskEventStore } from './task-event.store';
import type { TaskMessage } from './task-message.entity';

export interface NewTaskMessage {
  readonly taskId: string;
  readonly attemptId: string | null;
  readonly role: TaskMessage['role'];
  readonly authorUserId: string | null;
  readonly content: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A message as it is listed. */
export interface TaskMessageRow {
  readonly id: string;
  readonly seq: number;
  readonly role: TaskMessage['role'];
  readonly authorUserId: string | null;
  readonly authorUsername: string | null;
  readonly content: string;
  readonly deliveredAt: Date | null;
  readonly createdAt: Date;
}

const LISTED = 'm.id, m.seq::integer, m.role, m.author_user_id, u.username AS author_username, m.content, m.delivered_at, m.created_at';

/** The conversation between user and agent. */
@Injectable()
export class TaskMessageStore {
  constructor(private readonly events: TaskEventStore) {}

  /** Keeps a message and appends its `message` event. */
  async append(tx: Tx, message: NewTaskMessage): Promise<{ id: string; seq: number; eventSeq: number }> {
    const id = newId();
    const content = storableText(message.content);
    const row = await sqlRow<{ seq: number }>(
      tx,
      `WITH c AS (UPDATE task_counters SET last_message_seq = last_message_seq + 1 WHERE task_id = $2 RETURNING last_message_seq)
       INSERT INTO task_messages (id, task_id, attempt_id, seq, role, author_user_id, content, metadata)
       SELECT $1::uuid, $2::uuid, $3::uuid, c.last_message_seq, $4, $5::uuid, $6, $7::jsonb FROM c RETURNING seq::integer`,
      [id, message.taskId, message.attemptId, message.role, message.authorUserId, content, storableJson(message.metadata ?? {})],
    );
    if (!row) throw new Error(`task ${message.taskId} has no counters`);
    const eventSeq = await this.events.append(tx, message.taskId, message.attemptId, [
      { type: 'message', data: { messageId: id, role: message.role, parts: [{ type: 'text', text: content }] } },
    ]);
    return { id, seq: row.seq, eventSeq };
  }

  /** Whether a message of this occasion is there: a comment, a run of checks. Ask while the task is held. */
  async hasOccasion(tx: Tx, taskId: string, occasion: string): Promise<boolean> {
    return (await sqlRow(tx, `SELECT 1 AS there FROM task_messages WHERE task_id = $1 AND metadata->>'occasion' = $2`, [taskId, occasion])) !== null;
  }

  /** What the user wrote and no model call has carried yet, oldest first. */
  undelivered(manager: EntityManager, taskId: string): Promise<{ id: string; content: string; authorUserId: string | null }[]> {
    return sqlRows(manager, `SELECT id, content, author_user_id FROM task_messages WHERE task_id = $1 AND role = 'user' AND delivered_at IS NULL ORDER BY seq`, [taskId]);
  }

  async markDelivered(tx: Tx, taskId: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await sqlChange(tx, 'UPDATE task_messages SET delivered_at = now() WHERE task_id = $1 AND id = ANY($2::uuid[]) AND delivered_at IS NULL', [taskId, ids]);
  }

  /** Messages after `seq`, oldest first. */
  listForTask(manager: EntityManager, task: { organizationId: string; taskId: string }, page: { after: number; limit: number }): Promise<TaskMessageRow[]> {
    return sqlRows<TaskMessageRow>(
      manager,
      `SELECT ${LISTED} FROM task_messages m JOIN tasks t ON t.id = m.task_id LEFT JOIN users u ON u.id = m.author_user_id
        WHERE m.task_id = $2 AND t.organization_id = $1 AND m.seq > $3 ORDER BY m.seq LIMIT $4`,
      [task.organizationId, task.taskId, page.after, page.limit],
    );
  }
}
