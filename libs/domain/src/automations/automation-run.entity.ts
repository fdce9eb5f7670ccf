import { Unique } from 'typeorm';
import { Id, Json, Table, Text, Time, Uuid } from '../columns';

/** What one occasion led to: a task, or why there is none. */
@Table('automation_runs', { indexes: ['automation_runs_list_idx', 'automation_runs_task_idx'] })
@Unique(['automationId', 'occasion'])
export class AutomationRun {
  @Id() id!: string;
  @Uuid({ references: 'automations', onDelete: 'CASCADE' }) automationId!: string;
  @Text({ checked: true }) occasion!: string;
  @Text({ checked: true }) status!: 'started' | 'skipped' | 'failed';
  @Text({ nullable: true }) reason!: string | null;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'SET NULL' }) taskId!: string | null;
  @Json({ default: {} }) event!: Record<string, unknown>;
  @Time({ default: 'now' }) createdAt!: Date;
}
