import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { TextLength } from '../../http/validation/rules';

export class ChangePasswordDto {
  @ApiProperty({ maxLength: 128, example: 'orbit-velvet-canyon-42' })
  @IsString() @MaxLength(128)
  currentPassword!: string;

  @ApiProperty({ minLength: 12, maxLength: 128, description: 'Not a common one, without your e-mail address, and another than the current one.', example: 'lantern-harbor-quartz-17' })
  @TextLength(12, 128)
  newPassword!: string;
}
