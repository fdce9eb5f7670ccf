import { Big, Day, Id, Int, IntArray, Table, Touched, Uuid } from '../columns';

/** Daily sums, so that any grouping is exact. */
@Table('model_usage_stats', { indexes: ['model_usage_stats_org_idx', 'model_usage_stats_uq'] })
export class ModelUsageStat extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'ai_models', onDelete: 'CASCADE' }) modelId!: string;
  @Uuid({ nullable: true, references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string | null;
  @Uuid({ nullable: true, references: 'users', onDelete: 'CASCADE' }) userId!: string | null;
  @Day() date!: string;
  @Big({ default: 0 }) totalRequests!: bigint;
  @Big({ default: 0 }) failedRequests!: bigint;
  @Big({ default: 0 }) inputTokens!: bigint;
  @Big({ default: 0 }) cacheReadTokens!: bigint;
  @Big({ default: 0 }) cacheWriteTokens!: bigint;
  @Big({ default: 0 }) outputTokens!: bigint;
  @Big({ default: 0 }) reasoningTokens!: bigint;
  @Big({ default: 0 }) totalCreditsMicro!: bigint;
  @Big({ default: 0 }) costNusd!: bigint;
  @Big({ default: 0 }) latencyMsSum!: bigint;
  @Int({ default: 0 }) latencyMsMax!: number;
  @Big({ default: 0 }) ttftMsSum!: bigint;
  /** Tasks that ended that day in a way that says something about the model. */
  @Big({ default: 0 }) tasks!: bigint;
  @Big({ default: 0 }) tasksSucceeded!: bigint;
  @Big({ default: 0 }) tasksCostNusd!: bigint;
  /** Answered calls by latency: class n goes up to 250 ms times the n-th power of the root of 2. */
  @IntArray({ default: [] }) latencyClasses!: number[];
}
