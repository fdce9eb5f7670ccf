import { Big, Flag, Id, Int, Json, Table, Text, Time, Uuid } from '../columns';

/** One call of a model, on our key or the customer's, with its price row. */
@Table('api_key_usage_logs', {
  checks: ['api_key_usage_logs_check'],
  indexes: [
    'api_key_usage_logs_call_uq', 'api_key_usage_logs_key_idx', 'api_key_usage_logs_model_idx', 'api_key_usage_logs_org_idx',
    'api_key_usage_logs_task_idx', 'api_key_usage_logs_time_brin',
  ],
})
export class ApiKeyUsageLog {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) userId!: string | null;
  @Uuid({ nullable: true, references: 'api_keys', onDelete: 'SET NULL' }) apiKeyId!: string | null;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'SET NULL' }) taskId!: string | null;
  @Uuid({ nullable: true, references: 'task_attempts', onDelete: 'SET NULL' }) attemptId!: string | null;
  @Int({ default: 0 }) callSeq!: number;
  @Text({ default: 'agent', checked: true }) purpose!: 'agent' | 'title' | 'summary' | 'review' | 'model_test' | 'key_test';
  @Text() provider!: string;
  @Text() providerModelId!: string;
  @Uuid({ nullable: true, references: 'ai_models', onDelete: 'SET NULL' }) modelId!: string | null;
  @Uuid({ nullable: true, references: 'ai_model_prices', onDelete: 'SET NULL' }) priceId!: string | null;
  @Text({ nullable: true }) endpoint!: string | null;
  @Text({ nullable: true }) method!: string | null;
  @Int({ nullable: true }) statusCode!: number | null;
  @Text({ checked: true }) outcome!: 'ok' | 'error' | 'rate_limited' | 'overloaded' | 'timeout' | 'aborted' | 'refused';
  @Text({ nullable: true }) providerRequestId!: string | null;
  @Text({ nullable: true }) serviceTier!: string | null;
  @Big({ default: 0, checked: true }) inputTokens!: bigint;
  @Big({ default: 0, checked: true }) cacheReadTokens!: bigint;
  @Big({ default: 0, checked: true }) cacheWriteShortTokens!: bigint;
  @Big({ default: 0, checked: true }) cacheWriteLongTokens!: bigint;
  @Big({ default: 0, checked: true }) outputTokens!: bigint;
  @Big({ default: 0 }) reasoningTokens!: bigint;
  @Flag({ default: false }) isEstimated!: boolean;
  @Big({ default: 0, checked: true }) costNusd!: bigint;
  @Big({ default: 0, checked: true }) creditsMicro!: bigint;
  @Int({ nullable: true }) latencyMs!: number | null;
  @Int({ nullable: true }) ttftMs!: number | null;
  @Text({ nullable: true }) errorCode!: string | null;
  @Text({ nullable: true, checked: true }) errorMessage!: string | null;
  @Json({ nullable: true }) rawUsage!: Record<string, unknown> | null;
  @Json({ default: {} }) metadata!: Record<string, unknown>;
  @Time({ default: 'now' }) createdAt!: Date;
}
