import type { OrganizationSettings } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsFQDN, IsObject, IsOptional, IsString, Matches, ValidateNested } from 'class-validator';
import { TextLength, WhenSent } from '../../http/validation/rules';
import { IsCredits } from '../../tasks/dto/rules';

const SLUG = '^[a-z0-9][a-z0-9-]{0,62}$';
const lowerCase = (value: unknown): unknown => (Array.isArray(value) ? value.map((one: unknown) => (typeof one === 'string' ? one.toLowerCase() : one)) : value);

export class CreateOrganizationDto {
  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Acme' })
  @TextLength(1, 200) @Matches(/\S/, { message: 'name must not be blank' })
  name!: string;

  @ApiPropertyOptional({ pattern: SLUG, example: 'acme', description: 'Absent: made from the name.' })
  @WhenSent() @IsString() @Matches(new RegExp(SLUG))
  slug?: string;
}

export class OrganizationSettingsDto implements OrganizationSettings {
  @ApiPropertyOptional({ type: [String], maxItems: 50, example: ['example.com'], description: 'Only people with an e-mail address of these domains may be invited and join; empty: anybody. Members stay.' })
  @WhenSent() @Transform(({ value }: { value: unknown }) => lowerCase(value)) @IsArray() @ArrayMaxSize(50) @IsFQDN({}, { each: true })
  allowedEmailDomains?: string[];
}

/** Only what is sent changes. */
export class UpdateOrganizationDto {
  @ApiPropertyOptional({ minLength: 1, maxLength: 200, example: 'Acme' })
  @WhenSent() @TextLength(1, 200) @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  @ApiPropertyOptional({ pattern: SLUG, example: 'acme' })
  @WhenSent() @IsString() @Matches(new RegExp(SLUG))
  slug?: string;

  @ApiPropertyOptional({ type: Number, nullable: true, example: 25, description: 'From how many credits on the balance counts as low, at most 6 decimals; null: at nothing.' })
  @IsOptional() @IsCredits()
  lowBalance?: number | null;

  @ApiPropertyOptional({ type: OrganizationSettingsDto, description: 'Merged with those that are set.' })
  @WhenSent() @IsObject() @ValidateNested() @Type(() => OrganizationSettingsDto)
  settings?: OrganizationSettingsDto;
}
