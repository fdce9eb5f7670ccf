import { AppError, type Clock } from '@app/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { UNAVAILABLE } from '../problems/http.errors';
import { type LimitName, LIMITS } from './limits';
import { LocalGcra } from './local-gcra';
import type { Rate, Verdict } from './rate';
import type { RedisGcra } from './redis-gcra';

/** The throttler does not export its name. */
type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Longest wait of an ordinary call for Redis. */
const DEADLINE_MS = 250;
/** Calls that are refused without an answer wait longer for it. */
const CLOSED_DEADLINE_MS = 1_000;

/**
 * The throttler's storage: the generic cell rate algorithm in Redis where there is one, else in this process. What Redis says is copied here:
 * a flood is refused from memory until the moment that Redis named, which nothing can make earlier; and whoever had used up a limit has not got
 * a new one when Redis is lost.
 */
export class GcraStorage implements ThrottlerStorage {
  private readonly local: LocalGcra;

  constructor(
    private readonly rates: Readonly<Record<LimitName, Rate>>,
    clock: Clock,
    private readonly redis: RedisGcra | null,
  ) {
    this.local = new LocalGcra(clock);
  }

  /**
   * Key and name; what stands between them are the throttler's words for what the rate of that name says.
   * @throws {AppError} unavailable for signing in while Redis is away
   */
  async increment(...[key, , , , name]: Parameters<ThrottlerStorage['increment']>): Promise<ThrottlerStorageRecord> {
    const rate = this.rates[name as LimitName];
    const verdict = await this.take(`${name}:${key}`, name as LimitName, rate);
    return {
      totalHits: rate.burst - verdict.remaining,
      timeToExpire: Math.ceil(verdict.resetMs / 1000),
      isBlocked: !verdict.isAllowed,
      timeToBlockExpire: Math.ceil(verdict.retryMs / 1000),
    };
  }

  async onModuleInit(): Promise<void> {
    await this.redis?.open();
  }

  onModuleDestroy(): void {
    this.redis?.close();
  }

  private async take(key: string, name: LimitName, rate: Rate): Promise<Verdict> {
    if (!this.redis) return this.local.take(key, rate);
    const refusal = this.local.refusal(key, rate);
    if (refusal) return refusal;
    const isClosed = LIMITS[name].isClosedWithoutRedis;
    const verdict = await this.redis.take(key, rate, isClosed ? CLOSED_DEADLINE_MS : DEADLINE_MS);
    if (verdict) {
      this.local.learn(key, verdict);
      return verdict;
    }
    if (isClosed) throw new AppError(UNAVAILABLE, 'Signing in is closed for a moment. Try again.', { headers: { 'Retry-After': '5' } });
    return this.local.take(key, rate);
  }
}
