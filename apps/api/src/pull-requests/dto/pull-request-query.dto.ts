import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { QueryBoolean, QueryInt } from '../../http/validation/rules';

export const PULL_REQUEST_STATUSES = ['open', 'draft', 'merged', 'closed'] as const;
export const PULL_REQUEST_ORIGINS = ['agent', 'external'] as const;

export class PullRequestQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  repositoryId?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'The task that made it.' })
  @IsOptional() @IsUUID()
  taskId?: string;

  @ApiPropertyOptional({ enum: PULL_REQUEST_STATUSES })
  @IsOptional() @IsIn(PULL_REQUEST_STATUSES)
  status?: (typeof PULL_REQUEST_STATUSES)[number];

  @ApiPropertyOptional({ enum: PULL_REQUEST_ORIGINS, description: '`agent`: made by a task.' })
  @IsOptional() @IsIn(PULL_REQUEST_ORIGINS)
  origin?: (typeof PULL_REQUEST_ORIGINS)[number];
}

export class RepositoryPullRequestQuery extends PageQuery {
  @ApiPropertyOptional({ enum: PULL_REQUEST_STATUSES })
  @IsOptional() @IsIn(PULL_REQUEST_STATUSES)
  status?: (typeof PULL_REQUEST_STATUSES)[number];

  @ApiPropertyOptional({ enum: PULL_REQUEST_ORIGINS, description: '`agent`: made by a task.' })
  @IsOptional() @IsIn(PULL_REQUEST_ORIGINS)
  origin?: (typeof PULL_REQUEST_ORIGINS)[number];

  @ApiPropertyOptional({ type: 'boolean', default: false, description: 'Ask GitHub first for the 100 that changed last.' })
  @IsOptional() @QueryBoolean() @IsBoolean()
  refresh?: boolean;
}

export class RefreshQuery {
  @ApiPropertyOptional({ type: 'boolean', default: false, description: 'Ask GitHub now; otherwise as webhooks told us.' })
  @IsOptional() @QueryBoolean() @IsBoolean()
  refresh?: boolean;
}

export class CommentQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['review', 'issue'], description: '`review`: on lines and files of the change; `issue`: below the pull request.' })
  @IsOptional() @IsIn(['review', 'issue'])
  kind?: 'review' | 'issue';
}

/** Files come in GitHub's order. */
export class FileQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'How many files.' })
  @QueryInt(1, 100)
  limit: number = 20;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional() @IsString() @MaxLength(1_024)
  cursor?: string;
}
