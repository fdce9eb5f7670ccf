import { applyDecorators } from '@nestjs/common';
import { IsString, Matches, MaxLength } from 'class-validator';

export const PROVIDER_PATTERN = '^[a-z0-9][a-z0-9_-]{0,49}$';
export const LONGEST_URL = 2_048;

/** Name of a row of the key providers. */
export function IsProviderName(): PropertyDecorator {
  return applyDecorators(IsString(), Matches(new RegExp(PROVIDER_PATTERN), { message: '$property must be the name of a provider; GET /api-keys/providers lists them' }));
}

/** An address; whether we may call it is checked when it is read. */
export function IsAddress(): PropertyDecorator {
  return applyDecorators(IsString(), MaxLength(LONGEST_URL));
}
