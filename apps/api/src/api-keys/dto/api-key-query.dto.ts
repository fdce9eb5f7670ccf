import type { ApiKeyProvider } from '@app/domain';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { QueryInt } from '../../http/validation/rules';
import { IsProviderName, PROVIDER_PATTERN } from './key-fields';

export const KEY_CATEGORIES = ['ai_models', 'search', 'development', 'cloud', 'communication', 'analytics', 'other'] as const satisfies readonly ApiKeyProvider['category'][];

export class ApiKeyQuery extends PageQuery {
  @ApiPropertyOptional({ pattern: PROVIDER_PATTERN, example: 'anthropic' })
  @IsOptional() @IsProviderName()
  provider?: string;
}

export class KeyProviderQuery {
  @ApiPropertyOptional({ enum: KEY_CATEGORIES, example: 'ai_models' })
  @IsOptional() @IsIn(KEY_CATEGORIES)
  category?: ApiKeyProvider['category'];
}

export class KeyUsageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 365, default: 30, example: 30, description: 'The last so many days by UTC, today included.' })
  @QueryInt(1, 365)
  days: number = 30;
}
