import { Bytes, Id, Int, SmallInt, Table, Text, TextArray, Time, Touched, Uuid } from '../columns';

/** Where we send events; with `taskId` the callback of one task. */
@Table('webhook_endpoints', {
  checks: ['webhook_endpoints_disabled_ck', 'webhook_endpoints_previous_secret_ck'],
  indexes: ['webhook_endpoints_list_idx', 'webhook_endpoints_task_uq', 'webhook_endpoints_url_uq'],
})
export class WebhookEndpoint extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ nullable: true, references: 'tasks', onDelete: 'CASCADE' }) taskId!: string | null;
  @Text({ checked: true }) url!: string;
  @Text({ nullable: true, checked: true }) description!: string | null;
  @TextArray({ checked: true }) events!: string[];
  @Bytes() secretEnc!: Buffer;
  @Bytes({ nullable: true }) previousSecretEnc!: Buffer | null;
  @Time({ nullable: true }) previousSecretExpiresAt!: Date | null;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Text({ default: '????', checked: true }) secretLast4!: string;
  @Text({ default: 'active', checked: true }) status!: 'active' | 'disabled';
  @Text({ nullable: true, checked: true }) disabledReason!: 'user' | 'failing' | null;
  @Int({ default: 0, checked: true }) consecutiveFailures!: number;
  @Time({ nullable: true }) lastSuccessAt!: Date | null;
  @Time({ nullable: true }) lastFailureAt!: Date | null;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) createdByUserId!: string | null;
  @Time({ nullable: true }) deletedAt!: Date | null;
}
