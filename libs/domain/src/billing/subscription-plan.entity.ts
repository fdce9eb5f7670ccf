import { Big, Flag, Id, Int, Json, SmallInt, Table, Text, Touched } from '../columns';

/** What a plan costs and allows; null limits mean unlimited. */
@Table('subscription_plans', { checks: ['subscription_plans_price_ck'] })
export class SubscriptionPlan extends Touched {
  @Id() id!: string;
  @Text({ unique: true }) name!: string;
  @Text() displayName!: string;
  @Text({ nullable: true }) description!: string | null;
  @Text({ checked: true }) tier!: 'free' | 'pro' | 'enterprise';
  @Big({ checked: true }) priceMinor!: bigint;
  @Text({ default: 'usd', checked: true }) currency!: string;
  @Text({ checked: true }) billingInterval!: 'month' | 'year';
  @Big({ checked: true }) creditsIncludedMicro!: bigint;
  @Flag({ default: false }) creditsRollOver!: boolean;
  @Int({ nullable: true, checked: true }) maxRepositories!: number | null;
  @Int({ nullable: true, checked: true }) maxTasksPerDay!: number | null;
  @Int({ nullable: true, checked: true }) maxConcurrentTasks!: number | null;
  @Int({ nullable: true, checked: true }) maxMembers!: number | null;
  /** null: as long as the platform keeps logs. */
  @Int({ nullable: true, checked: true }) logRetentionDays!: number | null;
  /** Share of the workers while organizations compete for them. */
  @SmallInt({ default: 1, checked: true }) queueWeight!: number;
  @Int({ default: 0, checked: true }) trialDays!: number;
  @Json({ default: [], checked: true }) features!: unknown[];
  @Text({ nullable: true }) stripeProductId!: string | null;
  @Text({ nullable: true, unique: true }) stripePriceId!: string | null;
  /** Of one credit beyond the included ones; null: the plan sells none. */
  @Int({ nullable: true, checked: true }) overagePriceMinor!: number | null;
  @Text({ nullable: true, unique: true }) stripeOveragePriceId!: string | null;
  @Flag({ default: true }) isActive!: boolean;
  @Int({ default: 100 }) sortOrder!: number;
}
