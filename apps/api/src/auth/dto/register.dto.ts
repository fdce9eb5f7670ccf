import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { TextLength } from '../../http/validation/rules';

export class RegisterDto {
  @ApiProperty({ format: 'email', maxLength: 320 })
  @IsEmail() @MaxLength(320)
  email!: string;

  @ApiProperty({ minLength: 12, maxLength: 128, description: 'Not a common one, and without your e-mail address.' })
  @TextLength(12, 128)
  password!: string;

  @ApiPropertyOptional({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$', description: 'Absent: made from the e-mail address.' })
  @IsOptional() @IsString() @Matches(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/)
  username?: string;

  @ApiPropertyOptional({ maxLength: 200 })
  @IsOptional() @TextLength(1, 200)
  displayName?: string;

  @ApiPropertyOptional({ minLength: 1, maxLength: 200, example: 'ac_inv_7Jw0kq3kqF1mZr8cW5nB2vXy4uT6sR9pQ0oL1iK2jHg', description: 'Of an invitation to this address: you join that organization at once.' })
  @IsOptional() @TextLength(1, 200)
  inviteToken?: string;
}
