import { TASK_ANALYTICS_GROUPS, USAGE_ANALYTICS_GROUPS, type TaskAnalyticsGroup, type UsageAnalyticsGroup } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsDay } from '../../http/validation/rules';
import { MOST_DAYS } from '../analytics-period';

/** Whole days by UTC. */
export class PeriodQuery {
  @ApiPropertyOptional({ format: 'date', example: '2026-11-01', description: `First day, by UTC. Default: 29 days before \`to\`. At most ${MOST_DAYS} days in all.` })
  @IsOptional() @IsDay()
  from?: string;

  @ApiPropertyOptional({ format: 'date', example: '2026-11-30', description: 'Last day, by UTC, included. Default: today.' })
  @IsOptional() @IsDay()
  to?: string;
}

export class UsageAnalyticsQuery extends PeriodQuery {
  @ApiPropertyOptional({
    enum: USAGE_ANALYTICS_GROUPS, default: 'day',
    description: 'Times come in order, each of them also without calls; a week begins on Monday. Others come by credits and cost, the highest first, at most 1,000. `key_source` is `platform` or `own`.',
  })
  @IsIn(USAGE_ANALYTICS_GROUPS)
  groupBy: UsageAnalyticsGroup = 'day';
}

export class TaskAnalyticsQuery extends PeriodQuery {
  @ApiPropertyOptional({ enum: TASK_ANALYTICS_GROUPS, default: 'status', description: 'Times come in order, others by number of tasks, the highest first, at most 1,000. `source` is what the task came from.' })
  @IsIn(TASK_ANALYTICS_GROUPS)
  groupBy: TaskAnalyticsGroup = 'status';
}

export const EXPORTS = ['usage', 'tasks'] as const;

export class AnalyticsExportQuery extends PeriodQuery {
  @ApiProperty({ enum: EXPORTS, description: '`usage`: a line per day, model, mode, repository, person, key and purpose. `tasks`: a line per task that was created in the period.' })
  @IsIn(EXPORTS)
  report!: (typeof EXPORTS)[number];
}
