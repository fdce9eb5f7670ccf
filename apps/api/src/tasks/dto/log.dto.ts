import type { TaskLogRow } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { QueryInt, TextLength } from '../../http/validation/rules';
import { StreamedSeqQuery } from './seq.query';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export const LOG_SOURCES = ['system', 'agent', 'tool', 'git', 'setup', 'verify'] as const;

export class LogQueryDto extends StreamedSeqQuery {
  @ApiPropertyOptional({ enum: LOG_LEVELS, description: 'At least this level.' })
  @IsOptional() @IsIn(LOG_LEVELS)
  level?: TaskLogRow['level'];

  @ApiPropertyOptional({ enum: LOG_SOURCES })
  @IsOptional() @IsIn(LOG_SOURCES)
  source?: TaskLogRow['source'];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'Number of an attempt.' })
  @IsOptional() @QueryInt(1, 32_767)
  attempt?: number;

  @ApiPropertyOptional({ maxLength: 200, description: 'Text that the line contains.' })
  @IsOptional() @TextLength(1, 200)
  q?: string;
}

export class LogLineResponse {
  @ApiProperty({ type: 'integer' }) seq!: number;
  @ApiProperty({ type: 'integer', nullable: true }) attempt!: number | null;
  @ApiProperty({ enum: LOG_LEVELS }) level!: TaskLogRow['level'];
  @ApiProperty({ enum: LOG_SOURCES }) source!: TaskLogRow['source'];
  @ApiProperty({ type: String, enum: ['stdout', 'stderr', null], nullable: true }) stream!: TaskLogRow['stream'];
  @ApiProperty() message!: string;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true }) metadata!: object | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from({ seq, attempt, level, source, stream, message, metadata, createdAt }: TaskLogRow): LogLineResponse {
    return { seq, attempt, level, source, stream: stream ?? null, message, metadata, createdAt: createdAt.toISOString() };
  }
}
