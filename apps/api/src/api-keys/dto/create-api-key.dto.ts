import type { Secret } from '@app/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, Matches } from 'class-validator';
import { IsTimestamp, TextLength, WhenSent } from '../../http/validation/rules';
import { IsMetadata } from '../../tasks/dto/rules';
import { IsAddress, IsProviderName, LONGEST_URL, PROVIDER_PATTERN } from './key-fields';
import { KeyText, KeyTextProperty } from './secret-text';

/** A key of the customer for one AI provider. */
export class CreateApiKeyDto {
  @ApiProperty({ pattern: PROVIDER_PATTERN, example: 'anthropic', description: 'One of `GET /api-keys/providers`.' })
  @IsProviderName()
  provider!: string;

  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Team key', description: 'Unique per provider in your organization.' })
  @TextLength(1, 100) @Matches(/\S/, { message: 'name must not be blank' })
  name!: string;

  @KeyTextProperty()
  @KeyText()
  keyValue!: Secret;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500, example: 'Paid by research' })
  @IsOptional() @TextLength(0, 500)
  description?: string | null;

  @ApiPropertyOptional({
    type: String, nullable: true, maxLength: LONGEST_URL, example: 'https://llm.example.com/v1',
    description: 'Your own gateway or compatible server, https; the key is only ever sent there. Anthropic: without /v1; OpenAI and compatible servers: with it. Absent: the provider itself.',
  })
  @IsOptional() @IsAddress()
  baseUrl?: string | null;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string', maxLength: 500 }, maxProperties: 16, example: { team: 'research' }, description: 'Your own notes, kept as they are.' })
  @WhenSent() @IsMetadata()
  metadata?: Record<string, string>;

  @ApiPropertyOptional({ default: false, example: true, description: 'Stands in where a task names no key and the platform has none. One per provider: the one before loses it.' })
  @WhenSent() @IsBoolean()
  isDefault?: boolean;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true, example: '2027-11-23T08:00:00Z', description: 'From then on it is not used.' })
  @IsOptional() @IsTimestamp()
  expiresAt?: string | null;

  @ApiPropertyOptional({ default: true, example: true, description: 'Try the key at its provider first; one that is refused is not saved.' })
  @WhenSent() @IsBoolean()
  verify?: boolean;
}
