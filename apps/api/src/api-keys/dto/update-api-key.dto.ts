import type { Secret } from '@app/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, Matches } from 'class-validator';
import { IsTimestamp, TextLength, WhenSent } from '../../http/validation/rules';
import { IsMetadata } from '../../tasks/dto/rules';
import { KeyText, OptionalKeyTextProperty } from './secret-text';

/** Only what is sent changes. Provider and address stay what they were: a key is only sent where it was saved for. */
export class UpdateApiKeyDto {
  @ApiPropertyOptional({ minLength: 1, maxLength: 100, example: 'Team key' })
  @WhenSent() @TextLength(1, 100) @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500, example: 'Paid by research' })
  @IsOptional() @TextLength(0, 500)
  description?: string | null;

  @ApiPropertyOptional({ example: false, description: 'false: kept, but not used.' })
  @WhenSent() @IsBoolean()
  isActive?: boolean;

  @ApiPropertyOptional({ example: true, description: 'true: the default of its provider; the one before loses it.' })
  @WhenSent() @IsBoolean()
  isDefault?: boolean;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string', maxLength: 500 }, maxProperties: 16, example: { team: 'research' }, description: 'Replaced as a whole.' })
  @WhenSent() @IsMetadata()
  metadata?: Record<string, string>;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true, example: '2027-11-23T08:00:00Z', description: 'null: never.' })
  @IsOptional() @IsTimestamp()
  expiresAt?: string | null;

  @OptionalKeyTextProperty()
  @WhenSent() @KeyText()
  keyValue?: Secret;

  @ApiPropertyOptional({ default: true, example: true, description: 'With `keyValue`: try the new key at its provider first.' })
  @WhenSent() @IsBoolean()
  verify?: boolean;
}
