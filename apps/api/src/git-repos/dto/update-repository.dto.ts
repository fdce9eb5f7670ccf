import { ApiPropertyOptional } from '@nestjs/swagger';
import type { RepositorySettings } from '@app/domain';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, Max, Min, ValidateIf, ValidateNested } from 'class-validator';
import { TextLength } from '../../http/validation/rules';
import { IsBranchName } from './branch-name';

const REVIEW_LEVELS = ['light', 'standard', 'thorough'] as const;
const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
/** For settings that are never empty: null is refused, absent is not. */
const whenSent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** Only what is sent changes; null empties a setting that may be empty. */
export class RepositorySettingsDto implements RepositorySettings {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 4_000, description: 'Prepares a fresh workspace: "npm ci".' }) @IsOptional() @TextLength(1, 4_000)
  setupCommand?: string | null;

  @ApiPropertyOptional({ type: [String], description: 'Checks the platform runs, at most 10; empty: it looks for the project\'s own.' })
  @whenSent() @IsArray() @ArrayMaxSize(10) @TextLength(1, 1_000, { each: true })
  verifyCommands?: string[];

  @ApiPropertyOptional() @whenSent() @IsBoolean()
  requireVerification?: boolean;

  @ApiPropertyOptional({ description: 'The agent may change workflow and CI files.' }) @whenSent() @IsBoolean()
  allowCiFiles?: boolean;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 20_000, description: "Advice for every task's agent." }) @IsOptional() @TextLength(1, 20_000)
  instructions?: string | null;

  @ApiPropertyOptional() @whenSent() @IsBoolean()
  autoReview?: boolean;

  @ApiPropertyOptional() @whenSent() @IsBoolean()
  reviewOnPush?: boolean;

  @ApiPropertyOptional({ enum: REVIEW_LEVELS }) @whenSent() @IsIn(REVIEW_LEVELS)
  reviewLevel?: (typeof REVIEW_LEVELS)[number];

  @ApiPropertyOptional({ enum: SEVERITIES }) @whenSent() @IsIn(SEVERITIES)
  minSeverity?: (typeof SEVERITIES)[number];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 50 }) @whenSent() @IsInt() @Min(1) @Max(50)
  maxComments?: number;

  @ApiPropertyOptional() @whenSent() @IsBoolean()
  autoFixChecks?: boolean;
}

export class UpdateRepositoryDto {
  @ApiPropertyOptional() @whenSent() @IsBranchName()
  defaultBranch?: string;

  @ApiPropertyOptional({ type: RepositorySettingsDto }) @whenSent() @IsObject() @ValidateNested() @Type(() => RepositorySettingsDto)
  settings?: RepositorySettingsDto;
}
