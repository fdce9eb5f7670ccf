import { ApiPropertyOptional } from '@nestjs/swagger';
import { TASK_MODES, type TaskMode } from '@app/domain';
import { IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';
import { QueryBoolean } from '../../http/validation/rules';

export class ModelQuery {
  @ApiPropertyOptional()
  @IsOptional() @Matches(/^[a-z0-9][a-z0-9_-]{0,49}$/)
  provider?: string;

  @ApiPropertyOptional({ enum: TASK_MODES })
  @IsOptional() @IsIn(TASK_MODES)
  mode?: TaskMode;

  @ApiPropertyOptional({ description: 'Only models that you can use now, or only those you cannot.' })
  @IsOptional() @QueryBoolean() @IsBoolean()
  available?: boolean;
}
