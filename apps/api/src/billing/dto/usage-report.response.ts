import { USAGE_GROUPS, type UsageGroup, type UsageSum } from '@app/billing';
import { creditsFromMicros, usdFromNano } from '@app/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsTimestamp } from '../../http/validation/rules';

export class UsageReportQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'Default: 30 days before `to`. At most 366 days before it.' })
  @IsOptional() @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not included. Default: now.' })
  @IsOptional() @IsTimestamp()
  to?: string;

  @ApiPropertyOptional({ enum: USAGE_GROUPS, default: 'day', description: 'Days are UTC. Other groups: what came to most first, at most 1,000.' })
  @IsIn(USAGE_GROUPS)
  groupBy: UsageGroup = 'day';
}

export class UsageTotalsResponse {
  @ApiProperty({ type: 'integer', description: 'Model calls, failed ones too.' }) calls!: number;
  @ApiProperty({ type: 'integer' }) tasks!: number;
  @ApiProperty({ type: 'integer', description: 'Read anew: neither from the cache nor written to it.' }) inputTokens!: number;
  @ApiProperty({ type: 'integer' }) cacheReadTokens!: number;
  @ApiProperty({ type: 'integer' }) cacheWriteTokens!: number;
  @ApiProperty({ type: 'integer' }) outputTokens!: number;
  @ApiProperty({ type: 'integer', description: 'Part of the output.' }) reasoningTokens!: number;
  @ApiProperty() credits!: number;
  @ApiProperty({ type: 'integer' }) creditsMicros!: number;
  @ApiProperty({ description: 'What the providers take, own keys too.', example: '0.149' }) costUsd!: string;

  static of({ calls, tasks, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens, creditsMicro, costNusd }: UsageSum): UsageTotalsResponse {
    return { calls, tasks, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens, credits: creditsFromMicros(creditsMicro), creditsMicros: Number(creditsMicro), costUsd: usdFromNano(costNusd) };
  }
}

export class UsageGroupResponse extends UsageTotalsResponse {
  @ApiProperty({ type: String, nullable: true, description: 'The day (YYYY-MM-DD), or the id of the model, user or repository; null: calls of none, or of one that is gone.' }) key!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Its name; null for days.' }) name!: string | null;

  static from(sum: UsageSum): UsageGroupResponse {
    return { key: sum.key, name: sum.label, ...UsageTotalsResponse.of(sum) };
  }
}

export class UsageReportResponse {
  @ApiProperty({ format: 'date-time' }) from!: string;
  @ApiProperty({ format: 'date-time' }) to!: string;
  @ApiProperty({ enum: USAGE_GROUPS }) groupBy!: UsageGroup;
  @ApiProperty({ type: [UsageGroupResponse] }) rows!: UsageGroupResponse[];
  @ApiProperty({ type: UsageTotalsResponse }) totals!: UsageTotalsResponse;
}
