import { usdFromNano } from '@app/common';
import type { Usage } from '@app/providers';
import { ApiProperty } from '@nestjs/swagger';
import { ProbeError } from '../../api-keys/dto/key-test.response';
import type { Probed } from '../../api-keys/key-probe';
import { probeError } from '../../api-keys/probe-words';

const tokens = (example: number) => ({ type: 'integer', minimum: 0, example }) as const;

/** What a test used, by the provider's own count. */
export class ModelTestUsage {
  @ApiProperty(tokens(11)) inputTokens!: number;
  @ApiProperty(tokens(0)) cacheReadTokens!: number;
  @ApiProperty(tokens(0)) cacheWriteTokens!: number;
  @ApiProperty(tokens(4)) outputTokens!: number;
  @ApiProperty(tokens(0)) reasoningTokens!: number;

  static from(usage: Usage): ModelTestUsage {
    const { inputTokens, cacheReadTokens, outputTokens, reasoningTokens } = usage;
    return { inputTokens, cacheReadTokens, cacheWriteTokens: usage.cacheWriteShortTokens + usage.cacheWriteLongTokens, outputTokens, reasoningTokens };
  }
}

/** What one tiny call of a model showed. */
export class ModelTestResponse {
  @ApiProperty({ example: true, description: 'The model answered.' }) ok!: boolean;
  @ApiProperty({ type: 'integer', minimum: 0, example: 412 }) latencyMs!: number;
  @ApiProperty({ type: 'integer', nullable: true, minimum: 0, example: 389, description: 'Until the first sign of an answer.' }) ttftMs!: number | null;
  @ApiProperty({ type: String, nullable: true, example: 'claude-haiku-5-5', description: 'Null: no model was called, the provider only listed its models.' }) model!: string | null;
  @ApiProperty({ example: 'anthropic' }) provider!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null, description: 'The saved key that was used; null: the platform\'s, or the one in the request.' }) apiKeyId!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'msg_01XFDUDYJgAACzvnptvVoYEL', description: 'The provider\'s id of the answer or request, for its support.' }) requestId!: string | null;
  @ApiProperty({ type: ModelTestUsage, nullable: true, description: 'Null: the provider reported nothing.' }) usage!: ModelTestUsage | null;
  @ApiProperty({ type: String, nullable: true, example: '0.0000031', description: 'What the call cost by our price list, in USD; null: not known. You are not charged for it.' }) costUsd!: string | null;
  @ApiProperty({ type: ProbeError, nullable: true }) error!: ProbeError | null;

  static from({ vendor, provider, model, result, nanoUsd }: Probed, apiKeyId: string | null): ModelTestResponse {
    const { ok, latencyMs, ttftMs, requestId, usage } = result;
    return {
      ok, latencyMs, ttftMs, model: model?.name ?? null, provider, apiKeyId, requestId, usage: usage && ModelTestUsage.from(usage), costUsd: nanoUsd === null ? null : usdFromNano(nanoUsd),
      error: probeError(vendor, result),
    };
  }
}
