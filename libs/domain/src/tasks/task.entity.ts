import { ForeignKey, Index } from 'typeorm';
import { Big, Id, Int, Json, SmallInt, Table, Text, TextArray, Time, Touched, Uuid } from '../columns';
import type { TaskMode } from './task-mode';
import type { TaskStatus } from './task-status';

/** The durable unit of work: one id for life. What moves while it runs is in `TaskCounters`. */
@Table('tasks', {
  checks: ['tasks_completed_at_ck', 'tasks_scheduled_at_ck'],
  indexes: [
    'tasks_completed_idx', 'tasks_open_idx',
    'tasks_api_key_idx', 'tasks_automation_idx', 'tasks_candidates_idx', 'tasks_chosen_idx', 'tasks_deadline_idx', 'tasks_dedupe_uq', 'tasks_forked_idx', 'tasks_issue_idx', 'tasks_live_by_org_idx',
    'tasks_org_list_idx', 'tasks_org_status_idx', 'tasks_parent_idx', 'tasks_queue_idx', 'tasks_repo_list_idx', 'tasks_schedule_idx', 'tasks_source_pr_idx',
    'tasks_tags_idx', 'tasks_user_list_idx',
  ],
})
@ForeignKey('repositories', ['repositoryId', 'organizationId'], ['id', 'organizationId'], { name: 'tasks_repository_fk', onDelete: 'RESTRICT' })
@Index('tasks_model_idx', ['aiModelId'])
export class Task extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ references: 'users', onDelete: 'RESTRICT' }) userId!: string;
  @Uuid() repositoryId!: string;
  @Uuid({ nullable: true, references: 'ai_models', onDelete: 'RESTRICT' }) aiModelId!: string | null;
  @Text({ default: 'auto' }) requestedModel!: string;
  @Uuid({ nullable: true, references: 'api_keys', onDelete: 'SET NULL' }) apiKeyId!: string | null;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'SET NULL' }) parentTaskId!: string | null;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'SET NULL' }) forkedFromTaskId!: string | null;
  @SmallInt({ nullable: true, checked: true }) candidates!: number | null;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'SET NULL' }) chosenTaskId!: string | null;
  @Text({ default: 'code', checked: true }) mode!: TaskMode;
  @Text({ checked: true }) title!: string;
  @Text({ nullable: true, checked: true }) description!: string | null;
  @Text({ checked: true }) prompt!: string;
  @Text({ default: 'medium', checked: true }) priority!: 'low' | 'medium' | 'high';
  @Text({ checked: true }) branch!: string;
  @Text({ nullable: true, checked: true }) baseSha!: string | null;
  @Text({ checked: true }) targetBranch!: string;
  @Text({ nullable: true, checked: true }) workBranch!: string | null;
  @Text({ default: 'api', checked: true }) source!: 'api' | 'fork' | 'plan' | 'issue' | 'mention' | 'pull_request' | 'check' | 'candidate' | 'automation';
  @Int({ nullable: true, checked: true }) sourceIssueNumber!: number | null;
  @Uuid({ nullable: true, references: 'pull_requests', onDelete: 'SET NULL', foreignKey: 'tasks_source_pr_fk' }) sourcePullRequestId!: string | null;
  @Uuid({ nullable: true, references: 'automations', onDelete: 'SET NULL' }) automationId!: string | null;
  @Text({ nullable: true, checked: true }) dedupeKey!: string | null;
  @Json({ default: {}, checked: true }) options!: Record<string, unknown>;
  @Json({ default: {}, checked: true }) metadata!: Record<string, unknown>;
  @TextArray({ default: [], checked: true }) tags!: string[];
  @Text({ default: 'queued', checked: true }) status!: TaskStatus;
  @Text({ nullable: true, checked: true }) statusReason!: string | null;
  @Text({ nullable: true, checked: true }) planStatus!: 'proposed' | 'approved' | 'rejected' | null;
  @Time({ nullable: true }) planDecidedAt!: Date | null;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) planDecidedByUserId!: string | null;
  @Text({ nullable: true, checked: true }) verification!: 'passed' | 'failed' | 'skipped' | null;
  @SmallInt({ default: 0, checked: true }) progress!: number;
  @SmallInt({ default: 0 }) attemptCount!: number;
  @SmallInt({ default: 0, checked: true }) failureCount!: number;
  @SmallInt({ default: 3, checked: true }) maxAttempts!: number;
  @Big({ nullable: true, checked: true }) estimatedCreditsMicro!: bigint | null;
  @Big({ nullable: true, checked: true }) maxCreditsMicro!: bigint | null;
  @Text({ nullable: true }) errorCode!: string | null;
  @Text({ nullable: true, checked: true }) errorMessage!: string | null;
  @Text({ nullable: true }) requestId!: string | null;
  /** The W3C trace that it belongs to. */
  @Text({ nullable: true }) traceparent!: string | null;
  @Time({ nullable: true }) scheduledAt!: Date | null;
  @Time({ nullable: true }) queuedAt!: Date | null;
  @Time({ nullable: true }) startedAt!: Date | null;
  @Time({ nullable: true }) completedAt!: Date | null;
  @Time({ nullable: true }) deadlineAt!: Date | null;
  @Time({ nullable: true }) cancelRequestedAt!: Date | null;
  @Time({ nullable: true }) pauseRequestedAt!: Date | null;
  @Time({ nullable: true }) archivedAt!: Date | null;
}
