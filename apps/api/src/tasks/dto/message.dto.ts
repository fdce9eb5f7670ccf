import type { TaskMessageRow } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { CreatorBrief, isoOrNull } from './task-parts.response';

/** A turn of the conversation between user and agent. */
export class MessageResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: 'integer' }) seq!: number;
  @ApiProperty({ enum: ['user', 'assistant', 'system'] }) role!: TaskMessageRow['role'];
  @ApiProperty({ type: CreatorBrief, nullable: true }) author!: CreatorBrief | null;
  @ApiProperty() content!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When the agent was given it.' }) deliveredAt!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from({ id, seq, role, authorUserId, authorUsername, content, deliveredAt, createdAt }: TaskMessageRow): MessageResponse {
    const author = authorUserId === null || authorUsername === null ? null : { id: authorUserId, username: authorUsername };
    return { id, seq, role, author, content, deliveredAt: isoOrNull(deliveredAt), createdAt: createdAt.toISOString() };
  }
}
