import type { BudgetMeasure, BudgetPeriodName, BudgetScope } from '@app/billing';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { WhenSent } from '../../http/validation/rules';
import { AMOUNT_SCHEMA, IsAmount } from './budget-amount';

export const SCOPES = ['organization', 'user', 'repository', 'api_key', 'automation'] as const satisfies readonly BudgetScope[];
export const MEASURES = ['credits', 'cost'] as const satisfies readonly BudgetMeasure[];
export const PERIODS = ['day', 'month', 'total'] as const satisfies readonly BudgetPeriodName[];
/** Thresholds at which the organization is told, unless it says others. */
export const ALERT_PERCENTS: readonly number[] = [80, 90, 100];
const ALERTS = { type: 'integer' as const, isArray: true as const, minimum: 1, maximum: 100, maxItems: 5, uniqueItems: true, default: [...ALERT_PERCENTS], description: 'Shares of the limit at which `budget.threshold` is sent, each once in a period.' };
const LIMIT = { ...AMOUNT_SCHEMA, example: 100, description: 'Credits as a number, or US dollars as text when the budget measures cost. 0: nothing may be spent.' };

export class CreateBudgetDto {
  @ApiProperty({ enum: SCOPES, description: 'Whose calls it counts. All but `organization` name one: `userId`, `repositoryId`, `apiKeyId` or `automationId`.' })
  @IsIn(SCOPES)
  scope!: BudgetScope;

  @ApiPropertyOptional({ format: 'uuid' })
  @WhenSent() @IsUUID()
  userId?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @WhenSent() @IsUUID()
  repositoryId?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @WhenSent() @IsUUID()
  apiKeyId?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @WhenSent() @IsUUID()
  automationId?: string;

  @ApiPropertyOptional({ enum: MEASURES, default: 'credits', description: 'Own keys cost no credits, so a budget of an `api_key` measures `cost`.' })
  @IsOptional() @IsIn(MEASURES)
  measure?: BudgetMeasure;

  @ApiProperty({ enum: PERIODS, description: 'Days and months of the calendar, in UTC.' })
  @IsIn(PERIODS)
  period!: BudgetPeriodName;

  @ApiProperty(LIMIT)
  @IsAmount()
  limit!: number | string;

  @ApiPropertyOptional(ALERTS)
  @WhenSent() @IsArray() @ArrayMaxSize(5) @ArrayUnique() @IsInt({ each: true }) @Min(1, { each: true }) @Max(100, { each: true })
  alertPercents?: number[];

  @ApiPropertyOptional({ default: true })
  @WhenSent() @IsBoolean()
  isActive?: boolean;
}

/** Only what is sent changes. Scope, measure and period stay: for others there is another budget. */
export class UpdateBudgetDto {
  @ApiPropertyOptional(LIMIT)
  @WhenSent() @IsAmount()
  limit?: number | string;

  @ApiPropertyOptional(ALERTS)
  @WhenSent() @IsArray() @ArrayMaxSize(5) @ArrayUnique() @IsInt({ each: true }) @Min(1, { each: true }) @Max(100, { each: true })
  alertPercents?: number[];

  @ApiPropertyOptional({ description: 'false: it limits nothing until it is true again; it goes on counting then.' })
  @WhenSent() @IsBoolean()
  isActive?: boolean;
}

export class BudgetQuery extends PageQuery {
  @ApiPropertyOptional({ enum: SCOPES })
  @IsOptional() @IsIn(SCOPES)
  scope?: BudgetScope;
}
