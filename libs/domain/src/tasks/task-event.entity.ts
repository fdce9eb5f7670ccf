import { Big, Json, Table, Text, Time, Uuid } from '../columns';

/** Append-only history, `seq` per task, partitioned by the month in which the task was made. `data` is what readers see, `internal` what a resumed attempt needs. */
@Table('task_events', { indexes: ['task_events_attempt_idx', 'task_events_verify_idx'], synchronize: false })
export class TaskEvent {
  @Uuid({ primary: true, references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Big({ primary: true, checked: true }) seq!: bigint;
  @Uuid({ nullable: true, references: 'task_attempts', onDelete: 'SET NULL' }) attemptId!: string | null;
  @Text({ checked: true }) type!: string;
  @Json({ default: {} }) data!: Record<string, unknown>;
  @Json({ nullable: true }) internal!: Record<string, unknown> | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
