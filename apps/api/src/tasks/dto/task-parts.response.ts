import { ATTEMPT_STAGES, ATTEMPT_STATUSES, type AttemptStage, type AttemptStatus } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

export function isoOrNull(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}

export class RepositoryBrief {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() fullName!: string;
}

export class ModelBrief {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
}

export class PullRequestBrief {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: 'integer' }) number!: number;
  @ApiProperty() url!: string;
  @ApiProperty() status!: string;
}

/** One run of one check command. */
export class CheckBrief {
  @ApiProperty() name!: string;
  @ApiProperty() command!: string;
  @ApiProperty({ enum: ['base', 'head'], description: 'Before the work, or after it.' }) phase!: 'base' | 'head';
  @ApiProperty({ type: 'integer', nullable: true }) exitCode!: number | null;
  @ApiProperty({ type: 'integer' }) durationMs!: number;
  @ApiProperty() status!: string;
  @ApiProperty({ description: 'It failed before the work, too.' }) alreadyFailing!: boolean;
}

export class VerificationBrief {
  @ApiProperty({ enum: ['passed', 'failed', 'skipped'] }) status!: 'passed' | 'failed' | 'skipped';
  @ApiProperty({ type: [CheckBrief] }) checks!: CheckBrief[];
}

export class AttemptBrief {
  @ApiProperty({ type: 'integer' }) number!: number;
  @ApiProperty({ enum: ATTEMPT_STATUSES }) status!: AttemptStatus;
  @ApiProperty({ enum: ATTEMPT_STAGES }) stage!: AttemptStage;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) startedAt!: string | null;
}

export class QueuePlace {
  @ApiProperty({ type: 'integer', minimum: 1 }) position!: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it may start at the earliest, if that is known to lie ahead.' }) estimatedStartAt!: string | null;
}

export class TaskCredits {
  @ApiProperty() used!: number;
  @ApiProperty() held!: number;
  @ApiProperty({ type: 'integer' }) usedMicros!: number;
  @ApiProperty({ type: 'integer' }) heldMicros!: number;
}

export class TokenCounts {
  @ApiProperty({ type: 'integer' }) modelCalls!: number;
  @ApiProperty({ type: 'integer' }) inputTokens!: number;
  @ApiProperty({ type: 'integer' }) cacheReadTokens!: number;
  @ApiProperty({ type: 'integer' }) cacheWriteTokens!: number;
  @ApiProperty({ type: 'integer' }) outputTokens!: number;
  @ApiProperty({ type: 'integer' }) reasoningTokens!: number;
}

export class TaskUsage extends TokenCounts {
  @ApiProperty({ description: 'Decimal text.', example: '0.149' }) costUsd!: string;
}

export class TaskError {
  @ApiProperty() code!: string;
  @ApiProperty() message!: string;
}

export class CreatorBrief {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() username!: string;
}

export class TaskLinks {
  @ApiProperty() self!: string;
  @ApiProperty() events!: string;
  @ApiProperty() logs!: string;
  @ApiProperty() results!: string;
}
