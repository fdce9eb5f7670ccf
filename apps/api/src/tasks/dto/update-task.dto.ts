import { ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { TextLength } from '../../http/validation/rules';
import { CreateTaskDto } from './create-task.dto';

/** The fields that are sent are changed, the rest stays. `draft: false` starts a draft. */
export class UpdateTaskDto extends PartialType(OmitType(CreateTaskDto, ['parentTaskId', 'callbackUrl'])) {
  @ApiPropertyOptional({
    type: String, nullable: true, format: 'uri', minLength: 1, maxLength: 2_048, example: 'https://example.com/hooks/one-task',
    description: 'All `task.*` events of this task are sent there from now on. Needs `callbackSecret`. Null: nowhere any more. Until the task ends.',
  })
  @IsOptional() @TextLength(1, 2_048)
  callbackUrl?: string | null;
}
