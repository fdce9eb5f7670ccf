import { TASK_MODES, TASK_STATUSES, type Task, type TaskFilter, type TaskMode, type TaskStatus } from '@app/domain';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsUUID } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { IsTimestamp, QueryBoolean, QueryInt, QueryList, TextLength } from '../../http/validation/rules';
import { PRIORITIES } from './create-task.dto';

const SOURCES = ['api', 'fork', 'plan', 'issue', 'mention', 'pull_request', 'check', 'candidate', 'automation'] as const;

/** Which tasks; all that are given must hold. */
export class TaskQuery extends PageQuery {
  @ApiPropertyOptional({ type: String, description: `One or several, comma-separated: ${TASK_STATUSES.join(', ')}.` })
  @IsOptional() @QueryList() @IsIn(TASK_STATUSES, { each: true })
  status?: TaskStatus[];

  @ApiPropertyOptional({ enum: TASK_MODES })
  @IsOptional() @IsIn(TASK_MODES)
  mode?: TaskMode;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  repositoryId?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Who made it.' })
  @IsOptional() @IsUUID()
  userId?: string;

  @ApiPropertyOptional({ maxLength: 50 })
  @IsOptional() @TextLength(1, 50)
  tag?: string;

  @ApiPropertyOptional({ enum: PRIORITIES })
  @IsOptional() @IsIn(PRIORITIES)
  priority?: Task['priority'];

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  pullRequestId?: string;

  @ApiPropertyOptional({ maxLength: 2_048 })
  @IsOptional() @TextLength(1, 2_048)
  pullRequestUrl?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'Needs `repositoryId`.' })
  @IsOptional() @QueryInt(1, 2_147_483_647)
  issueNumber?: number;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  parentTaskId?: string;

  @ApiPropertyOptional({ enum: SOURCES })
  @IsOptional() @IsIn(SOURCES)
  source?: Task['source'];

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional() @IsTimestamp()
  createdAfter?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional() @IsTimestamp()
  createdBefore?: string;

  @ApiPropertyOptional({ type: Boolean, default: false })
  @IsOptional() @QueryBoolean() @IsBoolean()
  archived?: boolean;

  @ApiPropertyOptional({ maxLength: 255, description: 'Part of the title.' })
  @IsOptional() @TextLength(1, 255)
  q?: string;
}

/** The filter a store understands. */
export function toTaskFilter(organizationId: string, query: TaskQuery): TaskFilter {
  const { status, mode, repositoryId, userId, tag, priority, pullRequestId, pullRequestUrl, issueNumber, parentTaskId, source, archived, q, createdAfter, createdBefore } = query;
  return {
    organizationId, status, mode, repositoryId, userId, tag, priority, pullRequestId, pullRequestUrl, issueNumber, parentTaskId, source, archived, q,
    createdAfter: createdAfter === undefined ? undefined : new Date(createdAfter),
    createdBefore: createdBefore === undefined ? undefined : new Date(createdBefore),
  };
}
