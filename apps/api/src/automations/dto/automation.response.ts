import { creditsFromMicros } from '@app/common';
import { AUTOMATION_KINDS, PULL_REQUEST_MOMENTS, TASK_MODES, type AutomationKind, type AutomationRow, type AutomationRunRow, type PullRequestMoment, type Task, type TaskMode } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const TIME = { type: String, format: 'date-time', nullable: true } as const;
const LIST = { type: String, isArray: true as const };

export class AutomationTriggerResponse {
  @ApiProperty({ enum: AUTOMATION_KINDS }) kind!: AutomationKind;
  @ApiPropertyOptional() cron?: string;
  @ApiPropertyOptional() timeZone?: string;
  @ApiPropertyOptional() label?: string;
  @ApiPropertyOptional({ isArray: true, enum: [...PULL_REQUEST_MOMENTS] }) moments?: PullRequestMoment[];
}

export class AutomationFilterResponse {
  @ApiPropertyOptional(LIST) authors?: string[];
  @ApiPropertyOptional(LIST) branches?: string[];
  @ApiPropertyOptional(LIST) labels?: string[];
  @ApiPropertyOptional(LIST) paths?: string[];
}

export class AutomationTaskResponse {
  @ApiProperty() prompt!: string;
  @ApiPropertyOptional() title?: string;
  @ApiPropertyOptional({ enum: TASK_MODES }) mode?: TaskMode;
  @ApiPropertyOptional() model?: string;
  @ApiPropertyOptional() branch?: string;
  @ApiPropertyOptional() targetBranch?: string;
  @ApiPropertyOptional({ enum: ['low', 'medium', 'high'] }) priority?: Task['priority'];
  @ApiPropertyOptional(LIST) tags?: string[];
  @ApiPropertyOptional({ type: 'integer' }) timeoutSeconds?: number;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true }) options?: object;
}

export class AutomationAuthorResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() username!: string;
}

export class AutomationRepositoryResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() fullName!: string;
}

/** A rule by which tasks start themselves. */
export class AutomationResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ type: AutomationRepositoryResponse }) repository!: AutomationRepositoryResponse;
  @ApiProperty({ type: AutomationTriggerResponse }) trigger!: AutomationTriggerResponse;
  @ApiProperty({ type: AutomationFilterResponse }) filter!: AutomationFilterResponse;
  @ApiProperty({ type: AutomationTaskResponse }) task!: AutomationTaskResponse;
  @ApiProperty({ type: Number, nullable: true }) maxCreditsPerRun!: number | null;
  @ApiProperty({ type: Number, nullable: true }) maxCreditsPerMonth!: number | null;
  @ApiProperty() isEnabled!: boolean;
  @ApiProperty({ type: String, nullable: true, description: 'Why it disabled itself; null: a person did, or it is enabled.' }) disabledReason!: string | null;
  @ApiProperty({ ...TIME, description: '`schedule`: when it runs next.' }) nextRunAt!: string | null;
  @ApiProperty(TIME) lastRunAt!: string | null;
  @ApiProperty({ type: AutomationAuthorResponse, description: 'Whose tasks they become.' }) createdBy!: AutomationAuthorResponse;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;

  static from(row: AutomationRow): AutomationResponse {
    const { id, name, kind, trigger, filter, template, isEnabled, disabledReason } = row;
    return {
      id, name, repository: { id: row.repositoryId, fullName: row.repositoryFullName }, trigger: { kind, ...trigger }, filter, task: template, isEnabled, disabledReason,
      maxCreditsPerRun: credits(row.maxCreditsPerRunMicro), maxCreditsPerMonth: credits(row.maxCreditsPerMonthMicro),
      nextRunAt: isEnabled ? (row.nextRunAt?.toISOString() ?? null) : null, lastRunAt: row.lastRunAt?.toISOString() ?? null,
      createdBy: { id: row.userId, username: row.createdByUsername }, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString(),
    };
  }
}

/** What one occasion led to. */
export class AutomationRunResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid' }) automationId!: string;
  @ApiProperty({ description: 'What it was for: there is one run for each.' }) occasion!: string;
  @ApiProperty({ enum: ['started', 'skipped', 'failed'] }) status!: AutomationRunRow['status'];
  @ApiProperty({ type: String, nullable: true, description: 'Why it was skipped, or failed to start.' }) reason!: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) taskId!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Where its task stands now.' }) taskStatus!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What happened, without long texts.' }) event!: Record<string, unknown>;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from({ id, automationId, occasion, status, reason, taskId, taskStatus, event, createdAt }: AutomationRunRow): AutomationRunResponse {
    return { id, automationId, occasion, status, reason, taskId, taskStatus, event, createdAt: createdAt.toISOString() };
  }
}

function credits(micros: bigint | null): number | null {
  return micros === null ? null : creditsFromMicros(micros);
}
