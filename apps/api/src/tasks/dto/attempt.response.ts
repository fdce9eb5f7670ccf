import { ATTEMPT_CAUSES, ATTEMPT_STAGES, ATTEMPT_STATUSES, type AttemptCause, type AttemptRow, type AttemptStage, type AttemptStatus } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { RoutingResponse } from './routing.response';
import { isoOrNull, ModelBrief, TaskError } from './task-parts.response';

/** One execution of a task by one worker. */
export class AttemptResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: 'integer', minimum: 1 }) number!: number;
  @ApiProperty({ enum: ATTEMPT_CAUSES }) cause!: AttemptCause;
  @ApiProperty({ enum: ATTEMPT_STATUSES }) status!: AttemptStatus;
  @ApiProperty({ enum: ATTEMPT_STAGES }) stage!: AttemptStage;
  @ApiProperty({ type: ModelBrief, nullable: true }) model!: ModelBrief | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) apiKeyId!: string | null;
  @ApiProperty({ type: RoutingResponse, nullable: true, description: 'How `model` was chosen; null before that.' }) routing!: RoutingResponse | null;
  @ApiProperty({ type: String, nullable: true }) baseSha!: string | null;
  @ApiProperty({ type: String, nullable: true }) headSha!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) heartbeatAt!: string | null;
  @ApiProperty({ type: TaskError, nullable: true }) error!: TaskError | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) startedAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) finishedAt!: string | null;

  static from(row: AttemptRow): AttemptResponse {
    const { id, number, cause, status, stage, apiKeyId, baseSha, headSha } = row;
    return {
      id, number, cause, status, stage,
      model: row.aiModelId === null || row.modelName === null ? null : { id: row.aiModelId, name: row.modelName },
      apiKeyId, baseSha, headSha,
      routing: RoutingResponse.from(row.routing),
      heartbeatAt: isoOrNull(row.heartbeatAt),
      error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
      createdAt: row.createdAt.toISOString(),
      startedAt: isoOrNull(row.startedAt),
      finishedAt: isoOrNull(row.finishedAt),
    };
  }
}
