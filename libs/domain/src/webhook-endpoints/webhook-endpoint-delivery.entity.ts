import { Index, Unique } from 'typeorm';
import { Id, Int, SmallInt, Table, Text, Time, Uuid } from '../columns';

/** One event to one endpoint. The row is the job. */
@Table('webhook_endpoint_deliveries', {
  checks: ['webhook_endpoint_deliveries_delivered_at_ck'],
  indexes: ['webhook_endpoint_deliveries_dead_idx', 'webhook_endpoint_deliveries_list_idx', 'webhook_endpoint_deliveries_task_idx', 'webhook_endpoint_deliveries_todo_idx'],
})
@Unique(['endpointId', 'eventId'])
@Index('webhook_endpoint_deliveries_time_idx', ['createdAt'])
export class WebhookEndpointDelivery {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ references: 'webhook_endpoints', onDelete: 'CASCADE' }) endpointId!: string;
  @Text({ checked: true }) eventId!: string;
  @Text({ checked: true }) eventType!: string;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'SET NULL' }) taskId!: string | null;
  @Text({ checked: true }) body!: string;
  @Text({ default: 'pending', checked: true }) status!: 'pending' | 'delivered' | 'dead' | 'cancelled';
  @SmallInt({ default: 0 }) attempts!: number;
  @Time({ default: 'now' }) nextAttemptAt!: Date;
  @Int({ nullable: true }) lastStatus!: number | null;
  @Text({ nullable: true, checked: true }) lastError!: string | null;
  @Int({ nullable: true }) lastDurationMs!: number | null;
  @Time({ nullable: true }) deliveredAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
