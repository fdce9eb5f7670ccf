import { TASK_MODES, type Task, type TaskMode } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, Matches, Max, Min, ValidateNested } from 'class-validator';
import { IsTimestamp, TextLength } from '../../http/validation/rules';
import { IsCredits, IsMetadata } from './rules';
import { TaskOptionsDto } from './task-options.dto';

export const PRIORITIES = ['low', 'medium', 'high'] as const;

/** A task as it is asked for. */
export class CreateTaskDto {
  @ApiProperty({ minLength: 1, maxLength: 100_000, description: 'What shall be done, in your words.' })
  @TextLength(1, 100_000) @Matches(/\S/, { message: 'prompt must not be blank' })
  prompt!: string;

  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  repositoryId!: string;

  @ApiPropertyOptional({ enum: TASK_MODES, default: 'code', description: 'What kind of work it is.' })
  @IsOptional() @IsIn(TASK_MODES)
  mode?: TaskMode;

  @ApiPropertyOptional({ minLength: 1, maxLength: 255, description: 'Absent: made from the prompt.' })
  @IsOptional() @TextLength(1, 255) @Matches(/\S/, { message: 'title must not be blank' })
  title?: string;

  @ApiPropertyOptional({ maxLength: 10_000, description: 'For people; the agent does not read it.' })
  @IsOptional() @TextLength(0, 10_000)
  description?: string;

  @ApiPropertyOptional({ maxLength: 255, description: 'Branch, tag or commit to start from; absent: the default branch. Mode `pr_review`: what is looked at.' })
  @IsOptional() @IsString()
  branch?: string;

  @ApiPropertyOptional({ maxLength: 255, description: 'Branch the pull request goes to; absent: `branch`. Mode `pr_review`: what it is compared with; absent: the default branch.' })
  @IsOptional() @IsString()
  targetBranch?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 2_147_483_647, description: 'Mode `pr_review`: the pull request to look at, against `targetBranch` (absent: the default branch). Or name its `branch`.' })
  @IsOptional() @IsInt() @Min(1) @Max(2_147_483_647)
  sourcePullRequestNumber?: number;

  @ApiPropertyOptional({ minLength: 1, maxLength: 100, default: 'auto', description: '`auto`, or a model\'s name or id.' })
  @IsOptional() @TextLength(1, 100)
  model?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, description: 'One of your own keys (`GET /api-keys`), of the model\'s provider: the calls then cost no credits.' })
  @IsOptional() @IsUUID()
  apiKeyId?: string | null;

  @ApiPropertyOptional({ enum: PRIORITIES, default: 'medium', description: 'Order among waiting tasks.' })
  @IsOptional() @IsIn(PRIORITIES)
  priority?: Task['priority'];

  @ApiPropertyOptional({ description: 'The task pauses before it uses more. At most 6 decimals.' })
  @IsOptional() @IsCredits()
  maxCredits?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 60, maximum: 14_400, default: 1_800, description: 'Wall clock of the work.' })
  @IsOptional() @IsInt() @Min(60) @Max(14_400)
  timeoutSeconds?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'Start then, not now.' })
  @IsOptional() @IsTimestamp()
  scheduledAt?: string;

  @ApiPropertyOptional({ default: false, description: 'Keep it as a draft; `PUT` with `draft: false` starts it.' })
  @IsOptional() @IsBoolean()
  draft?: boolean;

  @ApiPropertyOptional({ type: [String], maxItems: 20 })
  @IsOptional() @IsArray() @ArrayMaxSize(20) @ArrayUnique() @TextLength(1, 50, { each: true })
  tags?: string[];

  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 2, maximum: 5, description: 'So many tasks of their own try the same, under this one\'s cap. The best one\'s work is published: checks that pass, then the smaller change, then the cheaper one. For modes that change something.' })
  @IsOptional() @IsInt() @Min(2) @Max(5)
  candidates?: number | null;

  @ApiPropertyOptional({ format: 'uuid', description: 'Another task of yours that this one continues.' })
  @IsOptional() @IsUUID()
  parentTaskId?: string;

  @ApiPropertyOptional({ format: 'uri', minLength: 1, maxLength: 2_048, example: 'https://example.com/hooks/one-task', description: 'All `task.*` events of this task are sent there, besides the organization\'s webhook endpoints. Needs `callbackSecret`.' })
  @IsOptional() @TextLength(1, 2_048)
  callbackUrl?: string;

  @ApiPropertyOptional({ minLength: 38, maxLength: 94, pattern: '^whsec_[A-Za-z0-9+/]+={0,2}$', example: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', description: 'Signs what is sent to `callbackUrl`: `whsec_` and the base64 of 24 to 64 bytes. Never shown.' })
  @IsOptional() @TextLength(1, 200)
  callbackSecret?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string', maxLength: 500 }, maxProperties: 16, description: 'Your own notes, kept as they are.' })
  @IsOptional() @IsMetadata()
  metadata?: Record<string, string>;

  @ApiPropertyOptional({ type: TaskOptionsDto })
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TaskOptionsDto)
  options?: TaskOptionsDto;
}
