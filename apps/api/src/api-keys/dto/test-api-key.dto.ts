import type { Secret } from '@app/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsAddress, IsProviderName, LONGEST_URL, PROVIDER_PATTERN } from './key-fields';
import { KeyText, KeyTextProperty } from './secret-text';

/** A key to try without saving it. */
export class TestApiKeyDto {
  @ApiProperty({ pattern: PROVIDER_PATTERN, example: 'anthropic', description: 'One of `GET /api-keys/providers`.' })
  @IsProviderName()
  provider!: string;

  @KeyTextProperty()
  @KeyText()
  keyValue!: Secret;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: LONGEST_URL, example: 'https://llm.example.com/v1', description: 'As when a key is saved.' })
  @IsOptional() @IsAddress()
  baseUrl?: string | null;
}
