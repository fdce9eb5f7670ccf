import { ForeignKey, Index, Unique } from 'typeorm';
import { Big, Flag, Id, Json, Table, Text, Time, Touched, Uuid } from '../columns';
import type { AutomationFilter, AutomationKind, AutomationTemplate, AutomationTrigger } from './automation-rules';

/** A rule by which tasks start themselves. */
@Table('automations', { checks: ['automations_next_run_ck'], indexes: ['automations_due_idx', 'automations_events_idx', 'automations_org_list_idx'] })
@Unique(['id', 'organizationId'])
@Index('automations_user_idx', ['userId'])
@ForeignKey('repositories', ['repositoryId', 'organizationId'], ['id', 'organizationId'], { name: 'automations_repository_fk', onDelete: 'CASCADE' })
export class Automation extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string;
  @Uuid() repositoryId!: string;
  @Uuid({ references: 'users', onDelete: 'CASCADE' }) userId!: string;
  @Text({ checked: true }) name!: string;
  @Text({ checked: true }) kind!: AutomationKind;
  @Json({ default: {}, checked: true }) trigger!: AutomationTrigger;
  @Json({ default: {}, checked: true }) filter!: AutomationFilter;
  @Json({ checked: true }) template!: AutomationTemplate;
  @Big({ nullable: true, checked: true }) maxCreditsPerRunMicro!: bigint | null;
  @Big({ nullable: true, checked: true }) maxCreditsPerMonthMicro!: bigint | null;
  @Flag({ default: true }) isEnabled!: boolean;
  @Time({ default: 'now' }) enabledAt!: Date;
  @Text({ nullable: true }) disabledReason!: string | null;
  @Time({ nullable: true }) nextRunAt!: Date | null;
  @Time({ nullable: true }) lastRunAt!: Date | null;
}
