import { AppConfig, invalidField } from '@app/common';
import { Injectable } from '@nestjs/common';

/** Where browsers may be sent after a page of Stripe's: to our own origin and those of the web apps that may call us. Else anybody could be led anywhere from there. */
@Injectable()
export class AllowedReturnUrls {
  private readonly origins: ReadonlySet<string>;

  constructor(config: AppConfig) {
    this.origins = new Set([config.core.PUBLIC_URL, ...config.http.CORS_ORIGINS].map((url) => new URL(url).origin));
  }

  /** @throws {AppError} validation_failed */
  require(field: string, url: string): string {
    const parsed = URL.parse(url);
    if (!parsed || !this.origins.has(parsed.origin) || parsed.username !== '' || parsed.password !== '') throw invalidField(`/${field}`, 'not_allowed', `${field} must lead to ${[...this.origins].join(' or ')}`);
    return url;
  }
}
