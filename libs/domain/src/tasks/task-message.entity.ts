import { Unique } from 'typeorm';
import { Big, Id, Json, Table, Text, Time, Uuid } from '../columns';

/** A message from or to the user. */
@Table('task_messages', { indexes: ['task_messages_undelivered_idx'] })
@Unique(['taskId', 'seq'])
export class TaskMessage {
  @Id() id!: string;
  @Uuid({ references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Uuid({ nullable: true, references: 'task_attempts', onDelete: 'SET NULL' }) attemptId!: string | null;
  @Big({ checked: true }) seq!: bigint;
  @Text({ checked: true }) role!: 'user' | 'assistant' | 'system';
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) authorUserId!: string | null;
  @Text({ checked: true }) content!: string;
  @Json({ default: {} }) metadata!: Record<string, unknown>;
  @Time({ nullable: true }) deliveredAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
