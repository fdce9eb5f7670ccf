import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { TextLength } from '../http/validation/rules';

const DECISIONS = ['dismissed', 'open'] as const;

/** What a person says about a remark. */
export class DecideFindingDto {
  @ApiProperty({ enum: DECISIONS, description: '`dismissed`: the same remark on the same code is not made again, in no review of the repository. `open`: takes that back, or opens a resolved one again.' })
  @IsIn(DECISIONS)
  status!: (typeof DECISIONS)[number];

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1_000, description: 'Why; kept with a dismissal.' })
  @IsOptional() @TextLength(1, 1_000)
  reason?: string | null;
}
