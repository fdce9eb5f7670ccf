import { Index } from 'typeorm';
import { Big, Bytes, Id, Json, Table, Text, Time, Uuid } from '../columns';

/** What a task delivered: inline up to 1 MiB, else in a blob. */
@Table('task_results', { checks: ['task_results_inline_size_ck', 'task_results_one_place_ck'], indexes: ['task_results_blob_idx', 'task_results_once_uq'] })
@Index('task_results_task_idx', ['taskId', 'createdAt', 'id'])
export class TaskResult {
  @Id() id!: string;
  @Uuid({ references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Uuid({ nullable: true, references: 'task_attempts', onDelete: 'SET NULL' }) attemptId!: string | null;
  @Text({ checked: true }) resultType!: 'diff' | 'patch' | 'answer' | 'plan' | 'review' | 'report';
  @Text({ nullable: true }) title!: string | null;
  @Text({ nullable: true }) summary!: string | null;
  @Text({ nullable: true }) content!: string | null;
  @Uuid({ nullable: true, references: 'blobs', onDelete: 'SET NULL' }) blobId!: string | null;
  @Text({ default: 'text/markdown' }) mediaType!: string;
  @Bytes({ nullable: true, checked: true }) contentSha256!: Buffer | null;
  @Big({ default: 0, checked: true }) sizeBytes!: bigint;
  @Text({ nullable: true }) filePath!: string | null;
  @Json({ default: {} }) metadata!: Record<string, unknown>;
  @Time({ default: 'now' }) createdAt!: Date;
}
