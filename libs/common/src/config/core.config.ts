import { IsIn, IsOptional, Matches } from 'class-validator';
import { Secret } from '../crypto/secret';
import { AsSecret, SecretBase64, SecretMinBytes } from './secret-setting';
import { AsInteger, AsList } from './setting';
import { IsInt, Max, Min, IsString } from 'class-validator';

export const INTEGRATIONS = ['github', 'clerk', 'stripe'] as const;
export type Integration = (typeof INTEGRATIONS)[number];

/** What both processes need. */
export class CoreConfig {
  /** "production" refuses stand-ins and missing credentials. */
  @IsIn(['development', 'test', 'production'])
  NODE_ENV: 'development' | 'test' | 'production' = 'development';

  /** PostgreSQL 13 or later: postgres://user:password@host:port/database */
  @Matches(/^postgres(ql)?:\/\/\S+$/, { message: 'DATABASE_URL must look like postgres://user:password@host:port/database' })
  DATABASE_URL!: string;

  /** Connections this process may open to PostgreSQL; two more serve short reads, and the queue without Redis has its own. */
  @IsInt() @Min(2) @Max(200) @AsInteger()
  DATABASE_POOL_SIZE = 20;

  /** Redis for the queue, wake-ups and rate limits. Empty: PostgreSQL does it, good for one machine only. */
  @IsOptional()
  @Matches(/^rediss?:\/\/\S+$/, { message: 'REDIS_URL must look like redis://host:port' })
  REDIS_URL?: string;

  /** Signs our access tokens; at least 32 bytes. */
  @AsSecret() @SecretMinBytes(32)
  JWT_SECRET!: Secret;

  /** A second secret whose access tokens are accepted too; never signs. To rotate: set the new one here everywhere, then swap the two, then drop the old one once its tokens have expired. */
  @IsOptional() @AsSecret() @SecretMinBytes(32)
  JWT_SECRET_PREVIOUS?: Secret;

  /** Key-encryption key: 32 random bytes as base64 (openssl rand -base64 32). */
  @AsSecret() @SecretBase64(32)
  KEK!: Secret;

  /** The key-encryption key before this one, while secrets are re-wrapped. */
  @IsOptional() @AsSecret() @SecretBase64(32)
  KEK_PREVIOUS?: Secret;

  /** Where people and vendors reach the API, without a trailing slash. */
  @Matches(/^https?:\/\/[^\s/]+$/, { message: 'PUBLIC_URL must look like https://host' })
  PUBLIC_URL = 'http://127.0.0.1:3000';

  /** Integrations this deployment does without, comma-separated: github, clerk, stripe. */
  @IsIn(INTEGRATIONS, { each: true }) @AsList()
  DISABLED_INTEGRATIONS: Integration[] = [];

  /** trace, debug, info, warn, error or silent. */
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
  LOG_LEVEL: string = 'info';

  /** Version shown by GET /version. */
  @IsString()
  APP_VERSION = '0.1.0';

  /** Commit shown by GET /version. */
  @IsString()
  APP_COMMIT = 'unknown';

  get isProduction(): boolean {
    return this.NODE_ENV === 'production';
  }
}
