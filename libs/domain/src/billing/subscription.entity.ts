import { Index } from 'typeorm';
import { Big, Flag, Id, Int, Json, Table, Text, Time, Touched, Uuid } from '../columns';

/** An organization's plan; at most one is live. The free plan has no Stripe ids. */
@Table('subscriptions', {
  checks: ['subscriptions_customer_ck', 'subscriptions_period_ck'],
  indexes: ['subscriptions_one_live_uq', 'subscriptions_org_idx', 'subscriptions_renewal_idx', 'subscriptions_user_idx'],
})
@Index('subscriptions_customer_idx', ['stripeCustomerId'])
@Index('subscriptions_plan_idx', ['planId'])
export class Subscription extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) userId!: string | null;
  @Uuid({ references: 'subscription_plans', onDelete: 'RESTRICT' }) planId!: string;
  @Uuid({ nullable: true, references: 'subscription_plans', onDelete: 'RESTRICT' }) pendingPlanId!: string | null;
  @Text({ nullable: true, unique: true }) stripeSubscriptionId!: string | null;
  @Text({ nullable: true, unique: true }) stripeSubscriptionItemId!: string | null;
  @Text({ nullable: true, unique: true }) stripeOverageItemId!: string | null;
  /** How far beyond the included credits, in a period; null: not at all. */
  @Big({ nullable: true, checked: true }) overageLimitMicro!: bigint | null;
  @Text({ nullable: true }) stripeCustomerId!: string | null;
  @Text({ checked: true }) status!: 'incomplete' | 'incomplete_expired' | 'trialing' | 'active' | 'past_due' | 'canceled' | 'unpaid' | 'paused' | 'unknown';
  @Text({ nullable: true }) stripeStatus!: string | null;
  @Int({ default: 1, checked: true }) quantity!: number;
  @Time() currentPeriodStart!: Date;
  @Time() currentPeriodEnd!: Date;
  @Flag({ default: false }) cancelAtPeriodEnd!: boolean;
  @Time({ nullable: true }) cancelAt!: Date | null;
  @Time({ nullable: true }) canceledAt!: Date | null;
  @Time({ nullable: true }) endedAt!: Date | null;
  @Time({ nullable: true }) trialStart!: Date | null;
  @Time({ nullable: true }) trialEnd!: Date | null;
  @Time({ nullable: true }) pastDueSince!: Date | null;
  @Time({ nullable: true }) stripeEventAt!: Date | null;
  @Flag({ default: false }) livemode!: boolean;
  @Json({ default: {} }) metadata!: Record<string, unknown>;
}
