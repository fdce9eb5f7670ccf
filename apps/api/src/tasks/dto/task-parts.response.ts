import { creditsFromMicros } from '@app/common';
import { ATTEMPT_STAGES, ATTEMPT_STATUSES, type AttemptStage, type AttemptStatus, type TaskSummary } from '@app/domain';
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

  static of({ aiModelId: id, modelName: name }: TaskSummary): ModelBrief | null {
    return id === null || name === null ? null : { id, name };
  }
}

export class PullRequestBrief {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: 'integer' }) number!: number;
  @ApiProperty() url!: string;
  @ApiProperty() status!: string;

  static of(task: TaskSummary): PullRequestBrief | null {
    const { pullRequestId: id, pullRequestNumber: number, pullRequestUrl: url, pullRequestStatus: status } = task;
    return id === null || number === null ? null : { id, number, url: url ?? '', status: status ?? '' };
  }
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

  static of({ verification: status, checks }: TaskSummary): VerificationBrief | null {
    if (status === null) return null;
    const shown = (checks ?? []).map(({ name, command, phase, exitCode, durationMs, status, alreadyFailing }) => ({ name, command, phase, exitCode, durationMs, status, alreadyFailing }));
    return { status, checks: shown };
  }
}

export class AttemptBrief {
  @ApiProperty({ type: 'integer' }) number!: number;
  @ApiProperty({ enum: ATTEMPT_STATUSES }) status!: AttemptStatus;
  @ApiProperty({ enum: ATTEMPT_STAGES }) stage!: AttemptStage;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) startedAt!: string | null;

  static of(task: TaskSummary): AttemptBrief | null {
    const { attemptNumber: number, attemptStatus: status, attemptStage: stage } = task;
    return number === null || status === null || stage === null ? null : { number, status, stage, startedAt: isoOrNull(task.attemptStartedAt) };
  }
}

export class QueuePlace {
  @ApiProperty({ type: 'integer', minimum: 1 }) position!: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it may start at the earliest, if that is known to lie ahead.' }) estimatedStartAt!: string | null;

  static of({ queuePosition: position, queueAvailableAt }: TaskSummary): QueuePlace | null {
    return position === null ? null : { position, estimatedStartAt: isoOrNull(queueAvailableAt) };
  }
}

export class TaskCredits {
  @ApiProperty() used!: number;
  @ApiProperty() held!: number;
  @ApiProperty({ type: 'integer' }) usedMicros!: number;
  @ApiProperty({ type: 'integer' }) heldMicros!: number;

  static of({ creditsUsedMicro: used, creditsHeldMicro: held }: TaskSummary): TaskCredits {
    return { used: creditsFromMicros(used), held: creditsFromMicros(held), usedMicros: Number(used), heldMicros: Number(held) };
  }
}

export class TokenCounts {
  @ApiProperty({ type: 'integer' }) modelCalls!: number;
  @ApiProperty({ type: 'integer' }) inputTokens!: number;
  @ApiProperty({ type: 'integer' }) cacheReadTokens!: number;
  @ApiProperty({ type: 'integer' }) cacheWriteTokens!: number;
  @ApiProperty({ type: 'integer' }) outputTokens!: number;
  @ApiProperty({ type: 'integer' }) reasoningTokens!: number;

  static of(task: TaskSummary): TokenCounts {
    return {
      modelCalls: task.modelCalls,
      inputTokens: Number(task.inputTokens),
      cacheReadTokens: Number(task.cacheReadTokens),
      cacheWriteTokens: Number(task.cacheWriteTokens),
      outputTokens: Number(task.outputTokens),
      reasoningTokens: Number(task.reasoningTokens),
    };
  }
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

  static of(id: string): TaskLinks {
    const self = `/api/v1/tasks/${id}`;
    return { self, events: `${self}/events`, logs: `${self}/logs`, results: `${self}/results` };
  }
}
