import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsUUID } from 'class-validator';
import { TextLength } from '../../http/validation/rules';

export class CancelTaskDto {
  @ApiPropertyOptional({ maxLength: 500, description: 'Kept in the task\'s log.' })
  @IsOptional() @TextLength(1, 500)
  reason?: string;
}

export class RetryTaskDto {
  @ApiPropertyOptional({ default: true, description: 'Go on from the last checkpoint; false: begin anew.' })
  @IsOptional() @IsBoolean()
  fromCheckpoint?: boolean;

  @ApiPropertyOptional({ minLength: 1, maxLength: 100, description: '`auto`, or a model\'s name or id; absent: the one before.' })
  @IsOptional() @TextLength(1, 100)
  model?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, description: 'One of your own keys; null: the platform\'s again; absent: as before.' })
  @IsOptional() @IsUUID()
  apiKeyId?: string | null;
}

export class PublishTaskDto {
  @ApiPropertyOptional({ description: 'false: only push the branch.' })
  @IsOptional() @IsBoolean()
  createPullRequest?: boolean;

  @ApiPropertyOptional({ description: 'Open the pull request as a draft.' })
  @IsOptional() @IsBoolean()
  draft?: boolean;

  @ApiPropertyOptional({ minLength: 1, maxLength: 255 })
  @IsOptional() @TextLength(1, 255)
  title?: string;

  @ApiPropertyOptional({ minLength: 1, maxLength: 60_000 })
  @IsOptional() @TextLength(1, 60_000)
  body?: string;
}
