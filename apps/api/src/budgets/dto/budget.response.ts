import type { BudgetMeasure, BudgetPeriodName, BudgetPeriodRow, BudgetRow, BudgetScope } from '@app/billing';
import { ApiProperty } from '@nestjs/swagger';
import { AMOUNT_SCHEMA, shownAmount } from './budget-amount';
import { MEASURES, PERIODS, SCOPES } from './budget.dto';

export class BudgetCurrentResponse {
  @ApiProperty({ format: 'date', description: 'The day it began, in UTC; 1970-01-01 without periods.' }) periodStart!: string;
  @ApiProperty({ ...AMOUNT_SCHEMA, description: 'Charged so far.' }) used!: number | string;
  @ApiProperty({ ...AMOUNT_SCHEMA, description: 'Reserved by calls that run.' }) held!: number | string;
}

export class BudgetResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: SCOPES }) scope!: BudgetScope;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) userId!: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) repositoryId!: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) apiKeyId!: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) automationId!: string | null;
  @ApiProperty({ enum: MEASURES }) measure!: BudgetMeasure;
  @ApiProperty({ enum: PERIODS }) period!: BudgetPeriodName;
  @ApiProperty({ ...AMOUNT_SCHEMA, description: 'Credits as a number, or US dollars as text.' }) limit!: number | string;
  @ApiProperty({ type: 'integer', isArray: true }) alertPercents!: number[];
  @ApiProperty() isActive!: boolean;
  @ApiProperty({ type: BudgetCurrentResponse }) current!: BudgetCurrentResponse;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;

  static from(row: BudgetRow): BudgetResponse {
    const { id, scope, userId, repositoryId, apiKeyId, automationId, measure, period, alertPercents, isActive, periodStart } = row;
    const amount = (value: bigint): number | string => shownAmount(measure, value);
    return {
      id, scope, userId, repositoryId, apiKeyId, automationId, measure, period, limit: amount(row.limitValue), alertPercents, isActive,
      current: { periodStart, used: amount(row.usedValue), held: amount(row.heldValue) },
      createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString(),
    };
  }
}

export class BudgetPeriodResponse {
  @ApiProperty({ format: 'date' }) periodStart!: string;
  @ApiProperty(AMOUNT_SCHEMA) used!: number | string;
  @ApiProperty(AMOUNT_SCHEMA) held!: number | string;
  @ApiProperty({ ...AMOUNT_SCHEMA, description: 'The limit as it is now.' }) limit!: number | string;
  @ApiProperty({ type: 'integer', description: 'The highest threshold that was announced; 0: none.' }) alertedPercent!: number;

  static from({ measure, limitValue }: BudgetRow, { periodStart, usedValue, heldValue, alertedPercent }: BudgetPeriodRow): BudgetPeriodResponse {
    return { periodStart, used: shownAmount(measure, usedValue), held: shownAmount(measure, heldValue), limit: shownAmount(measure, limitValue), alertedPercent };
  }
}
