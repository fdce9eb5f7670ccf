import { ApiProperty } from '@nestjs/swagger';
import { TextLength } from '../../http/validation/rules';

export class DeleteProfileDto {
  @ApiProperty({ minLength: 1, maxLength: 64, example: 'ada', description: 'Your username, so that it is no accident.' })
  @TextLength(1, 64)
  confirm!: string;
}
