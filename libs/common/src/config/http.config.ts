import { IsInt, IsString, Max, Min } from 'class-validator';
import { AsInteger, AsList } from './setting';

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
}
