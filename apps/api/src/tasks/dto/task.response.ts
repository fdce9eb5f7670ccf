import { DEFAULT_TIMEOUT_SECONDS, TASK_MODES, TASK_STATUSES, taskSummaryJson, type TaskSummary, type TaskView } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { PRIORITIES } from './create-task.dto';
import {
  AttemptBrief, CreatorBrief, ModelBrief, PullRequestBrief, QueuePlace, RepositoryBrief, TaskCredits, TaskError, TaskLinks, TaskUsage, VerificationBrief,
} from './task-parts.response';

/** A task as lists show it. */
export class TaskSummaryResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: TASK_MODES }) mode!: TaskSummary['mode'];
  @ApiProperty() title!: string;
  @ApiProperty({ type: String, nullable: true }) description!: string | null;
  @ApiProperty({ enum: TASK_STATUSES }) status!: TaskSummary['status'];
  @ApiProperty({ type: String, nullable: true }) statusReason!: string | null;
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100 }) progress!: number;
  @ApiProperty({ enum: PRIORITIES }) priority!: TaskSummary['priority'];
  @ApiProperty({ type: RepositoryBrief }) repository!: RepositoryBrief;
  @ApiProperty({ type: ModelBrief, nullable: true }) model!: ModelBrief | null;
  @ApiProperty() requestedModel!: string;
  @ApiProperty() branch!: string;
  @ApiProperty({ type: String, nullable: true }) baseSha!: string | null;
  @ApiProperty() targetBranch!: string;
  @ApiProperty({ type: String, nullable: true }) workBranch!: string | null;
  @ApiProperty({ type: 'integer', nullable: true }) sourcePullRequestNumber!: number | null;
  @ApiProperty({ type: PullRequestBrief, nullable: true }) pullRequest!: PullRequestBrief | null;
  @ApiProperty({ type: VerificationBrief, nullable: true }) verification!: VerificationBrief | null;
  @ApiProperty({ type: String, enum: ['proposed', 'approved', 'rejected', null], nullable: true }) planStatus!: TaskSummary['planStatus'];
  @ApiProperty({ type: AttemptBrief, nullable: true }) attempt!: AttemptBrief | null;
  @ApiProperty({ type: 'integer' }) attemptCount!: number;
  @ApiProperty({ type: 'integer' }) maxAttempts!: number;
  @ApiProperty({ type: QueuePlace, nullable: true }) queue!: QueuePlace | null;
  @ApiProperty({ enum: ['api', 'fork', 'plan', 'issue', 'mention', 'pull_request', 'check', 'candidate', 'automation'] }) source!: TaskSummary['source'];
  @ApiProperty({ type: 'integer', nullable: true }) sourceIssueNumber!: number | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) parentTaskId!: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) forkedFromTaskId!: string | null;
  @ApiProperty({ type: 'integer', nullable: true, description: 'So many tasks of their own (`GET /tasks/{id}/candidates`) try the same; the best one\'s work is published.' }) candidates!: number | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The candidate that was chosen.' }) chosenTaskId!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) scheduledAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) deadlineAt!: string | null;
  @ApiProperty({ type: Number, nullable: true }) estimatedCredits!: number | null;
  @ApiProperty({ type: Number, nullable: true }) maxCredits!: number | null;
  @ApiProperty({ type: TaskCredits }) credits!: TaskCredits;
  @ApiProperty({ type: TaskUsage }) usage!: TaskUsage;
  @ApiProperty({ type: TaskError, nullable: true }) error!: TaskError | null;
  @ApiProperty({ type: [String] }) tags!: string[];
  @ApiProperty({ type: String, nullable: true }) callbackUrl!: string | null;
  @ApiProperty({ type: CreatorBrief }) createdBy!: CreatorBrief;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) cancelRequestedAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) pauseRequestedAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) archivedAt!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) queuedAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) startedAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) completedAt!: string | null;
  @ApiProperty({ type: TaskLinks }) links!: TaskLinks;

  static from(task: TaskSummary): TaskSummaryResponse {
    return taskSummaryJson(task);
  }
}

/** What holds when an option was not given. */
export const DEFAULT_OPTIONS = { createPullRequest: true, draftPullRequest: true, requireVerification: false, verifyCommands: [], maxTurns: null, maxOutputTokens: null, allowCiFiles: false, timeoutSeconds: DEFAULT_TIMEOUT_SECONDS };

/** A task with all that is shown of it. */
export class TaskResponse extends TaskSummaryResponse {
  @ApiProperty() prompt!: string;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'With defaults filled in.' }) options!: Record<string, unknown>;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) metadata!: Record<string, unknown>;

  static override from(task: TaskView): TaskResponse {
    const { prompt, metadata } = task;
    return { ...TaskSummaryResponse.from(task), prompt, options: { ...DEFAULT_OPTIONS, ...task.options }, metadata };
  }
}

