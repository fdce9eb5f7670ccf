import { Unique } from 'typeorm';
import { Big, Id, Json, Table, Text, Time, Uuid } from '../columns';

/** One transfer. Append-only, unique by business key. */
@Table('credit_transactions', {
  checks: ['credit_transactions_sign_ck'],
  indexes: ['credit_transactions_grant_idx', 'credit_transactions_list_idx', 'credit_transactions_purchase_idx', 'credit_transactions_task_idx', 'credit_transactions_user_idx'],
})
@Unique(['organizationId', 'idempotencyKey'])
@Unique(['organizationId', 'seq'])
export class CreditTransaction {
  @Id() id!: string;
  @Uuid({ references: 'credit_accounts.organizationId', onDelete: 'RESTRICT' }) organizationId!: string;
  @Big({ checked: true }) seq!: bigint;
  @Text({ checked: true })
  type!: 'hold' | 'release' | 'usage' | 'purchase' | 'subscription_grant' | 'bonus' | 'refund' | 'expiry' | 'reversal' | 'adjustment' | 'debt_payment' | 'overrun' | 'clearing' | 'advance' | 'overage';
  @Text({ checked: true }) idempotencyKey!: string;
  @Big() amountMicro!: bigint;
  @Big({ checked: true }) availableAfterMicro!: bigint;
  @Big({ checked: true }) heldAfterMicro!: bigint;
  @Big({ checked: true }) debtAfterMicro!: bigint;
  @Uuid({ nullable: true, references: 'users', onDelete: 'RESTRICT' }) userId!: string | null;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'RESTRICT' }) taskId!: string | null;
  @Uuid({ nullable: true, references: 'task_attempts', onDelete: 'RESTRICT' }) attemptId!: string | null;
  @Uuid({ nullable: true, references: 'credit_holds', onDelete: 'RESTRICT' }) holdId!: string | null;
  @Uuid({ nullable: true, references: 'credit_grants', onDelete: 'RESTRICT' }) grantId!: string | null;
  @Uuid({ nullable: true, references: 'credit_purchases', onDelete: 'RESTRICT' }) purchaseId!: string | null;
  @Uuid({ nullable: true, references: 'subscriptions', onDelete: 'RESTRICT' }) subscriptionId!: string | null;
  @Text({ nullable: true, checked: true }) description!: string | null;
  @Json({ default: {} }) metadata!: Record<string, unknown>;
  @Time({ default: 'now' }) createdAt!: Date;
}
