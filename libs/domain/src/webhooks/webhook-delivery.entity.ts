import { Index, Unique } from 'typeorm';
import { Bytes, Flag, GithubId, Id, SmallInt, Table, Text, Time } from '../columns';

/** Inbox: the signed bytes of a webhook from GitHub, Stripe or Clerk. The row is the job. */
@Table('webhook_deliveries', { indexes: ['webhook_deliveries_dead_idx', 'webhook_deliveries_todo_idx'] })
@Unique(['source', 'deliveryId'])
@Index('webhook_deliveries_body_idx', ['source', 'bodySha256'])
@Index('webhook_deliveries_subject_idx', ['source', 'subjectId', 'occurredAt'])
@Index('webhook_deliveries_time_idx', ['receivedAt'])
export class WebhookDelivery {
  @Id() id!: string;
  @Text({ checked: true }) source!: 'github' | 'stripe' | 'clerk';
  @Text({ checked: true }) deliveryId!: string;
  @Text() eventType!: string;
  @Text({ nullable: true }) action!: string | null;
  @Text({ nullable: true }) apiVersion!: string | null;
  @Flag({ nullable: true }) livemode!: boolean | null;
  @GithubId({ nullable: true }) installationId!: string | null;
  @Text({ nullable: true }) subjectId!: string | null;
  @Bytes() rawBody!: Buffer;
  @Bytes({ checked: true }) bodySha256!: Buffer;
  @Text({ default: 'received', checked: true }) status!: 'received' | 'processed' | 'ignored' | 'failed' | 'dead';
  @SmallInt({ default: 0 }) attempts!: number;
  @Time({ default: 'now' }) nextAttemptAt!: Date;
  @Text({ nullable: true, checked: true }) lastError!: string | null;
  @Time({ nullable: true }) occurredAt!: Date | null;
  @Time({ default: 'now' }) receivedAt!: Date;
  @Time({ nullable: true }) processedAt!: Date | null;
}
