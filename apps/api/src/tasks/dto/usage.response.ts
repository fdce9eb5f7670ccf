import type { UsageRow } from '@app/billing';
import { creditsFromMicros, usdFromNano } from '@app/common';
import { ApiProperty } from '@nestjs/swagger';

/** Tokens of calls in disjoint parts; reasoning is inside output. */
export class CallTokens {
  @ApiProperty({ type: 'integer' }) input!: number;
  @ApiProperty({ type: 'integer' }) cacheRead!: number;
  @ApiProperty({ type: 'integer' }) cacheWriteShort!: number;
  @ApiProperty({ type: 'integer' }) cacheWriteLong!: number;
  @ApiProperty({ type: 'integer' }) output!: number;
  @ApiProperty({ type: 'integer' }) reasoning!: number;
}

export class CallResponse {
  @ApiProperty({ type: 'integer' }) callSeq!: number;
  @ApiProperty() purpose!: string;
  @ApiProperty({ description: 'Our name of the model, or the provider\'s when it is not in the catalog any more.' }) model!: string;
  @ApiProperty() outcome!: string;
  @ApiProperty({ type: CallTokens }) tokens!: CallTokens;
  @ApiProperty({ description: 'Counted by us, as the provider reported nothing.' }) isEstimated!: boolean;
  @ApiProperty({ description: 'Decimal text.' }) costUsd!: string;
  @ApiProperty() credits!: number;
  @ApiProperty({ type: 'integer' }) creditsMicros!: number;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) priceId!: string | null;
  @ApiProperty({ type: 'integer', nullable: true }) latencyMs!: number | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from(row: UsageRow): CallResponse {
    const { callSeq, purpose, outcome, isEstimated, priceId, latencyMs } = row;
    return {
      callSeq, purpose, model: row.modelName ?? row.providerModelId, outcome, tokens: tokensOf(row), isEstimated,
      costUsd: usdFromNano(row.costNusd), credits: creditsFromMicros(row.creditsMicro), creditsMicros: Number(row.creditsMicro),
      priceId, latencyMs, createdAt: row.createdAt.toISOString(),
    };
  }
}

export class UsageTotals {
  @ApiProperty({ type: 'integer' }) calls!: number;
  @ApiProperty({ type: CallTokens }) tokens!: CallTokens;
  @ApiProperty({ description: 'Decimal text.' }) costUsd!: string;
  @ApiProperty() credits!: number;
  @ApiProperty({ type: 'integer' }) creditsMicros!: number;
}

export class TaskUsageResponse {
  @ApiProperty({ type: UsageTotals }) totals!: UsageTotals;
  @ApiProperty({ type: [CallResponse] }) calls!: CallResponse[];

  static from(rows: readonly UsageRow[]): TaskUsageResponse {
    const costNusd = rows.reduce((sum, row) => sum + row.costNusd, 0n);
    const creditsMicro = rows.reduce((sum, row) => sum + row.creditsMicro, 0n);
    const totals = { calls: rows.length, tokens: rows.map(tokensOf).reduce(addTokens, NO_TOKENS), costUsd: usdFromNano(costNusd), credits: creditsFromMicros(creditsMicro), creditsMicros: Number(creditsMicro) };
    return { totals, calls: rows.map((row) => CallResponse.from(row)) };
  }
}

const NO_TOKENS: CallTokens = { input: 0, cacheRead: 0, cacheWriteShort: 0, cacheWriteLong: 0, output: 0, reasoning: 0 };

function tokensOf(row: UsageRow): CallTokens {
  return {
    input: row.inputTokens, cacheRead: row.cacheReadTokens, cacheWriteShort: row.cacheWriteShortTokens, cacheWriteLong: row.cacheWriteLongTokens,
    output: row.outputTokens, reasoning: row.reasoningTokens,
  };
}

function addTokens(a: CallTokens, b: CallTokens): CallTokens {
  return {
    input: a.input + b.input, cacheRead: a.cacheRead + b.cacheRead, cacheWriteShort: a.cacheWriteShort + b.cacheWriteShort, cacheWriteLong: a.cacheWriteLong + b.cacheWriteLong,
    output: a.output + b.output, reasoning: a.reasoning + b.reasoning,
  };
}
