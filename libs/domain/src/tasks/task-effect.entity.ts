import { Index } from 'typeorm';
import { Id, Json, Table, Text, Time, Uuid } from '../columns';

/** An effect outside the platform: intent, then do, then record. */
@Table('task_effects', { checks: ['task_effects_finished_at_ck'], indexes: ['task_effects_attempt_idx'] })
@Index('task_effects_task_idx', ['taskId', 'createdAt'])
export class TaskEffect {
  @Id() id!: string;
  @Uuid({ references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Uuid({ nullable: true, references: 'task_attempts', onDelete: 'SET NULL' }) attemptId!: string | null;
  @Text({ checked: true }) kind!: 'push' | 'pull_request' | 'review' | 'comment' | 'check_run' | 'branch_delete';
  @Text({ unique: true, checked: true }) effectKey!: string;
  @Text({ default: 'intended', checked: true }) status!: 'intended' | 'done' | 'failed';
  @Json({ default: {} }) intent!: Record<string, unknown>;
  @Json({ nullable: true }) result!: Record<string, unknown> | null;
  @Text({ nullable: true }) errorCode!: string | null;
  @Time({ default: 'now' }) createdAt!: Date;
  @Time({ nullable: true }) finishedAt!: Date | null;
}
