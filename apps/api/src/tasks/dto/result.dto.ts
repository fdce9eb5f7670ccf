import type { ResultType, TaskResultRow } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

export const RESULT_TYPES = ['diff', 'patch', 'answer', 'plan', 'review', 'report'] as const satisfies readonly ResultType[];

export class ResultQuery {
  @ApiPropertyOptional({ enum: RESULT_TYPES })
  @IsOptional() @IsIn(RESULT_TYPES)
  type?: ResultType;
}

/** Something a task delivered; its bytes are at `/content`. */
export class ResultResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: RESULT_TYPES }) type!: ResultType;
  @ApiProperty({ type: String, nullable: true }) title!: string | null;
  @ApiProperty({ type: String, nullable: true }) summary!: string | null;
  @ApiProperty() mediaType!: string;
  @ApiProperty({ type: 'integer' }) sizeBytes!: number;
  @ApiProperty({ type: String, nullable: true, description: 'Hexadecimal.' }) sha256!: string | null;
  @ApiProperty({ type: String, nullable: true }) file!: string | null;
  @ApiProperty({ type: 'integer', nullable: true, description: 'Number of the attempt.' }) attempt!: number | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from({ id, type, title, summary, mediaType, sizeBytes, sha256, file, attempt, createdAt }: TaskResultRow): ResultResponse {
    return { id, type, title, summary, mediaType, sizeBytes, sha256, file, attempt, createdAt: createdAt.toISOString() };
  }
}
