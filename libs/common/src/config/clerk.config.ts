import { IsOptional, IsString, Matches } from 'class-validator';
import { Secret } from '../crypto/secret';
import { AsSecret, SecretMatches } from './secret-setting';
import { AsList } from './setting';

/** The identity provider Clerk: sign-in with its session tokens, and its webhooks. */
export class ClerkConfig {
  /** Secret key of the Clerk instance (sk_live_..., sk_test_...). Empty: no sign-in with Clerk. */
  @IsOptional() @AsSecret()
  CLERK_SECRET_KEY?: Secret;

  /** Publishable key of the same instance (pk_live_..., pk_test_...); it names the issuer of session tokens. */
  @IsOptional() @Matches(/^pk_(test|live)_[A-Za-z0-9+/=_-]{4,512}$/)
  CLERK_PUBLISHABLE_KEY?: string;

  /** Public key of session tokens (PEM, with real or \n line ends). Set: tokens are checked without asking Clerk. Empty: its key set is fetched. */
  @IsOptional() @IsString()
  CLERK_JWT_KEY?: string;

  /** Issuers of session tokens, comma-separated. Empty: the one that the publishable key names. */
  @Matches(/^https?:\/\/[^\s/]+$/, { each: true, message: 'CLERK_ISSUER must look like https://clerk.example.com' }) @AsList()
  CLERK_ISSUER: string[] = [];

  /** Origins of the web apps whose session tokens are taken (the azp claim), comma-separated. Empty: CORS_ORIGINS and PUBLIC_URL. */
  @Matches(/^https?:\/\/[^\s/]+$/, { each: true, message: 'CLERK_AUTHORIZED_PARTIES must be origins such as https://app.example.com' }) @AsList()
  CLERK_AUTHORIZED_PARTIES: string[] = [];

  /** Signing secrets of the webhook endpoint at Clerk (whsec_...), comma-separated while one is being rotated. */
  @IsOptional() @AsSecret() @SecretMatches(/^whsec_[A-Za-z0-9+/]{16,512}={0,2}(\s*,\s*whsec_[A-Za-z0-9+/]{16,512}={0,2}){0,4}$/, 'must be whsec_... secrets')
  CLERK_WEBHOOK_SIGNING_SECRET?: Secret;

  /** Root of Clerk's Backend API, without /v1. */
  @Matches(/^https?:\/\/\S+[^/]$/)
  CLERK_API_URL = 'https://api.clerk.com';
}
