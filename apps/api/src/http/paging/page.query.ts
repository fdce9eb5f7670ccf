import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, MaxLength, IsString } from 'class-validator';
import { QueryInt } from '../validation/rules';

/** What every list accepts; a list's own query class extends it. */
export class PageQuery {
  /** How many rows, 1 to 100. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'How many rows.' })
  @QueryInt(1, 100)
  limit: number = 20;

  /** Where to go on: `nextCursor` of the page before, with the same filters. */
  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same filters.' })
  @IsOptional() @IsString() @MaxLength(1_024)
  cursor?: string;

  @ApiPropertyOptional({ enum: ['desc', 'asc'], default: 'desc', description: 'By creation time.' })
  @IsIn(['desc', 'asc'])
  order: 'desc' | 'asc' = 'desc';
}

/** A page as it is sent. */
export interface PageResponse<Shape> {
  readonly data: Shape[];
  readonly nextCursor: string | null;
}
