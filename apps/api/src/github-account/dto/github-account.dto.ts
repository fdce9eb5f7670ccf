import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';

const isFinish = (dto: ConnectGithubDto): boolean => dto.code !== undefined || dto.state !== undefined;

/** Nothing to begin; what came back from GitHub to finish. */
export class ConnectGithubDto {
  @ApiPropertyOptional({ maxLength: 255, description: 'What GitHub put into the address.' })
  @ValidateIf(isFinish) @IsString() @MaxLength(255) @Matches(/^[\x21-\x7e]+$/)
  code?: string;

  @ApiPropertyOptional({ maxLength: 100, description: 'The state beside it.' })
  @ValidateIf(isFinish) @IsString() @MaxLength(100) @Matches(/^[\w-]+$/)
  state?: string;
}

export class StartGithubQuery {
  @ApiPropertyOptional({ maxLength: 2_000, description: 'Where the browser goes afterwards: a path, or an address of PUBLIC_URL or CORS_ORIGINS. Absent: the start page.' })
  @IsOptional() @IsString() @MaxLength(2_000)
  redirectTo?: string;
}
