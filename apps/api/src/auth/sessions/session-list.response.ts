import { ApiProperty } from '@nestjs/swagger';
import type { LiveSession } from '@app/domain';

/** One login on one device. */
export class ListedSessionResponse {
  @ApiProperty({ format: 'uuid', example: '019ab1c2-7d3e-7f40-8a11-5b6c7d8e9f01' }) id!: string;
  @ApiProperty({ enum: ['password', 'clerk', 'github'], description: 'How it was opened.', example: 'password' }) authMethod!: LiveSession['authMethod'];
  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7' }) ipAddress!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0 (X11; Linux x86_64)' }) userAgent!: string | null;
  @ApiProperty({ type: String, format: 'date-time', description: 'Good to a minute.', example: '2026-11-23T08:00:00.000Z' }) lastSeenAt!: Date;
  @ApiProperty({ type: String, format: 'date-time', example: '2026-12-23T07:00:00.000Z' }) expiresAt!: Date;
  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-23T07:00:00.000Z' }) createdAt!: Date;
  @ApiProperty({ description: 'The one that this request was made in.', example: true }) current!: boolean;

  static from(session: LiveSession, currentId: string | null): ListedSessionResponse {
    const { id, authMethod, ipAddress, userAgent, lastSeenAt, expiresAt, createdAt } = session;
    return { id, authMethod, ipAddress, userAgent, lastSeenAt, expiresAt, createdAt, current: id === currentId };
  }
}
