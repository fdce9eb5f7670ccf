import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { TextLength } from '../../../http/validation/rules';
import { type Scope, SCOPES } from '../../principal';

export class CreateTokenDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'nightly build' })
  @TextLength(1, 100)
  name!: string;

  @ApiProperty({ enum: SCOPES, isArray: true, minItems: 1, uniqueItems: true, description: 'What it may do, within what you may do yourself.', example: ['tasks:read', 'tasks:write'] })
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(SCOPES.length) @ArrayUnique() @IsIn(SCOPES, { each: true })
  scopes!: Scope[];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 365, description: 'Absent: it does not expire.', example: 90 })
  @IsOptional() @IsInt() @Min(1) @Max(365)
  expiresInDays?: number;
}
