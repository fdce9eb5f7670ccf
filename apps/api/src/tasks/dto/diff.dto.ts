import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';

export class DiffQuery {
  @ApiPropertyOptional({ enum: ['patch', 'json'], default: 'patch' })
  @IsIn(['patch', 'json'])
  format: 'patch' | 'json' = 'patch';
}

export class DiffHunkResponse {
  @ApiProperty({ type: 'integer' }) oldStart!: number;
  @ApiProperty({ type: 'integer' }) oldLines!: number;
  @ApiProperty({ type: 'integer' }) newStart!: number;
  @ApiProperty({ type: 'integer' }) newLines!: number;
  @ApiProperty({ description: 'What follows the second @@: often the function it is in.' }) header!: string;
  @ApiProperty({ type: [String], description: 'Lines with their mark: space, +, - or \\.' }) lines!: string[];
}

export class DiffFileResponse {
  @ApiProperty() path!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Its name before a rename or copy.' }) oldPath!: string | null;
  @ApiProperty({ enum: ['added', 'modified', 'deleted', 'renamed', 'copied'] }) status!: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied';
  @ApiProperty({ type: 'integer' }) additions!: number;
  @ApiProperty({ type: 'integer' }) deletions!: number;
  @ApiProperty() binary!: boolean;
  @ApiProperty({ type: [DiffHunkResponse] }) hunks!: DiffHunkResponse[];
}
