import { IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { AsInteger, AsList } from './setting';

const RATE = /^[1-9]\d{0,8}\/[1-9]\d{0,5}(\/[1-9]\d{0,8})?$/;
const RATE_FORM = { message: '$property must be calls/seconds or calls/seconds/burst, such as 600/60 or 100/60/20' };

/** The API process's HTTP server. */
export class HttpConfig {
  /** Address the API binds. Containers set 0.0.0.0. */
  @IsString()
  API_HOST = '127.0.0.1';

  /** Port of the API; 0 takes a free one and logs it. */
  @IsInt() @Min(0) @Max(65_535) @AsInteger()
  API_PORT = 3000;

  /** Origins of web apps that may call the API from a browser, comma-separated. */
  @IsString({ each: true }) @AsList()
  CORS_ORIGINS: string[] = [];

  /** Proxies in front whose X-Forwarded-For is believed. */
  @IsInt() @Min(0) @Max(10) @AsInteger()
  TRUSTED_PROXIES = 0;

  /** Milliseconds the API goes on serving after SIGTERM, so that load balancers notice. */
  @IsInt() @Min(0) @Max(60_000) @AsInteger()
  DRAIN_MS = 5_000;

  /** Life of an access token in seconds. */
  @IsInt() @Min(60) @Max(86_400) @AsInteger()
  ACCESS_TOKEN_SECONDS = 900;

  /** Life of a session in days; its refresh tokens end with it. */
  @IsInt() @Min(1) @Max(365) @AsInteger()
  SESSION_DAYS = 30;

  /** Calls of one user or access token: calls/seconds, or calls/seconds/burst where fewer may come at once. */
  @Matches(RATE, RATE_FORM)
  RATE_LIMIT_DEFAULT = '600/60';

  /** Calls of one address that say not who makes them; an IPv6 address counts with its /64. */
  @Matches(RATE, RATE_FORM)
  RATE_LIMIT_ANONYMOUS = '60/60';

  /** Sign-ins and registrations of one address, and likewise its refreshes. */
  @Matches(RATE, RATE_FORM)
  RATE_LIMIT_SIGN_IN = '10/900';

  /** Sign-ins and registrations with one e-mail address, whether or not there is such an account. */
  @Matches(RATE, RATE_FORM)
  RATE_LIMIT_SIGN_IN_ACCOUNT = '5/900';

  /** New, forked and retried tasks of one user or access token. */
  @Matches(RATE, RATE_FORM)
  RATE_LIMIT_TASKS = '30/60';

  /** Tests of models and of keys, of one user or access token. */
  @Matches(RATE, RATE_FORM)
  RATE_LIMIT_TESTS = '10/60';

  /** Incoming webhooks of one address. */
  @Matches(RATE, RATE_FORM)
  RATE_LIMIT_WEBHOOKS = '3000/60';
}
