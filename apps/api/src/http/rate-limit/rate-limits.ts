import { AppConfig, AppError, hmacSha256, RATE_LIMITED } from '@app/common';
import { metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { InjectThrottlerStorage, type ThrottlerStorage } from '@nestjs/throttler';
import type { Response } from 'express';
import { TOO_MANY_LOGIN_ATTEMPTS } from '../../auth/auth.errors';
import type { HttpRequest } from '../http-request';
import { anonymousCharges, type Charge, principalCharges } from './charges';
import { type LimitName, LIMITS, ratesOf } from './limits';
import type { Rate } from './rate';
import { type CountedLimit, writeRateLimitHeaders } from './rate-limit-headers';
import type { RateLimitGroup } from './rate-limit.decorator';

interface Counted extends CountedLimit {
  readonly limit: LimitName;
  /** Seconds until the next call is allowed; 0 when this one was. */
  readonly retrySeconds: number;
}

/** Counts calls, says so in the headers, and refuses what is too much. A call counts once: in the first guard that knows how, or when it fails before. */
@Injectable()
export class RateLimits {
  private readonly rates: Readonly<Record<LimitName, Rate>>;
  private readonly secret: Buffer;

  constructor(
    config: AppConfig,
    @InjectThrottlerStorage() private readonly storage: ThrottlerStorage,
  ) {
    this.rates = ratesOf(config.http);
    this.secret = config.core.JWT_SECRET.use((secret) => hmacSha256(secret, 'rate limits'));
  }

  /** @throws {AppError} rate_limited, too_many_login_attempts, unavailable */
  async countAnonymous(request: HttpRequest, response: Response, group: RateLimitGroup): Promise<void> {
    await this.count(request, response, group === 'none' ? [] : anonymousCharges(request, group, this.secret));
  }

  /** Of the caller, or of the address where there is none. @throws {AppError} rate_limited, too_many_login_attempts, unavailable */
  async countPrincipal(request: HttpRequest, response: Response, group: RateLimitGroup): Promise<void> {
    if (request.principal === undefined) await this.countAnonymous(request, response, 'default');
    else await this.count(request, response, group === 'none' ? [] : principalCharges(request.principal, group));
  }

  private async count(request: HttpRequest, response: Response, charges: readonly Charge[]): Promise<void> {
    if (request.isCounted === true) return;
    request.isCounted = true;
    // All at once, so that they share a round trip. A call refused by one limit counts under the others too.
    const counted = await Promise.all(charges.map((charge) => this.countOne(charge)));
    writeRateLimitHeaders(response, counted);
    const refusals = counted.filter((one) => one.retrySeconds > 0).sort((a, b) => b.retrySeconds - a.retrySeconds);
    if (refusals[0] === undefined) return;
    metrics.httpRefusals.add({ group: refusals[0].limit });
    throw refused(refusals[0]);
  }

  private async countOne({ limit, key }: Charge): Promise<Counted> {
    const rate = this.rates[limit];
    const { totalHits, timeToExpire, isBlocked, timeToBlockExpire } = await this.storage.increment(key, rate.seconds * 1000, rate.calls, 0, limit);
    return { limit, policy: LIMITS[limit].policy, rate, remaining: rate.burst - totalHits, resetSeconds: timeToExpire, retrySeconds: isBlocked ? Math.max(1, timeToBlockExpire) : 0 };
  }
}

function refused({ limit, rate, retrySeconds }: Counted): AppError {
  const headers = { 'Retry-After': String(retrySeconds) };
  if (limit === 'signIn' || limit === 'signInAccount') return new AppError(TOO_MANY_LOGIN_ATTEMPTS, `Wait ${retrySeconds} s before you try again.`, { headers });
  return new AppError(RATE_LIMITED, `At most ${rate.calls} such calls in ${rate.seconds} s. Wait ${retrySeconds} s.`, { headers });
}
