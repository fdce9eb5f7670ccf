import { Unique } from 'typeorm';
import { Big, Flag, Id, Json, SmallInt, Table, Text, Time, Uuid } from '../columns';
import type { AttemptCause, AttemptStage, AttemptStatus } from './task-status';

/** One execution by one worker: lease, fence, and the stage where the next worker goes on. */
@Table('task_attempts', {
  checks: ['task_attempts_finished_at_ck', 'task_attempts_lease_ck'],
  indexes: ['task_attempts_bundle_idx', 'task_attempts_lease_idx', 'task_attempts_one_live_uq', 'task_attempts_queue_idx'],
})
@Unique(['taskId', 'number'])
export class TaskAttempt {
  @Id() id!: string;
  @Uuid({ references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @SmallInt({ checked: true }) number!: number;
  @Text({ default: 'start', checked: true }) cause!: AttemptCause;
  @Text({ default: 'queued', checked: true }) status!: AttemptStatus;
  @Text({ default: 'prepare', checked: true }) stage!: AttemptStage;
  @Time({ default: 'now' }) availableAt!: Date;
  @Text({ nullable: true }) workerId!: string | null;
  @Big({ default: 0 }) fence!: bigint;
  @Time({ nullable: true }) leaseExpiresAt!: Date | null;
  @Time({ nullable: true }) heartbeatAt!: Date | null;
  @Uuid({ nullable: true, references: 'ai_models', onDelete: 'RESTRICT' }) aiModelId!: string | null;
  @Uuid({ nullable: true, references: 'api_keys', onDelete: 'SET NULL' }) apiKeyId!: string | null;
  @Text({ nullable: true }) workspaceRef!: string | null;
  @Text({ nullable: true }) baseSha!: string | null;
  @Text({ nullable: true }) headSha!: string | null;
  @Json({ nullable: true }) checkpoint!: Record<string, unknown> | null;
  @Uuid({ nullable: true, references: 'blobs', onDelete: 'SET NULL' }) bundleBlobId!: string | null;
  /** Which models were weighed, and why the first was chosen; null: before that. */
  @Json({ nullable: true, checked: true }) routing!: Record<string, unknown> | null;
  @Text({ nullable: true }) errorCode!: string | null;
  @Text({ nullable: true, checked: true }) errorMessage!: string | null;
  @Flag({ nullable: true }) retryable!: boolean | null;
  @Time({ nullable: true }) startedAt!: Date | null;
  @Time({ nullable: true }) finishedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
