import { Index } from 'typeorm';
import { Bytes, Id, Table, Time, Uuid } from '../columns';

/** A link of a session's rotation chain; at most one per session is live. Kept as SHA-256. */
@Table('refresh_tokens', { indexes: ['refresh_tokens_one_live_uq'] })
@Index('refresh_tokens_parent_idx', ['parentId'])
export class RefreshToken {
  @Id() id!: string;
  @Uuid({ references: 'user_sessions', onDelete: 'CASCADE' }) sessionId!: string;
  @Bytes({ unique: true, checked: true }) tokenHash!: Buffer;
  @Uuid({ nullable: true, references: 'refresh_tokens', onDelete: 'SET NULL' }) parentId!: string | null;
  @Time() expiresAt!: Date;
  @Time({ nullable: true }) usedAt!: Date | null;
  @Time({ nullable: true }) revokedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
