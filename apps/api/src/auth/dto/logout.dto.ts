import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';

export class LogoutDto {
  @ApiPropertyOptional({ default: false, description: 'All sessions of yours, on every device.' })
  @IsOptional() @IsBoolean()
  all?: boolean;
}
