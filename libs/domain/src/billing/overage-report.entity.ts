import { Index } from 'typeorm';
import { Id, Int, Table, Text, Time, Uuid } from '../columns';

/** What was told to Stripe's meter. Written before it is told, so that a repeat says the same. */
@Table('overage_reports', { checks: ['overage_reports_sent_at_ck'], indexes: ['overage_reports_one_pending_uq'] })
@Index('overage_reports_organization_idx', ['organizationId'])
@Index('overage_reports_used_idx', ['subscriptionId', 'usedAt'])
export class OverageReport {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Uuid({ references: 'subscriptions', onDelete: 'RESTRICT' }) subscriptionId!: string;
  @Text({ unique: true }) identifier!: string;
  @Int({ checked: true }) credits!: number;
  /** When the last of it was used. */
  @Time() usedAt!: Date;
  @Text({ default: 'pending', checked: true }) status!: 'pending' | 'sent';
  @Time({ nullable: true }) sentAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
