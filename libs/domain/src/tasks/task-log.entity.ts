import { Big, Json, Table, Text, Time, Uuid } from '../columns';

/** Log lines, partitioned by month. */
@Table('task_logs', { indexes: ['task_logs_problem_idx'], synchronize: false })
export class TaskLog {
  @Uuid({ primary: true, references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Big({ primary: true, checked: true }) seq!: bigint;
  @Time({ primary: true, default: 'now' }) createdAt!: Date;
  @Uuid({ nullable: true }) attemptId!: string | null;
  @Text({ checked: true }) level!: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  @Text({ default: 'agent', checked: true }) source!: 'system' | 'agent' | 'tool' | 'git' | 'setup' | 'verify';
  @Text({ nullable: true, checked: true }) stream!: 'stdout' | 'stderr' | null;
  @Text({ checked: true }) message!: string;
  @Json({ nullable: true }) metadata!: Record<string, unknown> | null;
}
