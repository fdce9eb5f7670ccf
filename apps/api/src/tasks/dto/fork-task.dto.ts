import { PartialType } from '@nestjs/swagger';
import { CreateTaskDto } from './create-task.dto';

/** A task like another one; what is not given is copied. */
export class ForkTaskDto extends PartialType(CreateTaskDto, { skipNullProperties: false }) {}
