import { Index, Unique } from 'typeorm';
import { Big, Id, Int, Json, Table, Text, Time, Uuid } from '../columns';

/** Credits reserved before a model call, then captured or released. */
@Table('credit_holds', {
  checks: ['credit_holds_captured_ck', 'credit_holds_closed_at_ck'],
  indexes: ['credit_holds_expiry_idx', 'credit_holds_one_open_uq', 'credit_holds_org_idx'],
})
@Unique(['attemptId', 'callSeq'])
@Index('credit_holds_task_idx', ['taskId'])
export class CreditHold {
  @Id() id!: string;
  @Uuid({ references: 'credit_accounts.organizationId', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ references: 'tasks', onDelete: 'RESTRICT' }) taskId!: string;
  @Uuid({ references: 'task_attempts', onDelete: 'RESTRICT' }) attemptId!: string;
  @Int({ checked: true }) callSeq!: number;
  @Uuid({ nullable: true, references: 'ai_model_prices', onDelete: 'RESTRICT' }) priceId!: string | null;
  @Big({ checked: true }) amountMicro!: bigint;
  @Big({ checked: true }) costNusd!: bigint;
  @Big({ default: 0 }) capturedMicro!: bigint;
  @Big({ default: 0, checked: true }) capturedNusd!: bigint;
  @Json({ default: [], checked: true }) budgetPeriods!: unknown[];
  @Text({ default: 'held', checked: true }) status!: 'held' | 'captured' | 'released';
  @Time() expiresAt!: Date;
  @Time({ nullable: true }) closedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
