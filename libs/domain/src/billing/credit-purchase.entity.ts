import { Index } from 'typeorm';
import { Big, Id, Json, Table, Text, Time, Touched, Uuid } from '../columns';

/** A checkout and what became of it. */
@Table('credit_purchases', {
  checks: ['credit_purchases_check', 'credit_purchases_check1', 'credit_purchases_completed_at_ck'],
  indexes: ['credit_purchases_list_idx', 'credit_purchases_pending_idx', 'credit_purchases_user_idx'],
})
@Index('credit_purchases_package_idx', ['packageId'])
export class CreditPurchase extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) userId!: string | null;
  @Uuid({ references: 'credit_packages', onDelete: 'RESTRICT' }) packageId!: string;
  @Text({ default: 'pending', checked: true }) status!: 'pending' | 'completed' | 'failed' | 'expired' | 'partially_refunded' | 'refunded' | 'disputed';
  @Text({ nullable: true, unique: true }) stripeCheckoutSessionId!: string | null;
  @Text({ nullable: true, unique: true }) stripePaymentIntentId!: string | null;
  @Big({ checked: true }) amountMinor!: bigint;
  @Big({ default: 0 }) amountRefundedMinor!: bigint;
  @Text({ checked: true }) currency!: string;
  @Big({ checked: true }) creditsMicro!: bigint;
  @Big({ default: 0 }) creditsRevokedMicro!: bigint;
  @Text({ nullable: true }) failureCode!: string | null;
  @Time({ nullable: true }) completedAt!: Date | null;
  @Time({ nullable: true }) expiresAt!: Date | null;
  @Json({ default: {} }) metadata!: Record<string, unknown>;
}
