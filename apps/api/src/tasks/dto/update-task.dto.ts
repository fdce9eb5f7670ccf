import { OmitType, PartialType } from '@nestjs/swagger';
import { CreateTaskDto } from './create-task.dto';

/** The fields that are sent are changed, the rest stays. `draft: false` starts a draft. */
export class UpdateTaskDto extends PartialType(OmitType(CreateTaskDto, ['parentTaskId', 'callbackUrl', 'callbackSecret'])) {}
