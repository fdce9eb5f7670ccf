import type { PlanRow, TaskPlan, TaskPlanStep } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsOptional, Matches, ValidateNested } from 'class-validator';
import { TextLength } from '../../http/validation/rules';
import { CreatorBrief, isoOrNull } from './task-parts.response';

const COMMENT = { minLength: 1, maxLength: 100_000 };

/** A step as it shall be carried out. */
export class PlanStepDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'step-1', description: 'Unique within the plan.' })
  @TextLength(1, 100)
  id!: string;

  @ApiProperty({ minLength: 1, maxLength: 500, example: 'Write the migration' })
  @TextLength(1, 500) @Matches(/\S/, { message: 'title must not be blank' })
  title!: string;

  @ApiProperty({ maxLength: 20_000, example: 'Add the column and fill it.' })
  @TextLength(0, 20_000)
  description!: string;

  @ApiPropertyOptional({ type: [String], maxItems: 200, example: ['src/migrations/1.sql (new)'], description: 'Paths from the repository\'s root.' })
  @IsOptional() @IsArray() @ArrayMaxSize(200) @TextLength(1, 4_096, { each: true })
  files?: string[] | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 20_000 })
  @IsOptional() @TextLength(0, 20_000)
  risks?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 20_000 })
  @IsOptional() @TextLength(0, 20_000)
  tests?: string | null;
}

export class ApprovePlanDto {
  @ApiPropertyOptional({ ...COMMENT, description: 'Said to the agent that carries the plan out.' })
  @IsOptional() @TextLength(1, 100_000) @Matches(/\S/, { message: 'comment must not be blank' })
  comment?: string | null;

  @ApiPropertyOptional({ type: [PlanStepDto], minItems: 1, maxItems: 100, description: 'The steps as you edited them; absent: as they were proposed.' })
  @IsOptional() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(100) @ArrayUnique((step: PlanStepDto) => step.id, { message: 'the ids of steps must differ' }) @ValidateNested({ each: true }) @Type(() => PlanStepDto)
  steps?: PlanStepDto[] | null;
}

export class RejectPlanDto {
  @ApiPropertyOptional({ ...COMMENT, description: 'What another plan shall do better.' })
  @IsOptional() @TextLength(1, 100_000) @Matches(/\S/, { message: 'comment must not be blank' })
  comment?: string | null;
}

/** Steps as a plan keeps them. */
export function stepsOf({ steps }: ApprovePlanDto): TaskPlan['steps'] | undefined {
  return steps?.map(({ id, title, description, files, risks, tests }) => ({ id, title, description, files: files ?? [], risks: risks ?? null, tests: tests ?? null }));
}

export class TaskPlanStepResponse {
  @ApiProperty() id!: string;
  @ApiProperty() title!: string;
  @ApiProperty() description!: string;
  @ApiProperty({ type: [String] }) files!: string[];
  @ApiProperty({ type: String, nullable: true }) risks!: string | null;
  @ApiProperty({ type: String, nullable: true }) tests!: string | null;

  static from({ id, title, description, files, risks, tests }: TaskPlanStep): TaskPlanStepResponse {
    return { id, title, description, files: [...files], risks, tests };
  }
}

/** The newest plan of a task. */
export class TaskPlanResponse {
  @ApiProperty({ enum: ['proposed', 'approved', 'rejected'] }) status!: PlanRow['status'];
  @ApiProperty({ type: [TaskPlanStepResponse] }) steps!: TaskPlanStepResponse[];
  @ApiProperty({ description: 'The plan in words, as it was proposed.' }) markdown!: string;
  @ApiProperty({ format: 'uuid' }) resultId!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) decidedAt!: string | null;
  @ApiProperty({ type: CreatorBrief, nullable: true }) decidedBy!: CreatorBrief | null;

  static from({ status, plan, resultId, decidedAt, decidedBy }: PlanRow): TaskPlanResponse {
    return { status, steps: plan.steps.map((step) => TaskPlanStepResponse.from(step)), markdown: plan.markdown, resultId, decidedAt: isoOrNull(decidedAt), decidedBy };
  }
}
