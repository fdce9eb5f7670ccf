import { creditsFromMicros, usdFromNano } from '@app/common';
import { USAGE_ANALYTICS_GROUPS, type UsageAnalyticsGroup, type UsageFigures, type UsageGroupFigures } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

export class UsageFiguresResponse {
  @ApiProperty({ type: 'integer', example: 412, description: 'Model calls, failed ones too.' }) calls!: number;
  @ApiProperty({ type: 'integer', example: 3 }) failedCalls!: number;
  @ApiProperty({ type: 'integer', example: 17, description: 'Tasks with at least one of the calls. One may be in several rows, so rows need not add up to the total.' }) tasks!: number;
  @ApiProperty({ type: 'integer', example: 1_200_000, description: 'Read anew: neither from the cache nor written to it.' }) inputTokens!: number;
  @ApiProperty({ type: 'integer', example: 8_000_000 }) cacheReadTokens!: number;
  @ApiProperty({ type: 'integer', example: 500_000 }) cacheWriteTokens!: number;
  @ApiProperty({ type: 'integer', example: 300_000 }) outputTokens!: number;
  @ApiProperty({ type: 'integer', example: 120_000, description: 'Part of the output.' }) reasoningTokens!: number;
  @ApiProperty({ example: 149 }) credits!: number;
  @ApiProperty({ type: 'integer', example: 149_000_000 }) creditsMicros!: number;
  @ApiProperty({ example: '1.49', description: 'What the providers take, own keys too. Decimal text.' }) costUsd!: string;

  static of({ calls, failedCalls, tasks, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens, creditsMicro, costNusd }: UsageFigures): UsageFiguresResponse {
    const money = { credits: creditsFromMicros(creditsMicro), creditsMicros: Number(creditsMicro), costUsd: usdFromNano(costNusd) };
    return { calls, failedCalls, tasks, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens, ...money };
  }
}

export class UsageRowResponse extends UsageFiguresResponse {
  @ApiProperty({
    type: String, nullable: true, example: '2026-11-23',
    description: 'The first day of the day, week or month (YYYY-MM-DD); the id of the model, repository, person or key; or the mode, purpose or source. null: calls that have none.',
  })
  key!: string | null;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'The name of what the id is of; null for others, and for what is gone.' }) name!: string | null;

  static from(row: UsageGroupFigures): UsageRowResponse {
    return { key: row.key, name: row.label, ...UsageFiguresResponse.of(row) };
  }
}

export class UsageAnalyticsResponse {
  @ApiProperty({ format: 'date', example: '2026-11-01' }) from!: string;
  @ApiProperty({ format: 'date', example: '2026-11-30' }) to!: string;
  @ApiProperty({ enum: USAGE_ANALYTICS_GROUPS }) groupBy!: UsageAnalyticsGroup;
  @ApiProperty({ type: [UsageRowResponse] }) rows!: UsageRowResponse[];
  @ApiProperty({ example: false, description: 'Whether there are more rows than are shown.' }) truncated!: boolean;
  @ApiProperty({ type: UsageFiguresResponse, description: 'Of all rows, those that are not shown too.' }) totals!: UsageFiguresResponse;
}
