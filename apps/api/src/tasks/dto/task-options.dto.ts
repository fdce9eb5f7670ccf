import { MODEL_PREFERENCES, type ModelPreference } from '@app/providers';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { TextLength } from '../../http/validation/rules';

const DOCUMENTATION_KINDS = ['generate', 'verify'] as const;
const REVIEW_LEVELS = ['light', 'standard', 'thorough'] as const;
const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;

/** How a task's work is checked and handed in. */
export class TaskOptionsDto {
  @ApiPropertyOptional({ default: true, description: 'Open a pull request for the changes; false: only the patch is kept.' })
  @IsOptional() @IsBoolean()
  createPullRequest?: boolean;

  @ApiPropertyOptional({ default: true, description: 'Open it as a draft. One whose checks fail always is.' })
  @IsOptional() @IsBoolean()
  draftPullRequest?: boolean;

  @ApiPropertyOptional({ default: false, description: 'Modes that change files: the first attempt only reads and proposes a plan; the work begins once it is approved.' })
  @IsOptional() @IsBoolean()
  requirePlanApproval?: boolean;

  @ApiPropertyOptional({ default: false, description: 'Open no pull request unless the checks pass.' })
  @IsOptional() @IsBoolean()
  requireVerification?: boolean;

  @ApiPropertyOptional({ type: [String], maxItems: 10, description: 'Check commands the platform runs; empty: the repository\'s own.' })
  @IsOptional() @IsArray() @ArrayMaxSize(10) @TextLength(1, 1_000, { each: true })
  verifyCommands?: string[];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, description: 'Model calls at most.' })
  @IsOptional() @IsInt() @Min(1) @Max(200)
  maxTurns?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 256, maximum: 100_000_000, description: 'Tokens that the models may write at most; then the task pauses, and resuming allows as many again. Holds for command-line agents as well.' })
  @IsOptional() @IsInt() @Min(256) @Max(100_000_000)
  maxOutputTokens?: number;

  @ApiPropertyOptional({ enum: MODEL_PREFERENCES, default: 'auto', description: 'What matters in the choice of a model: `auto` is quality for architect, debug and pr_review, balanced for code, economy for ask and documentation.' })
  @IsOptional() @IsIn(MODEL_PREFERENCES)
  preference?: ModelPreference;

  @ApiPropertyOptional({ enum: DOCUMENTATION_KINDS, default: 'generate', description: 'Mode `documentation`: `generate` writes; `verify` changes nothing and ends with a report of the statements that the code contradicts.' })
  @IsOptional() @IsIn(DOCUMENTATION_KINDS)
  documentationKind?: (typeof DOCUMENTATION_KINDS)[number];

  @ApiPropertyOptional({ enum: REVIEW_LEVELS, description: 'Mode `pr_review`: how closely it is looked at; absent: as the repository\'s settings say.' })
  @IsOptional() @IsIn(REVIEW_LEVELS)
  reviewLevel?: (typeof REVIEW_LEVELS)[number];

  @ApiPropertyOptional({ enum: SEVERITIES, description: 'Mode `pr_review`: remarks below it are counted and listed, not made.' })
  @IsOptional() @IsIn(SEVERITIES)
  minSeverity?: (typeof SEVERITIES)[number];

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 50, description: 'Mode `pr_review`: comments at most; what is beyond is named in the summary.' })
  @IsOptional() @IsInt() @Min(0) @Max(50)
  maxComments?: number;

  @ApiPropertyOptional({ description: 'Mode `pr_review`: also a draft, when the task starts by itself. One that you ask for yourself always is.' })
  @IsOptional() @IsBoolean()
  reviewDrafts?: boolean;

  @ApiPropertyOptional({ default: true, description: 'Another model may go on when the chosen one does not answer. Never on another\'s key: what your own key pays for stays on your own keys.' })
  @IsOptional() @IsBoolean()
  modelFallback?: boolean;

  @ApiPropertyOptional({ default: false, description: 'The agent may change workflow and CI files.' })
  @IsOptional() @IsBoolean()
  allowCiFiles?: boolean;

  @ApiPropertyOptional({ description: 'The commit says "[skip ci]"; absent: as the repository\'s settings say.' })
  @IsOptional() @IsBoolean()
  skipCi?: boolean;
}
