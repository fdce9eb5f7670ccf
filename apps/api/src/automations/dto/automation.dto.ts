import { AUTOMATION_KINDS, PULL_REQUEST_MOMENTS, TASK_MODES, type AutomationFilter, type AutomationKind, type AutomationTemplate, type AutomationTrigger, type PullRequestMoment, type Task, type TaskMode } from '@app/domain';
import { PLACEHOLDERS } from '@app/submission';
import { ApiProperty, ApiPropertyOptional, PartialType, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, Matches, Max, Min, ValidateNested } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { TextLength, WhenSent } from '../../http/validation/rules';
import { PRIORITIES } from '../../tasks/dto/create-task.dto';
import { IsCredits } from '../../tasks/dto/rules';
import { TaskOptionsDto } from '../../tasks/dto/task-options.dto';

const LIST = { type: String, isArray: true as const, maxItems: 50 };
const EXAMPLE_TRIGGER = { kind: 'schedule', cron: '0 6 * * 1-5', timeZone: 'Europe/Berlin' };
const EXAMPLE_TASK = { prompt: 'Update the dependencies of {{repository}}, one minor version at a time.' };

export class AutomationTriggerDto implements AutomationTrigger {
  @ApiProperty({ enum: AUTOMATION_KINDS, description: '`api`: only `POST /automations/{id}/trigger`, which works for every kind.' })
  @IsIn(AUTOMATION_KINDS)
  kind!: AutomationKind;

  @ApiPropertyOptional({ maxLength: 100, example: '0 6 * * 1-5', description: '`schedule`: minute, hour, day of month, month, day of week; at least 5 minutes apart.' })
  @WhenSent() @IsString()
  cron?: string;

  @ApiPropertyOptional({ maxLength: 64, default: 'UTC', example: 'Europe/Berlin', description: '`schedule`: IANA name of the time zone in which it is read.' })
  @WhenSent() @IsString()
  timeZone?: string;

  @ApiPropertyOptional({ minLength: 1, maxLength: 50, description: '`issue_label`: the label that is put on an issue.' })
  @WhenSent() @TextLength(1, 50)
  label?: string;

  @ApiPropertyOptional({ isArray: true, enum: [...PULL_REQUEST_MOMENTS], maxItems: 3, description: '`pull_request`: what happens to it; absent: opened and ready_for_review.' })
  @WhenSent() @IsArray() @ArrayMaxSize(3) @ArrayUnique() @IsIn(PULL_REQUEST_MOMENTS, { each: true })
  moments?: PullRequestMoment[];
}

export class AutomationFilterDto implements AutomationFilter {
  @ApiPropertyOptional({ ...LIST, description: 'Logins at GitHub. It narrows: nobody without write access counts, listed or not.' })
  @WhenSent() @IsArray() @ArrayMaxSize(50) @TextLength(1, 100, { each: true })
  authors?: string[];

  @ApiPropertyOptional({ ...LIST, example: ['main', 'release/*'], description: 'Branches; `*` stands for anything but a slash, `**` for anything.' })
  @WhenSent() @IsArray() @ArrayMaxSize(50) @TextLength(1, 255, { each: true })
  branches?: string[];

  @ApiPropertyOptional({ ...LIST, description: 'One of them must be on the issue or pull request.' })
  @WhenSent() @IsArray() @ArrayMaxSize(50) @TextLength(1, 50, { each: true })
  labels?: string[];

  @ApiPropertyOptional({ ...LIST, example: ['src/**', '*.md'], description: 'Pull requests and mentions on them: one must match a changed file.' })
  @WhenSent() @IsArray() @ArrayMaxSize(50) @TextLength(1, 255, { each: true })
  paths?: string[];
}

/** The task that a run makes. */
export class AutomationTaskDto implements AutomationTemplate {
  @ApiProperty({ minLength: 1, maxLength: 20_000, description: `With {{placeholders}} of the event: ${PLACEHOLDERS.join(', ')}. What others wrote is named in the prompt and quoted below it.` })
  @TextLength(1, 20_000) @Matches(/\S/, { message: 'prompt must not be blank' })
  prompt!: string;

  @ApiPropertyOptional({ minLength: 1, maxLength: 255, description: 'With placeholders; absent: the automation\'s name.' })
  @WhenSent() @TextLength(1, 255) @Matches(/\S/, { message: 'title must not be blank' })
  title?: string;

  @ApiPropertyOptional({ enum: TASK_MODES, default: 'code' })
  @WhenSent() @IsIn(TASK_MODES)
  mode?: TaskMode;

  @ApiPropertyOptional({ minLength: 1, maxLength: 100, default: 'auto' })
  @WhenSent() @TextLength(1, 100)
  model?: string;

  @ApiPropertyOptional({ maxLength: 255, description: 'Absent: the default branch, or the one that failed.' })
  @WhenSent() @IsString()
  branch?: string;

  @ApiPropertyOptional({ maxLength: 255 })
  @WhenSent() @IsString()
  targetBranch?: string;

  @ApiPropertyOptional({ enum: PRIORITIES, default: 'medium' })
  @WhenSent() @IsIn(PRIORITIES)
  priority?: Task['priority'];

  @ApiPropertyOptional({ type: [String], maxItems: 20 })
  @WhenSent() @IsArray() @ArrayMaxSize(20) @ArrayUnique() @TextLength(1, 50, { each: true })
  tags?: string[];

  @ApiPropertyOptional({ type: 'integer', minimum: 60, maximum: 14_400, default: 1_800 })
  @WhenSent() @IsInt() @Min(60) @Max(14_400)
  timeoutSeconds?: number;

  @ApiPropertyOptional({ type: TaskOptionsDto })
  @WhenSent() @IsObject() @ValidateNested() @Type(() => TaskOptionsDto)
  options?: TaskOptionsDto;
}

export class CreateAutomationDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Morning update' })
  @TextLength(1, 100) @Matches(/\S/, { message: 'name must not be blank' })
  name!: string;

  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  repositoryId!: string;

  @ApiProperty({ type: AutomationTriggerDto, example: EXAMPLE_TRIGGER })
  @IsObject() @ValidateNested() @Type(() => AutomationTriggerDto)
  trigger!: AutomationTriggerDto;

  @ApiPropertyOptional({ type: AutomationFilterDto, example: {}, description: 'Which events count; absent: all.' })
  @WhenSent() @IsObject() @ValidateNested() @Type(() => AutomationFilterDto)
  filter?: AutomationFilterDto;

  @ApiProperty({ type: AutomationTaskDto, example: EXAMPLE_TASK })
  @IsObject() @ValidateNested() @Type(() => AutomationTaskDto)
  task!: AutomationTaskDto;

  @ApiPropertyOptional({ type: Number, nullable: true, example: 20, description: 'Each run\'s task pauses before it uses more. At most 6 decimals.' })
  @IsOptional() @IsCredits()
  maxCreditsPerRun?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, example: 200, description: 'Of all its tasks of a calendar month (UTC); what would pass it is not run, and says so. At most 6 decimals.' })
  @IsOptional() @IsCredits()
  maxCreditsPerMonth?: number | null;

  @ApiPropertyOptional({ default: true })
  @WhenSent() @IsBoolean()
  isEnabled?: boolean;
}

/** Only what is sent changes; trigger, filter and task as wholes. */
export class UpdateAutomationDto extends PartialType(OmitType(CreateAutomationDto, ['repositoryId']), { skipNullProperties: false }) {}

export class TriggerAutomationDto {
  @ApiPropertyOptional({ maxLength: 8_000, example: 'Release 2.4', description: 'The placeholder `{{input}}`; quoted below the prompt.' })
  @WhenSent() @TextLength(0, 8_000)
  input?: string;
}

/** Which automations; all that are given must hold. */
export class AutomationQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  repositoryId?: string;

  @ApiPropertyOptional({ enum: AUTOMATION_KINDS })
  @IsOptional() @IsIn(AUTOMATION_KINDS)
  kind?: AutomationKind;
}
