import { creditsFromMicros, usdFromNano } from '@app/common';
import type { ModelPerformance } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { perUnit, share } from '../figures';
import { UsageFiguresResponse } from './usage-analytics.response';

export class ModelAnalyticsRowResponse extends UsageFiguresResponse {
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'null: calls of a model that is not in the catalogue any more.' }) modelId!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'claude-opus-5-5' }) model!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'anthropic' }) provider!: string | null;
  @ApiProperty({ type: Number, nullable: true, example: 0.9927, description: 'Answered calls among all, from 0 to 1; null: no calls.' }) successRate!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 5_200, description: 'Of answered calls.' }) meanLatencyMs!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 4_100, description: 'Half of the answered calls took no longer. Within 10 %, from 0.25 s to 12 min.' }) medianLatencyMs!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 14_700, description: '95 % of the answered calls took no longer. Within 10 %, from 0.25 s to 12 min.' }) p95LatencyMs!: number | null;
  @ApiProperty({ type: String, nullable: true, example: '0.087', description: 'What the calls cost, by the tasks that had any; null: none had. Decimal text.' }) costPerTaskUsd!: string | null;
  @ApiProperty({ type: Number, nullable: true, example: 8.7 }) creditsPerTask!: number | null;

  static from(row: ModelPerformance): ModelAnalyticsRowResponse {
    const [cost, credits] = [perUnit(row.costNusd, row.tasks), perUnit(row.creditsMicro, row.tasks)];
    return {
      modelId: row.modelId, model: row.model, provider: row.provider, ...UsageFiguresResponse.of(row), successRate: share(row.calls - row.failedCalls, row.calls),
      meanLatencyMs: row.meanLatencyMs, medianLatencyMs: row.p50LatencyMs, p95LatencyMs: row.p95LatencyMs,
      costPerTaskUsd: cost === null ? null : usdFromNano(cost), creditsPerTask: credits === null ? null : creditsFromMicros(credits),
    };
  }
}

export class ModelAnalyticsResponse {
  @ApiProperty({ format: 'date', example: '2026-11-01' }) from!: string;
  @ApiProperty({ format: 'date', example: '2026-11-30' }) to!: string;
  @ApiProperty({ type: [ModelAnalyticsRowResponse], description: 'What cost most first. Probes of keys and models are left out.' }) rows!: ModelAnalyticsRowResponse[];
}
