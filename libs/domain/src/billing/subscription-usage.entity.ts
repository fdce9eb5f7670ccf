import { Unique } from 'typeorm';
import { Big, Day, Id, Int, Json, Table, Touched, Uuid } from '../columns';

/** What a subscription used on one day. */
@Table('subscription_usage', { checks: ['subscription_usage_check'] })
@Unique(['subscriptionId', 'date'])
export class SubscriptionUsage extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'subscriptions', onDelete: 'RESTRICT' }) subscriptionId!: string;
  @Day() date!: string;
  @Big({ default: 0, checked: true }) creditsUsedMicro!: bigint;
  @Big({ default: 0, checked: true }) overageMicro!: bigint;
  @Big({ default: 0 }) overageReportedMicro!: bigint;
  @Int({ default: 0 }) tasksExecuted!: number;
  @Int({ default: 0 }) repositoriesAccessed!: number;
  @Big({ default: 0 }) tokensUsed!: bigint;
  @Big({ default: 0 }) costNusd!: bigint;
  @Json({ default: {} }) metadata!: Record<string, unknown>;
}
