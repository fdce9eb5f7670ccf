import { SECRET_OVERLAP_SECONDS, SUBSCRIPTIONS, type WebhookEndpoint } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { TextLength, WhenSent } from '../../http/validation/rules';

const LONGEST_URL = 2_048;
const MOST_EVENTS = 50;
const LONGEST_OVERLAP_SECONDS = 7 * 86_400;
const EVENTS = {
  isArray: true as const, enum: [...SUBSCRIPTIONS], minItems: 1, maxItems: MOST_EVENTS, uniqueItems: true, example: ['task.completed', 'task.failed'],
  description: 'Names of events; `*`: every event, also those that come later.',
};
const URL = { format: 'uri', minLength: 1, maxLength: LONGEST_URL, example: 'https://example.com/hooks/async-coder', description: 'https to a host on the public internet. Outside production also http to this machine.' };
const DESCRIPTION = { type: String, nullable: true, minLength: 1, maxLength: 500, example: 'Deploys what was merged' };
export class CreateWebhookEndpointDto {
  @ApiProperty(URL)
  @TextLength(1, LONGEST_URL)
  url!: string;

  @ApiProperty(EVENTS)
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(MOST_EVENTS) @ArrayUnique() @IsIn(SUBSCRIPTIONS, { each: true })
  events!: string[];

  @ApiPropertyOptional(DESCRIPTION)
  @IsOptional() @TextLength(1, 500)
  description?: string | null;
}

/** Only what is sent changes. */
export class UpdateWebhookEndpointDto {
  @ApiPropertyOptional(URL)
  @WhenSent() @TextLength(1, LONGEST_URL)
  url?: string;

  @ApiPropertyOptional(EVENTS)
  @WhenSent() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(MOST_EVENTS) @ArrayUnique() @IsIn(SUBSCRIPTIONS, { each: true })
  events?: string[];

  @ApiPropertyOptional(DESCRIPTION)
  @IsOptional() @TextLength(1, 500)
  description?: string | null;

  @ApiPropertyOptional({ enum: ['active', 'disabled'], example: 'active', description: '`disabled` cancels what was not sent yet.' })
  @WhenSent() @IsIn(['active', 'disabled'])
  status?: WebhookEndpoint['status'];
}

export class RotateSecretDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: LONGEST_OVERLAP_SECONDS, default: SECRET_OVERLAP_SECONDS, example: 3_600, description: 'How long the secret before signs as well; 0: it ends at once.' })
  @WhenSent() @IsInt() @Min(0) @Max(LONGEST_OVERLAP_SECONDS)
  overlapSeconds?: number;
}
