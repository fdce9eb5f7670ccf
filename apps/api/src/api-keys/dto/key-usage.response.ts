import { usdFromNano } from '@app/common';
import type { KeyUsageDay, KeyUsageModel, KeyUsageTotals } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

const count = (example: number) => ({ type: 'integer', minimum: 0, example }) as const;

class UsageSums {
  @ApiProperty(count(12)) requests!: number;
  @ApiProperty(count(11)) successfulRequests!: number;
  @ApiProperty(count(1)) failedRequests!: number;
  @ApiProperty(count(48_210)) tokens!: number;
  @ApiProperty({ example: '0.149', description: 'By our price list, in USD.' }) costUsd!: string;
}

export class UsageDay extends UsageSums {
  @ApiProperty({ format: 'date', example: '2026-11-23', description: 'By UTC.' }) date!: string;
}

export class UsageModel extends UsageSums {
  @ApiProperty({ example: 'anthropic' }) provider!: string;
  @ApiProperty({ example: 'claude-haiku-5-5' }) model!: string;
}

/** What was done with your own keys. */
export class KeyUsageResponse {
  @ApiProperty(count(12)) totalRequests!: number;
  @ApiProperty(count(11)) successfulRequests!: number;
  @ApiProperty(count(1)) failedRequests!: number;
  @ApiProperty({ ...count(48_210), description: 'Prompt, cache and output.' }) totalTokens!: number;
  @ApiProperty({ example: '0.149', description: 'By our price list, in USD. You pay it to the provider, not to us.' }) totalCostUsd!: string;
  @ApiProperty({ type: 'integer', nullable: true, minimum: 0, example: 812 }) averageLatencyMs!: number | null;
  @ApiProperty({ type: [UsageDay], description: 'One per day, oldest first; days without calls too.' }) daily!: UsageDay[];
  @ApiProperty({ type: [UsageModel], description: 'At most 50, the most used first.' }) models!: UsageModel[];

  static from({ totals, daily, models }: { totals: KeyUsageTotals; daily: readonly KeyUsageDay[]; models: readonly KeyUsageModel[] }): KeyUsageResponse {
    return {
      totalRequests: totals.requests, successfulRequests: totals.successful, failedRequests: totals.requests - totals.successful, totalTokens: totals.tokens,
      totalCostUsd: usdFromNano(totals.costNusd), averageLatencyMs: totals.averageLatencyMs,
      daily: daily.map((day) => ({ date: day.date, ...sums(day) })),
      models: models.map((model) => ({ provider: model.provider, model: model.model, ...sums(model) })),
    };
  }
}

function sums({ requests, successful, tokens, costNusd }: Omit<KeyUsageTotals, 'averageLatencyMs'>): UsageSums {
  return { requests, successfulRequests: successful, failedRequests: requests - successful, tokens, costUsd: usdFromNano(costNusd) };
}
