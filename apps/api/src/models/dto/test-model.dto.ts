import type { Secret } from '@app/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { IsAddress, IsProviderName, LONGEST_URL, PROVIDER_PATTERN } from '../../api-keys/dto/key-fields';
import { KeyText, OptionalKeyTextProperty } from '../../api-keys/dto/secret-text';
import { TextLength, WhenSent } from '../../http/validation/rules';

/** Either a model of the catalog, with or without a saved key, or a key that is not saved. */
export class TestModelDto {
  @ApiPropertyOptional({ minLength: 1, maxLength: 100, example: 'claude-haiku-5-5', description: 'A model\'s name or id.' })
  @WhenSent() @TextLength(1, 100)
  model?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, example: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a', description: 'With `model`: one of your saved keys.' })
  @IsOptional() @IsUUID()
  apiKeyId?: string | null;

  @ApiPropertyOptional({ pattern: PROVIDER_PATTERN, example: 'anthropic', description: 'Instead of `model`, with `keyValue`.' })
  @WhenSent() @IsProviderName()
  provider?: string;

  @OptionalKeyTextProperty()
  @WhenSent() @KeyText()
  keyValue?: Secret;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: LONGEST_URL, example: 'https://llm.example.com/v1', description: 'With `provider`: where that key is used.' })
  @IsOptional() @IsAddress()
  baseUrl?: string | null;
}
