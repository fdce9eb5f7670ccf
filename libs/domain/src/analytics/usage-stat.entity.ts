import { Big, Day, Int, IntArray, Table, Text, Uuid } from '../columns';

/**
 * What calls of one kind came to on one day. The id is made of what tells the kinds apart, so that a kind has one row; what it names may be gone by now. Only the fold writes it.
 */
@Table('usage_stats', { indexes: ['usage_stats_org_idx'] })
export class UsageStat {
  @Uuid({ primary: true }) id!: string;
  @Uuid({ references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string;
  @Day() date!: string;
  /** Whose plan was in force at the time. */
  @Uuid({ nullable: true }) subscriptionId!: string | null;
  @Uuid({ nullable: true }) modelId!: string | null;
  @Uuid({ nullable: true }) userId!: string | null;
  @Uuid({ nullable: true }) repositoryId!: string | null;
  @Text({ nullable: true }) mode!: string | null;
  /** null: the platform's key. */
  @Uuid({ nullable: true }) apiKeyId!: string | null;
  @Text() purpose!: string;
  @Big({ default: 0 }) calls!: bigint;
  @Big({ default: 0 }) failedCalls!: bigint;
  @Big({ default: 0 }) inputTokens!: bigint;
  @Big({ default: 0 }) cacheReadTokens!: bigint;
  @Big({ default: 0 }) cacheWriteTokens!: bigint;
  @Big({ default: 0 }) outputTokens!: bigint;
  @Big({ default: 0 }) reasoningTokens!: bigint;
  @Big({ default: 0 }) creditsMicro!: bigint;
  @Big({ default: 0 }) costNusd!: bigint;
  /** Answered calls whose time is known: what the next three are about. */
  @Big({ default: 0 }) timedCalls!: bigint;
  @Big({ default: 0 }) latencyMsSum!: bigint;
  @Int({ default: 0 }) latencyMsMax!: number;
  /** How many of them by latency: class n goes up to 250 ms times the (n-1)-th power of the fourth root of 2. */
  @IntArray({ default: [] }) latencyClasses!: number[];
}
