import { Big, Id, SmallInt, Table, Text, Time, Uuid } from '../columns';

/** A lot of credits with source, priority and expiry. */
@Table('credit_grants', {
  checks: ['credit_grants_period_ck', 'credit_grants_remaining_ck'],
  indexes: ['credit_grants_expiry_idx', 'credit_grants_invoice_uq', 'credit_grants_overage_uq', 'credit_grants_period_uq', 'credit_grants_purchase_uq', 'credit_grants_spend_idx'],
})
export class CreditGrant {
  @Id() id!: string;
  @Uuid({ references: 'credit_accounts.organizationId', onDelete: 'RESTRICT' }) organizationId!: string;
  @Text({ checked: true }) source!: 'signup' | 'subscription' | 'purchase' | 'bonus' | 'adjustment' | 'refund' | 'overage';
  @Text({ checked: true }) category!: 'paid' | 'promotional';
  @Text({ default: 'once', checked: true }) kind!: 'once' | 'period' | 'trial' | 'upgrade';
  @Uuid({ nullable: true, references: 'subscriptions', onDelete: 'RESTRICT' }) subscriptionId!: string | null;
  @Uuid({ nullable: true, references: 'subscription_invoices', onDelete: 'RESTRICT' }) invoiceId!: string | null;
  @Uuid({ nullable: true, references: 'credit_purchases', onDelete: 'RESTRICT' }) purchaseId!: string | null;
  @Time({ nullable: true }) periodStart!: Date | null;
  @Big({ checked: true }) amountMicro!: bigint;
  @Big() remainingMicro!: bigint;
  @SmallInt({ default: 50 }) priority!: number;
  @Time({ default: 'now' }) effectiveAt!: Date;
  @Time({ nullable: true }) expiresAt!: Date | null;
  @Time({ nullable: true }) voidedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
