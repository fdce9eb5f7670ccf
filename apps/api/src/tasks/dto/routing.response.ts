import { EXCLUSION_REASONS, MODEL_PREFERENCES, type ExclusionReason, type ModelPreference, type RoutingProfile } from '@app/providers';
import { ApiProperty } from '@nestjs/swagger';

const share = (example: number, description?: string) => ({ minimum: 0, maximum: 1, example, ...(description === undefined ? {} : { description }) }) as const;

export class RoutingWeightsResponse {
  @ApiProperty(share(0.5)) quality!: number;
  @ApiProperty(share(0.4)) cost!: number;
  @ApiProperty(share(0.1)) latency!: number;
}

export class RoutingComplexity {
  @ApiProperty({ enum: ['normal', 'high'] }) level!: 'normal' | 'high';
  @ApiProperty({ type: [String], example: ['a migration', 'concurrency'], description: 'What the task shows of its difficulty; two signs make it a difficult one.' }) signs!: string[];
}

export class RankedModelResponse {
  @ApiProperty({ example: 'claude-sonnet-5-5' }) model!: string;
  @ApiProperty({ example: 'anthropic' }) provider!: string;
  @ApiProperty({ enum: ['platform', 'own'], description: 'Whose key pays for its calls.' }) key!: 'platform' | 'own';
  @ApiProperty(share(0.531, 'Sum of the three shares, each by its weight.')) score!: number;
  @ApiProperty(share(0.725, 'The catalog\'s opinion, moved by how its tasks ended here.')) quality!: number;
  @ApiProperty(share(0.32, '1: a task costs a cent or less.')) cost!: number;
  @ApiProperty(share(0.562, '1: it answers within a second.')) latency!: number;
  @ApiProperty({ example: '0.473', description: 'What such a task is expected to cost, in USD, as decimal text.' }) estimatedCostUsd!: string;
  @ApiProperty({ type: [String], example: ['no tasks here yet'] }) reasons!: string[];
}

export class ExcludedModelResponse {
  @ApiProperty({ example: 'claude-opus-5-5' }) model!: string;
  @ApiProperty({ enum: EXCLUSION_REASONS, example: 'plan' }) reason!: ExclusionReason;
}

/** Which models were weighed when an attempt began, and why the first was chosen. */
export class RoutingResponse {
  @ApiProperty({ example: 'auto', description: '`auto`, or the model that the task names.' }) requested!: string;
  @ApiProperty({ enum: MODEL_PREFERENCES, description: 'The task\'s own.' }) preference!: ModelPreference;
  @ApiProperty({ enum: ['quality', 'balanced', 'economy'], description: 'What that came to: by the mode, one step up for a difficult task.' }) profile!: RoutingProfile;
  @ApiProperty({ type: RoutingWeightsResponse }) weights!: RoutingWeightsResponse;
  @ApiProperty({ type: RoutingComplexity }) complexity!: RoutingComplexity;
  @ApiProperty({ type: [RankedModelResponse], description: 'Best first, at most ten; a model that was asked for comes first whatever its score.' }) ranked!: RankedModelResponse[];
  @ApiProperty({ type: [ExcludedModelResponse] }) excluded!: ExcludedModelResponse[];
  @ApiProperty({ description: 'Whether another model may go on when the first does not answer: `options.modelFallback`.' }) fallback!: boolean;
  @ApiProperty({ type: [String], example: ['gpt-6.1-terra'], description: 'The models that would, in this order.' }) chain!: string[];

  /** Null: nothing was chosen yet, or no model is called. */
  static from(routing: Record<string, unknown> | null): RoutingResponse | null {
    // Written by the worker in this very shape.
    return routing as RoutingResponse | null;
  }
}
