import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsString, IsUUID, Matches, ValidateIf } from 'class-validator';
import { TextLength, WhenSent } from '../../http/validation/rules';
import { IsCredits } from '../../tasks/dto/rules';

const INTERVALS = ['month', 'year'] as const;
const WHEN = ['now', 'period_end'] as const;
const FLOWS = ['payment_method_update', 'subscription_cancel'] as const;
const PLAN = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const WEB_URL = /^https?:\/\/[^\s<>\\]+$/;
const DONE = 'http://127.0.0.1:3000/billing/done?session={CHECKOUT_SESSION_ID}';
const BACK = 'http://127.0.0.1:3000/billing';

export class CheckoutDto {
  @ApiProperty({ example: 'pro', description: 'Name of a plan that is on sale.' })
  @IsString() @Matches(PLAN)
  plan!: string;

  @ApiPropertyOptional({ enum: INTERVALS, example: 'month', description: 'Of several plans of the same tier, the one paid so.' })
  @WhenSent() @IsIn(INTERVALS)
  interval?: (typeof INTERVALS)[number];

  @ApiProperty({ example: DONE, description: 'Where the browser goes once it is paid; of an allowed origin. `{CHECKOUT_SESSION_ID}` is filled in.' })
  @TextLength(1, 2_000) @Matches(WEB_URL)
  successUrl!: string;

  @ApiProperty({ example: BACK, description: 'Where the browser goes without paying; of an allowed origin.' })
  @TextLength(1, 2_000) @Matches(WEB_URL)
  cancelUrl!: string;
}

export class PurchaseDto {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  packageId!: string;

  @ApiProperty({ example: DONE, description: 'Where the browser goes once it is paid; of an allowed origin. `{CHECKOUT_SESSION_ID}` is filled in.' })
  @TextLength(1, 2_000) @Matches(WEB_URL)
  successUrl!: string;

  @ApiProperty({ example: BACK, description: 'Where the browser goes without paying; of an allowed origin.' })
  @TextLength(1, 2_000) @Matches(WEB_URL)
  cancelUrl!: string;
}

export class ChangeSubscriptionDto {
  @ApiProperty({ example: 'enterprise', description: 'Name of a plan that is on sale.' })
  @IsString() @Matches(PLAN)
  plan!: string;

  @ApiPropertyOptional({ enum: WHEN, example: 'now', description: 'Left out: a bigger plan now, a smaller one when the period ends. A smaller one is never changed to now.' })
  @WhenSent() @IsIn(WHEN)
  when?: (typeof WHEN)[number];

  @ApiPropertyOptional({ example: false, description: 'Only show what it would cost now.' })
  @WhenSent() @IsBoolean()
  preview?: boolean;
}

export class OverageDto {
  @ApiProperty({ type: Number, nullable: true, minimum: 0.000001, maximum: 1_000_000_000, example: 500, description: 'Credits beyond the included ones that may be used in a period, at most 6 decimals; null: none.' })
  @ValidateIf(({ maxCredits }: OverageDto) => maxCredits !== null) @IsCredits()
  maxCredits!: number | null;
}

export class CancelSubscriptionDto {
  @ApiPropertyOptional({ enum: WHEN, example: 'period_end', description: 'Left out: when the period ends. Nothing is paid back.' })
  @WhenSent() @IsIn(WHEN)
  at?: (typeof WHEN)[number];
}

export class PortalDto {
  @ApiProperty({ example: BACK, description: 'Where the browser comes back to; of an allowed origin.' })
  @TextLength(1, 2_000) @Matches(WEB_URL)
  returnUrl!: string;

  @ApiPropertyOptional({ enum: FLOWS, example: 'payment_method_update', description: 'Straight to one thing.' })
  @WhenSent() @IsIn(FLOWS)
  flow?: (typeof FLOWS)[number];
}
