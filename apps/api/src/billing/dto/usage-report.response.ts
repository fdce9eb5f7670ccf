import { USAGE_ANALYTICS_GROUPS, type UsageAnalyticsGroup } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { UsageFiguresResponse, UsageRowResponse } from '../../analytics/dto/usage-analytics.response';
import { IsTimestamp } from '../../http/validation/rules';

export class UsageReportQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'Default: 30 days before `to`. At most 366 days before it.' })
  @IsOptional() @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not included. Default: now.' })
  @IsOptional() @IsTimestamp()
  to?: string;

  @ApiPropertyOptional({ enum: USAGE_ANALYTICS_GROUPS, default: 'day', description: 'Times are UTC, and without those that had no calls. Other groups: what came to most first, at most 1,000.' })
  @IsIn(USAGE_ANALYTICS_GROUPS)
  groupBy: UsageAnalyticsGroup = 'day';
}

export class UsageReportResponse {
  @ApiProperty({ format: 'date-time' }) from!: string;
  @ApiProperty({ format: 'date-time' }) to!: string;
  @ApiProperty({ enum: USAGE_ANALYTICS_GROUPS }) groupBy!: UsageAnalyticsGroup;
  @ApiProperty({ type: [UsageRowResponse] }) rows!: UsageRowResponse[];
  @ApiProperty({ example: false, description: 'Whether there are more rows than are shown.' }) truncated!: boolean;
  @ApiProperty({ type: UsageFiguresResponse, description: 'Of all rows, those that are not shown too.' }) totals!: UsageFiguresResponse;
}
