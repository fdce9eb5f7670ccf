import type { ApiKeyProvider } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { KEY_CATEGORIES } from './api-key-query.dto';

const AUTH_TYPES = ['bearer', 'header', 'query'] as const;

/** A vendor for which you may bring your own key. */
export class KeyProviderResponse {
  @ApiProperty({ example: 'anthropic' }) provider!: string;
  @ApiProperty({ example: 'Anthropic' }) displayName!: string;
  @ApiProperty({ type: String, nullable: true, example: null }) description!: string | null;
  @ApiProperty({ enum: KEY_CATEGORIES, example: 'ai_models' }) category!: ApiKeyProvider['category'];
  @ApiProperty({ type: String, nullable: true, example: null }) logoUrl!: string | null;
  @ApiProperty({ type: String, nullable: true, example: null }) websiteUrl!: string | null;
  @ApiProperty({ type: String, nullable: true, example: null }) docsUrl!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'sk-ant-', description: 'How its keys begin.' }) keyPrefix!: string | null;
  @ApiProperty({ type: String, nullable: true, example: '^sk-ant-[A-Za-z0-9_-]{20,}$', description: 'What its own keys look like; keys of your own gateway may look otherwise.' }) keyPattern!: string | null;
  @ApiProperty({ enum: AUTH_TYPES, example: 'header', description: 'How the key travels.' }) authType!: ApiKeyProvider['authType'];
  @ApiProperty({ type: [String], example: [], description: 'Beside `keyValue`.' }) requiredFields!: string[];
  @ApiProperty({ type: [String], example: ['baseUrl'] }) optionalFields!: string[];

  /** @param needsAddress the vendor has no address of its own */
  static from(row: ApiKeyProvider, needsAddress: boolean): KeyProviderResponse {
    const { provider, displayName, description, category, logoUrl, websiteUrl, docsUrl, keyPrefix, keyPattern, authType } = row;
    const address = (fields: readonly string[]): string[] => [...new Set(['baseUrl', ...fields])];
    return {
      provider, displayName, description, category, logoUrl, websiteUrl, docsUrl, keyPrefix, keyPattern, authType,
      requiredFields: needsAddress ? address(row.requiredFields) : row.requiredFields, optionalFields: needsAddress ? row.optionalFields : address(row.optionalFields),
    };
  }
}
