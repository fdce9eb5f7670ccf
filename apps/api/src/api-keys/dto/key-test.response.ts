import { MODEL_ERROR_KINDS, type ModelErrorKind } from '@app/providers';
import { ApiProperty } from '@nestjs/swagger';

/** Why a test failed. */
export class ProbeError {
  @ApiProperty({ enum: MODEL_ERROR_KINDS, example: 'auth' }) kind!: ModelErrorKind;
  @ApiProperty({ example: 'Anthropic does not accept this key: invalid x-api-key' }) message!: string;
}

/** What a provider says about a key. */
export class KeyTestResponse {
  @ApiProperty({ example: true, description: 'The provider answered a call with it.' }) valid!: boolean;
  @ApiProperty({ type: 'integer', minimum: 0, example: 412 }) latencyMs!: number;
  @ApiProperty({ type: 'integer', nullable: true, minimum: 0, example: 389, description: 'Until the first sign of an answer.' }) ttftMs!: number | null;
  @ApiProperty({ type: String, nullable: true, example: 'claude-haiku-5-5', description: 'Which model was called; null: the models were only listed.' }) model!: string | null;
  @ApiProperty({ type: String, nullable: true, example: '0.0000021', description: 'What the call cost by our price list, in USD; null: not known. You pay it to the provider, not to us.' }) costUsd!: string | null;
  @ApiProperty({ type: ProbeError, nullable: true }) error!: ProbeError | null;
}
