import { Flag, Id, Int, Json, Table, Text, TextArray, Touched } from '../columns';

/** A vendor for which customers may bring their own key. */
@Table('api_key_providers')
export class ApiKeyProvider extends Touched {
  @Id() id!: string;
  @Text({ unique: true }) provider!: string;
  @Text() displayName!: string;
  @Text({ nullable: true }) description!: string | null;
  @Text({ checked: true }) category!: 'ai_models' | 'search' | 'development' | 'cloud' | 'communication' | 'analytics' | 'other';
  @Text({ nullable: true }) logoUrl!: string | null;
  @Text({ nullable: true }) websiteUrl!: string | null;
  @Text({ nullable: true }) docsUrl!: string | null;
  @Text({ default: 'bearer', checked: true }) authType!: 'bearer' | 'header' | 'query';
  @Text({ nullable: true }) authName!: string | null;
  @Text({ nullable: true }) keyPrefix!: string | null;
  @Text({ nullable: true }) keyPattern!: string | null;
  @Text({ nullable: true }) baseUrl!: string | null;
  @Text({ nullable: true }) testEndpoint!: string | null;
  @TextArray({ default: [] }) requiredFields!: string[];
  @TextArray({ default: [] }) optionalFields!: string[];
  @Json({ default: {} }) configuration!: Record<string, unknown>;
  @Flag({ default: true }) isActive!: boolean;
  @Int({ default: 100 }) sortOrder!: number;
}
