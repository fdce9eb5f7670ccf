import { IsOptional, Matches } from 'class-validator';
import { Secret } from '../crypto/secret';
import { AsSecret, SecretMatches } from './secret-setting';

/** The payment provider Stripe: subscriptions, credit packages, and its webhooks. */
export class StripeConfig {
  /** Secret or restricted key of the Stripe account (sk_live_..., sk_test_..., rk_...). Empty: nothing can be bought. */
  @IsOptional() @AsSecret() @SecretMatches(/^(sk|rk)_(test|live)_[A-Za-z0-9_]{10,255}$/, 'must be a secret key of Stripe (sk_... or rk_...)')
  STRIPE_SECRET_KEY?: Secret;

  /** Signing secrets of the webhook endpoint at Stripe (whsec_...), comma-separated while one is being rotated. */
  @IsOptional() @AsSecret() @SecretMatches(/^whsec_[A-Za-z0-9_+/=-]{16,255}(\s*,\s*whsec_[A-Za-z0-9_+/=-]{16,255}){0,4}$/, 'must be whsec_... secrets')
  STRIPE_WEBHOOK_SECRET?: Secret;

  /** Root of Stripe's API, without /v1. */
  @Matches(/^https?:\/\/[^\s/]+$/, { message: 'STRIPE_API_URL must look like https://host' })
  STRIPE_API_URL = 'https://api.stripe.com';
}
