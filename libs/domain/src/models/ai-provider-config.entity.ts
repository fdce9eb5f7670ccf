import { Big, Bytes, Flag, Id, Int, Json, SmallInt, Table, Text, Time, Touched } from '../columns';

/** How a vendor is reached; the platform's own key, encrypted. */
@Table('ai_provider_configs')
export class AiProviderConfig extends Touched {
  @Id() id!: string;
  @Text({ unique: true, checked: true }) provider!: string;
  @Text() displayName!: string;
  @Text({ checked: true }) apiStyle!: 'anthropic' | 'openai_responses' | 'openai_chat' | 'google' | 'cli' | 'builtin';
  @Text({ nullable: true }) baseUrl!: string | null;
  @Bytes({ nullable: true }) apiKeyEnc!: Buffer | null;
  @Text({ nullable: true }) apiKeyLast4!: string | null;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Json({ default: {}, checked: true }) configuration!: Record<string, unknown>;
  @Int({ nullable: true, checked: true }) maxConcurrency!: number | null;
  @Int({ nullable: true, checked: true }) requestsPerMinute!: number | null;
  @Big({ nullable: true, checked: true }) tokensPerMinute!: bigint | null;
  @Text({ default: 'unknown', checked: true }) healthStatus!: 'unknown' | 'healthy' | 'degraded' | 'down';
  @Time({ nullable: true }) healthCheckedAt!: Date | null;
  @Flag({ default: true }) isActive!: boolean;
}
