import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, ValidateIf } from 'class-validator';

const byPassword = (dto: LoginDto): boolean => (dto.clerkToken ?? null) === null;

/** E-mail address and password, or a Clerk session token. */
export class LoginDto {
  @ApiPropertyOptional({ maxLength: 320 })
  @ValidateIf(byPassword) @IsString() @MaxLength(320)
  email?: string;

  @ApiPropertyOptional({ maxLength: 128 })
  @ValidateIf(byPassword) @IsString() @MaxLength(128)
  password?: string;

  @ApiPropertyOptional({ description: 'In place of the other two, where Clerk is configured.' })
  @IsOptional() @IsString() @MaxLength(8_192)
  clerkToken?: string;
}
