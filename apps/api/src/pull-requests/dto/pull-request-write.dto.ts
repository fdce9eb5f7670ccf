import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsUUID, Matches, Max, Min, ValidateNested } from 'class-validator';
import { TextLength } from '../../http/validation/rules';

const EVENTS = ['APPROVE', 'REQUEST_CHANGES', 'COMMENT'] as const;
const METHODS = ['merge', 'squash', 'rebase'] as const;
const SIDES = ['LEFT', 'RIGHT'] as const;
const LEVELS = ['light', 'standard', 'thorough'] as const;
/** GitHub takes 65,536 characters, our mark included. */
const MOST_TEXT = 65_000;
const MOST_COMMENTS = 100;
const LAST_LINE = 2_147_483_647;

export class ReviewCommentDto {
  @ApiProperty({ minLength: 1, maxLength: 4_096, example: 'src/index.ts', description: 'A file of the change.' })
  @TextLength(1, 4_096)
  path!: string;

  @ApiProperty({ type: 'integer', minimum: 1, example: 12, description: 'Counts in the file on `side`; one that the change shows.' })
  @IsInt() @Min(1) @Max(LAST_LINE)
  line!: number;

  @ApiPropertyOptional({ enum: SIDES, default: 'RIGHT', description: 'LEFT: as it was before.' })
  @IsOptional() @IsIn(SIDES)
  side?: (typeof SIDES)[number];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'First line of a range on the same side.' })
  @IsOptional() @IsInt() @Min(1) @Max(LAST_LINE)
  startLine?: number;

  @ApiPropertyOptional({ enum: SIDES, description: 'As `side`: a range over both sides is not offered.' })
  @IsOptional() @IsIn(SIDES)
  startSide?: (typeof SIDES)[number];

  @ApiProperty({ minLength: 1, maxLength: MOST_TEXT, description: 'Markdown.' })
  @TextLength(1, MOST_TEXT) @Matches(/\S/, { message: 'body must not be blank' })
  body!: string;
}

/** A review to post; or, without `event`, one for a task to write. */
export class ReviewDto {
  @ApiPropertyOptional({ enum: EVENTS, example: 'COMMENT', description: 'Post this review now. Without it a task in mode `pr_review` is started.' })
  @IsOptional() @IsIn(EVENTS)
  event?: (typeof EVENTS)[number];

  @ApiPropertyOptional({ maxLength: MOST_TEXT, example: 'Thank you.', description: 'With `event`. Markdown.' })
  @IsOptional() @TextLength(0, MOST_TEXT)
  body?: string;

  @ApiPropertyOptional({ type: [ReviewCommentDto], maxItems: MOST_COMMENTS, description: 'With `event`.' })
  @IsOptional() @IsArray() @ArrayMaxSize(MOST_COMMENTS) @ValidateNested({ each: true }) @Type(() => ReviewCommentDto)
  comments?: ReviewCommentDto[];

  @ApiPropertyOptional({ minLength: 1, maxLength: 100, description: 'Without `event`: `auto`, or a model\'s name or id.' })
  @IsOptional() @TextLength(1, 100)
  model?: string;

  @ApiPropertyOptional({ enum: LEVELS, description: 'Without `event`: how closely; absent: as the repository\'s settings say.' })
  @IsOptional() @IsIn(LEVELS)
  level?: (typeof LEVELS)[number];
}

/** A comment below the pull request; on a line of the change with `path` and `line`; in a thread with `inReplyTo`. */
export class CommentDto {
  @ApiProperty({ minLength: 1, maxLength: MOST_TEXT, example: 'Thank you.', description: 'Markdown.' })
  @TextLength(1, MOST_TEXT) @Matches(/\S/, { message: 'body must not be blank' })
  body!: string;

  @ApiPropertyOptional({ minLength: 1, maxLength: 4_096, description: 'A file of the change.' })
  @IsOptional() @TextLength(1, 4_096)
  path?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'With `path`: counts in the file on `side`.' })
  @IsOptional() @IsInt() @Min(1) @Max(LAST_LINE)
  line?: number;

  @ApiPropertyOptional({ enum: SIDES, description: 'With `path`; absent: RIGHT.' })
  @IsOptional() @IsIn(SIDES)
  side?: (typeof SIDES)[number];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'With `path`: first line of a range on the same side.' })
  @IsOptional() @IsInt() @Min(1) @Max(LAST_LINE)
  startLine?: number;

  @ApiPropertyOptional({ enum: SIDES, description: 'As `side`: a range over both sides is not offered.' })
  @IsOptional() @IsIn(SIDES)
  startSide?: (typeof SIDES)[number];

  @ApiPropertyOptional({ format: 'uuid', description: 'A comment of kind `review` of this pull request.' })
  @IsOptional() @IsUUID()
  inReplyTo?: string;
}

export class MergeDto {
  @ApiPropertyOptional({ enum: METHODS, default: 'merge', description: 'One that the repository allows.' })
  @IsOptional() @IsIn(METHODS)
  method?: (typeof METHODS)[number];

  @ApiProperty({ pattern: '^[0-9a-f]{40,64}$', example: '1f3d5e7a9c1f3d5e7a9c1f3d5e7a9c1f3d5e7a9c', description: 'The head that you looked at. If it moved meanwhile, nothing is merged.' })
  @Matches(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, { message: 'sha must be a full commit id' })
  sha!: string;

  @ApiPropertyOptional({ default: false, description: 'Delete its branch afterwards. Never the repository\'s default branch, nor one of a fork.' })
  @IsOptional() @IsBoolean()
  deleteBranch?: boolean;
}
