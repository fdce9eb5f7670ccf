import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

export class RefreshDto {
  @ApiPropertyOptional({ description: 'Absent: the cookie `ac_refresh`.' })
  @IsOptional() @IsString() @MaxLength(512)
  refreshToken?: string;
}
