import { Big, Flag, Id, SmallIntArray, Table, Text, Time, Touched, Uuid } from '../columns';

/** A spending limit that pauses tasks. */
@Table('budgets', {
  checks: ['budgets_api_key_ck', 'budgets_automation_ck', 'budgets_key_measure_ck', 'budgets_repository_ck', 'budgets_user_ck'],
  indexes: ['budgets_api_key_idx', 'budgets_automation_idx', 'budgets_one_uq', 'budgets_repository_idx', 'budgets_user_idx'],
})
export class Budget extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Text({ checked: true }) scope!: 'organization' | 'user' | 'repository' | 'api_key' | 'automation';
  @Uuid({ nullable: true, references: 'users', onDelete: 'CASCADE' }) userId!: string | null;
  @Uuid({ nullable: true, references: 'repositories', onDelete: 'CASCADE' }) repositoryId!: string | null;
  @Uuid({ nullable: true, references: 'api_keys', onDelete: 'CASCADE' }) apiKeyId!: string | null;
  @Uuid({ nullable: true, references: 'automations', onDelete: 'CASCADE' }) automationId!: string | null;
  @Text({ default: 'credits', checked: true }) measure!: 'credits' | 'cost';
  @Text({ checked: true }) period!: 'day' | 'month' | 'total';
  @Big({ checked: true }) limitValue!: bigint;
  @SmallIntArray({ default: [80, 90, 100], checked: true }) alertPercents!: number[];
  @Flag({ default: true }) isActive!: boolean;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) createdByUserId!: string | null;
  @Time({ nullable: true }) deletedAt!: Date | null;
}
