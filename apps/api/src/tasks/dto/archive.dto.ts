import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsUUID } from 'class-validator';

export class ArchiveTasksDto {
  @ApiProperty({ type: [String], format: 'uuid', minItems: 1, maxItems: 100, example: ['01890a5d-ac96-774b-bcce-b302099a8057'] })
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(100) @ArrayUnique() @IsUUID(undefined, { each: true })
  ids!: string[];
}

/** Body of an action that takes no fields. */
export class ArchiveTaskDto {}

export const SKIPPED_CODES = ['not_found', 'forbidden', 'task_busy'] as const;

export class SkippedTask {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: SKIPPED_CODES }) code!: (typeof SKIPPED_CODES)[number];
}

export class ArchivedTasksResponse {
  @ApiProperty({ type: [String], description: 'Those that are archived now, also if they were before.' }) archived!: string[];
  @ApiProperty({ type: [SkippedTask] }) skipped!: SkippedTask[];
}
