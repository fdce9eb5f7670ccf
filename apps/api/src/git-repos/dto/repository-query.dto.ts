import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { QueryBoolean } from '../../http/validation/rules';

const STATUSES = ['active', 'suspended', 'unavailable'] as const;

export class RepositoryQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Part of the full name.' }) @IsOptional() @IsString() @MaxLength(200)
  q?: string;

  @ApiPropertyOptional({ enum: ['github', 'git'] }) @IsOptional() @IsIn(['github', 'git'])
  provider?: 'github' | 'git';

  @ApiPropertyOptional({ enum: STATUSES }) @IsOptional() @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];

  @ApiPropertyOptional() @IsOptional() @IsString() @MaxLength(100)
  language?: string;
}

export class DisconnectQuery {
  @ApiPropertyOptional({ default: false, description: 'Cancel the tasks that are running.' }) @IsOptional() @QueryBoolean() @IsBoolean()
  force?: boolean;
}
