import { Index, PrimaryGeneratedColumn } from 'typeorm';
import { Inet, Json, Table, Text, Time, Uuid } from '../columns';

/** Who did what. No foreign keys: it outlives what it names. */
@Table('audit_logs', { indexes: ['audit_logs_actor_idx', 'audit_logs_org_idx', 'audit_logs_target_idx'] })
@Index('audit_logs_time_idx', ['createdAt'])
export class AuditLog {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Uuid({ nullable: true }) organizationId!: string | null;
  @Text({ checked: true }) actorType!: 'user' | 'token' | 'system' | 'webhook' | 'admin';
  @Text({ nullable: true }) actorId!: string | null;
  @Text() action!: string;
  @Text({ nullable: true }) targetType!: string | null;
  @Text({ nullable: true }) targetId!: string | null;
  @Json({ nullable: true }) changes!: Record<string, unknown> | null;
  @Inet({ nullable: true }) ipAddress!: string | null;
  @Text({ nullable: true }) userAgent!: string | null;
  @Text({ nullable: true }) requestId!: string | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
