import { Index } from 'typeorm';
import { Id, Inet, Int, Table, Text, Time, Uuid } from '../columns';

/** One login on one device. */
@Table('user_sessions', { checks: ['user_sessions_expiry_ck'], indexes: ['user_sessions_clerk_idx', 'user_sessions_live_idx'] })
@Index('user_sessions_expiry_idx', ['expiresAt'])
export class UserSession {
  @Id() id!: string;
  @Uuid({ references: 'users', onDelete: 'CASCADE' }) userId!: string;
  @Text({ checked: true }) authMethod!: 'password' | 'clerk' | 'github';
  @Inet({ nullable: true }) ipAddress!: string | null;
  @Text({ nullable: true, checked: true }) userAgent!: string | null;
  /** While the user's token version is this one, access tokens of an older version stay good here: it rose because of a change made in this session. */
  @Int({ nullable: true }) trustedTokenVersion!: number | null;
  /** The identity provider's session that opened it. */
  @Text({ nullable: true }) clerkSessionId!: string | null;
  @Time({ default: 'now' }) lastSeenAt!: Date;
  @Time() expiresAt!: Date;
  @Time({ nullable: true }) revokedAt!: Date | null;
  @Text({ nullable: true, checked: true })
  revokedReason!: 'logout' | 'logout_all' | 'rotation_reuse' | 'password_change' | 'admin' | 'user_deleted' | 'expired' | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
