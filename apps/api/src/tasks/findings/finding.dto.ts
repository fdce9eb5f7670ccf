import { reviewFindingJson, type FindingFilter, type ReviewFindingRow } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const satisfies readonly ReviewFindingRow['severity'][];
const CONFIDENCES = ['low', 'medium', 'high'] as const satisfies readonly ReviewFindingRow['confidence'][];
const STATUSES = ['open', 'resolved', 'dismissed'] as const satisfies readonly ReviewFindingRow['status'][];
const SURFACES = ['inline', 'summary', 'suppressed'] as const satisfies readonly NonNullable<ReviewFindingRow['surfaced']>[];

export class FindingQuery implements Pick<FindingFilter, 'severity' | 'status' | 'surfaced'> {
  @ApiPropertyOptional({ enum: SEVERITIES, description: 'At least this severity.' })
  @IsOptional() @IsIn(SEVERITIES)
  severity?: (typeof SEVERITIES)[number];

  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional() @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];

  @ApiPropertyOptional({ enum: SURFACES, description: 'Where it was shown.' })
  @IsOptional() @IsIn(SURFACES)
  surfaced?: (typeof SURFACES)[number];
}

class DismisserResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() username!: string;
}

/** One remark of a review. */
export class FindingResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid' }) taskId!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'null: a review of two branches.' }) pullRequestId!: string | null;
  @ApiProperty({ description: 'The same remark on the same code has the same one, wherever the code moved.' }) fingerprint!: string;
  @ApiProperty({ enum: SEVERITIES }) severity!: ReviewFindingRow['severity'];
  @ApiProperty({ enum: CONFIDENCES }) confidence!: ReviewFindingRow['confidence'];
  @ApiProperty({ example: 'bug' }) category!: string;
  @ApiProperty() title!: string;
  @ApiProperty({ description: 'Markdown.' }) body!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Lines that take the place of the flagged ones.' }) suggestion!: string | null;
  @ApiProperty() file!: string;
  @ApiProperty({ enum: ['LEFT', 'RIGHT'], description: 'LEFT: lines as they were before.' }) side!: ReviewFindingRow['side'];
  @ApiProperty({ type: 'integer', nullable: true, description: 'null: one line.' }) startLine!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, description: 'null: the whole file.' }) endLine!: number | null;
  @ApiProperty({ description: 'The change did not bring it in.' }) preExisting!: boolean;
  @ApiProperty({ type: 'integer', nullable: true, minimum: 0, maximum: 10 }) score!: number | null;
  @ApiProperty({ enum: STATUSES }) status!: ReviewFindingRow['status'];
  @ApiProperty({ type: String, enum: SURFACES, nullable: true, description: 'null: not published.' }) surfaced!: ReviewFindingRow['surfaced'];
  @ApiProperty() firstSeenSha!: string;
  @ApiProperty() lastConfirmedSha!: string;
  @ApiProperty({ type: String, nullable: true }) githubCommentId!: string | null;
  @ApiProperty({ type: DismisserResponse, nullable: true, description: 'Who dismissed it.' }) dismissedBy!: DismisserResponse | null;
  @ApiProperty({ type: String, nullable: true }) dismissedReason!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) closedAt!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;

  static from(finding: ReviewFindingRow): FindingResponse {
    return reviewFindingJson(finding);
  }
}
