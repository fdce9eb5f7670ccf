import { Index } from 'typeorm';
import { Big, Id, Int, Json, Table, Text, Time, Touched, Uuid } from '../columns';

/** An invoice as Stripe has it. */
@Table('subscription_invoices', { indexes: ['subscription_invoices_list_idx'] })
@Index('subscription_invoices_sub_idx', ['subscriptionId'])
export class SubscriptionInvoice extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ nullable: true, references: 'subscriptions', onDelete: 'RESTRICT' }) subscriptionId!: string | null;
  @Text({ unique: true }) stripeInvoiceId!: string;
  @Text({ nullable: true }) stripePaymentIntentId!: string | null;
  @Text({ nullable: true }) number!: string | null;
  @Text({ checked: true }) status!: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void' | 'unknown';
  @Text({ nullable: true }) billingReason!: string | null;
  @Text({ checked: true }) currency!: string;
  @Big({ default: 0 }) subtotalMinor!: bigint;
  @Big({ default: 0 }) taxMinor!: bigint;
  @Big({ default: 0 }) totalMinor!: bigint;
  @Big({ default: 0 }) amountDueMinor!: bigint;
  @Big({ default: 0 }) amountPaidMinor!: bigint;
  @Big({ default: 0 }) amountRemainingMinor!: bigint;
  @Int({ default: 0 }) attemptCount!: number;
  @Time({ nullable: true }) nextPaymentAttemptAt!: Date | null;
  @Time({ nullable: true }) periodStart!: Date | null;
  @Time({ nullable: true }) periodEnd!: Date | null;
  @Time({ nullable: true }) dueDate!: Date | null;
  @Time({ nullable: true }) finalizedAt!: Date | null;
  @Time({ nullable: true }) paidAt!: Date | null;
  @Time({ nullable: true }) voidedAt!: Date | null;
  @Text({ nullable: true }) hostedInvoiceUrl!: string | null;
  @Text({ nullable: true }) invoicePdf!: string | null;
  @Time({ nullable: true }) stripeEventAt!: Date | null;
  @Json({ default: {} }) metadata!: Record<string, unknown>;
}
