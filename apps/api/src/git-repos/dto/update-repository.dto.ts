import { ApiPropertyOptional } from '@nestjs/swagger';
import type { RepositorySettings } from '@app/domain';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { TextLength, WhenSent } from '../../http/validation/rules';
import { IsBranchName } from './branch-name';
import { IsEgressHost } from './egress-host';

const REVIEW_LEVELS = ['light', 'standard', 'thorough'] as const;
const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
const SETUP_FAILURES = ['fail', 'continue'] as const;
const PROTECTED_PATHS_RULES = ['refuse', 'approve', 'flag'] as const;
const AGENT_NETWORKS = ['none', 'allow-list'] as const;
const ANSWERS = ['all', 'mentions'] as const;

/** Only what is sent changes; null empties a setting that may be empty. */
export class RepositorySettingsDto implements RepositorySettings {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 4_000, description: 'Prepares a fresh workspace: "npm ci".' }) @IsOptional() @TextLength(1, 4_000)
  setupCommand?: string | null;

  @ApiPropertyOptional({ enum: SETUP_FAILURES, description: 'What becomes of a task whose set-up command fails: it ends, or the agent works with what there is.' }) @WhenSent() @IsIn(SETUP_FAILURES)
  setupFailure?: (typeof SETUP_FAILURES)[number];

  @ApiPropertyOptional({ type: [String], example: ['npm.example.com', '*.example.org'], description: "Hosts that set-up reaches beside the deployment's list, at most 50; \"*.\" stands for every name below. For admins." })
  @WhenSent() @IsArray() @ArrayMaxSize(50) @IsEgressHost({ each: true })
  allowedHosts?: string[];

  @ApiPropertyOptional({ enum: AGENT_NETWORKS, description: "What the agent's own commands reach: nothing, or the hosts that set-up reaches. For admins." }) @WhenSent() @IsIn(AGENT_NETWORKS)
  agentNetwork?: (typeof AGENT_NETWORKS)[number];

  @ApiPropertyOptional({ type: [String], description: 'Checks the platform runs, at most 10; empty: it looks for the project\'s own.' })
  @WhenSent() @IsArray() @ArrayMaxSize(10) @TextLength(1, 1_000, { each: true })
  verifyCommands?: string[];

  @ApiPropertyOptional() @WhenSent() @IsBoolean()
  requireVerification?: boolean;

  @ApiPropertyOptional({ description: 'The agent may change workflow and CI files.' }) @WhenSent() @IsBoolean()
  allowCiFiles?: boolean;

  @ApiPropertyOptional({ enum: PROTECTED_PATHS_RULES, description: 'What becomes of changes to workflow and CI files, lock files, package scripts and hooks. `refuse`: workflow and CI files are left out unless allowCiFiles, the rest is published and named. `approve`: with any of them the task waits in `waiting_for_approval` before anything is pushed; POST /tasks/{id}/publish approves. `flag`: all is published and named. For admins.' })
  @WhenSent() @IsIn(PROTECTED_PATHS_RULES)
  protectedPaths?: (typeof PROTECTED_PATHS_RULES)[number];

  @ApiPropertyOptional({ description: 'Commits say "[skip ci]", so that CI servers run nothing for them.' }) @WhenSent() @IsBoolean()
  skipCi?: boolean;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 20_000, description: "Advice for every task's agent." }) @IsOptional() @TextLength(1, 20_000)
  instructions?: string | null;

  @ApiPropertyOptional() @WhenSent() @IsBoolean()
  autoReview?: boolean;

  @ApiPropertyOptional() @WhenSent() @IsBoolean()
  reviewOnPush?: boolean;

  @ApiPropertyOptional({ enum: REVIEW_LEVELS }) @WhenSent() @IsIn(REVIEW_LEVELS)
  reviewLevel?: (typeof REVIEW_LEVELS)[number];

  @ApiPropertyOptional({ enum: SEVERITIES }) @WhenSent() @IsIn(SEVERITIES)
  minSeverity?: (typeof SEVERITIES)[number];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 50 }) @WhenSent() @IsInt() @Min(1) @Max(50)
  maxComments?: number;

  @ApiPropertyOptional() @WhenSent() @IsBoolean()
  autoFixChecks?: boolean;

  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: 50, default: 'async-coder', description: 'The label that makes an issue a task, and asks for a review of a pull request; null: none does.' })
  @IsOptional() @TextLength(1, 50)
  taskLabel?: string | null;

  @ApiPropertyOptional({ enum: ANSWERS, default: 'all', description: 'Which comments on our agent\'s pull requests are messages to its task: all of people with write access, or those that mention it.' })
  @WhenSent() @IsIn(ANSWERS)
  answerComments?: (typeof ANSWERS)[number];

  @ApiPropertyOptional({ default: true, description: 'A review that requests changes on our agent\'s pull request is a message to its task.' })
  @WhenSent() @IsBoolean()
  answerReviews?: boolean;
}

export class UpdateRepositoryDto {
  @ApiPropertyOptional() @WhenSent() @IsBranchName()
  defaultBranch?: string;

  @ApiPropertyOptional({ type: RepositorySettingsDto }) @WhenSent() @IsObject() @ValidateNested() @Type(() => RepositorySettingsDto)
  settings?: RepositorySettingsDto;
}
