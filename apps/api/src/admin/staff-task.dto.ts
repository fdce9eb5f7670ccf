import { ATTEMPT_STATUSES, type StaffTaskRow, TASK_MODES, TASK_STATUSES, type TaskStatus } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { PageQuery } from '../http/paging/page.query';
import { QueryList, TextLength } from '../http/validation/rules';

const time = (description?: string) => ({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T08:00:00.000Z', description });

export class StaffTaskQuery extends PageQuery {
  @ApiPropertyOptional({ type: String, description: 'Statuses, separated by commas.', example: 'queued,in_progress' })
  @IsOptional() @QueryList() @IsIn(TASK_STATUSES, { each: true })
  status?: TaskStatus[];

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  organizationId?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  userId?: string;
}

export class FailTaskDto {
  @ApiProperty({ minLength: 1, maxLength: 500, example: 'Its worker is gone, and the sweep did not take it up', description: 'For the audit log.' })
  @TextLength(1, 500)
  reason!: string;
}

/** Where a task stands. What it says is its organization's: neither title nor prompt is shown. */
export class StaffTaskResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid' }) organizationId!: string;
  @ApiProperty({ example: 'Acme' }) organizationName!: string;
  @ApiProperty({ format: 'uuid' }) userId!: string;
  @ApiProperty({ example: 'ada' }) username!: string;
  @ApiProperty({ format: 'uuid' }) repositoryId!: string;
  @ApiProperty({ example: 'acme/shop' }) repositoryFullName!: string;
  @ApiProperty({ enum: TASK_MODES, example: 'code' }) mode!: StaffTaskRow['mode'];
  @ApiProperty({ enum: TASK_STATUSES, example: 'in_progress' }) status!: TaskStatus;
  @ApiProperty({ type: String, nullable: true, example: null }) statusReason!: string | null;
  @ApiProperty({ enum: ['low', 'medium', 'high'], example: 'medium' }) priority!: StaffTaskRow['priority'];
  @ApiProperty({ type: 'integer', example: 1 }) attemptCount!: number;
  @ApiProperty({ type: 'integer', example: 0 }) failureCount!: number;
  @ApiProperty({ type: String, enum: ATTEMPT_STATUSES, nullable: true, example: 'running', description: 'Of the newest attempt.' }) attemptStatus!: StaffTaskRow['attemptStatus'];
  @ApiProperty({ type: String, nullable: true, example: 'worker-1' }) workerId!: string | null;
  @ApiProperty(time("The worker's last sign of life.")) heartbeatAt!: string | null;
  @ApiProperty({ type: String, nullable: true, example: null }) errorCode!: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) createdAt!: string;
  @ApiProperty(time()) queuedAt!: string | null;
  @ApiProperty(time()) startedAt!: string | null;
  @ApiProperty(time()) completedAt!: string | null;
  @ApiProperty(time()) deadlineAt!: string | null;

  static from(row: StaffTaskRow): StaffTaskResponse {
    const { id, organizationId, organizationName, userId, username, repositoryId, repositoryFullName, mode, status, statusReason, priority, attemptCount, failureCount, attemptStatus, workerId, errorCode } = row;
    return {
      id, organizationId, organizationName, userId, username, repositoryId, repositoryFullName, mode, status, statusReason, priority, attemptCount, failureCount, attemptStatus, workerId, errorCode,
      heartbeatAt: iso(row.heartbeatAt), createdAt: row.createdAt.toISOString(), queuedAt: iso(row.queuedAt), startedAt: iso(row.startedAt), completedAt: iso(row.completedAt), deadlineAt: iso(row.deadlineAt),
    };
  }
}

function iso(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
