import type { AuditFilter, AuditLog, AuditLogRow } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { IsTimestamp, TextLength } from '../../http/validation/rules';

const ACTION = '^[a-z][a-z_]{0,63}\\.[a-z][a-z_]{0,63}$';
const WORD = '^[a-z][a-z_]{0,63}$';

export class AuditLogQuery extends PageQuery {
  @ApiPropertyOptional({ pattern: ACTION, example: 'member.joined' })
  @IsOptional() @Matches(new RegExp(ACTION))
  action?: string;

  @ApiPropertyOptional({ maxLength: 200, description: 'Id of who did it: a user or a personal access token.', example: '018f6e0a-7b1c-7c3e-9a55-2f6d1c0e4b7a' })
  @IsOptional() @TextLength(1, 200)
  actor?: string;

  @ApiPropertyOptional({ maxLength: 200, description: 'Id of what it was done to.', example: '018f6e0a-7b1c-7c3e-9a55-2f6d1c0e4b7a' })
  @IsOptional() @TextLength(1, 200)
  target?: string;

  @ApiPropertyOptional({ pattern: WORD, example: 'task' })
  @IsOptional() @Matches(new RegExp(WORD))
  targetType?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not before this time.', example: '2026-11-23T08:00:00Z' })
  @IsOptional() @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.', example: '2026-11-24T08:00:00Z' })
  @IsOptional() @IsTimestamp()
  to?: string;
}

export function toAuditFilter({ action, actor, target, targetType, from, to }: AuditLogQuery): AuditFilter {
  return { action, actor, target, targetType, from: from === undefined ? undefined : new Date(from), to: to === undefined ? undefined : new Date(to) };
}

export class AuditActor {
  @ApiProperty({ enum: ['user', 'token', 'system', 'webhook', 'admin'], description: '`token`: a personal access token. `admin`: the staff of the platform.' }) type!: AuditLog['actorType'];
  @ApiProperty({ type: String, nullable: true }) id!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'ada', description: "The user's name, as it is now; of a token its owner's." }) username!: string | null;
}

export class AuditTarget {
  @ApiProperty({ type: String, nullable: true, example: 'task' }) type!: string | null;
  @ApiProperty({ type: String, nullable: true }) id!: string | null;
}

export class AuditLogResponse {
  @ApiProperty({ example: '4711', description: 'A decimal id as text; a later row has a higher one.' }) id!: string;
  @ApiProperty({ example: 'member.joined' }) action!: string;
  @ApiProperty({ type: AuditActor }) actor!: AuditActor;
  @ApiProperty({ type: AuditTarget }) target!: AuditTarget;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { role: 'member' } }) changes!: Record<string, unknown> | null;
  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7' }) ipAddress!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'curl/8.9.1' }) userAgent!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'req_018f6e0a7b1c' }) requestId!: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) createdAt!: string;

  static from(row: AuditLogRow): AuditLogResponse {
    const { id, action, actorType, actorId, actorName, targetType, targetId, changes, ipAddress, userAgent, requestId, createdAt } = row;
    return {
      id, action, actor: { type: actorType, id: actorId, username: actorName }, target: { type: targetType, id: targetId }, changes, ipAddress, userAgent, requestId,
      createdAt: createdAt.toISOString(),
    };
  }
}
