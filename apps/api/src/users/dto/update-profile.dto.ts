import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsLocale, IsObject, IsOptional, IsString, IsTimeZone, IsUrl, Matches, MaxLength } from 'class-validator';
import { JsonBytes, TextLength, WhenSent } from '../../http/validation/rules';

const text = (maxLength: number) => ({ type: String, nullable: true, maxLength });
const WEB = { protocols: ['http', 'https'], require_protocol: true };
/** Only what is sent changes; null empties a field that may be empty. */
export class UpdateProfileDto {
  @ApiPropertyOptional(text(200)) @IsOptional() @TextLength(1, 200)
  displayName?: string | null;

  @ApiPropertyOptional({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$' }) @WhenSent() @IsString() @Matches(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/)
  username?: string;

  @ApiPropertyOptional(text(100)) @IsOptional() @TextLength(1, 100)
  firstName?: string | null;

  @ApiPropertyOptional(text(100)) @IsOptional() @TextLength(1, 100)
  lastName?: string | null;

  @ApiPropertyOptional(text(2_000)) @IsOptional() @TextLength(0, 2_000)
  bio?: string | null;

  @ApiPropertyOptional(text(200)) @IsOptional() @TextLength(0, 200)
  location?: string | null;

  @ApiPropertyOptional(text(2_048)) @IsOptional() @IsUrl(WEB) @MaxLength(2_048)
  websiteUrl?: string | null;

  @ApiPropertyOptional(text(200)) @IsOptional() @TextLength(0, 200)
  company?: string | null;

  @ApiPropertyOptional({ example: 'Europe/Berlin' }) @WhenSent() @IsString() @MaxLength(64) @IsTimeZone()
  timezone?: string;

  @ApiPropertyOptional({ example: 'en' }) @WhenSent() @IsString() @MaxLength(35) @IsLocale()
  locale?: string;

  @ApiPropertyOptional(text(2_048)) @IsOptional() @IsUrl(WEB) @MaxLength(2_048)
  avatarUrl?: string | null;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: "The client's own; replaced as a whole, at most 16 KB." }) @WhenSent() @IsObject() @JsonBytes(16_384)
  preferences?: Record<string, unknown>;
}
