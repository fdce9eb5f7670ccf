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
const DEADLINE_MS = 100;
/** Calls that are refused without an answer wait longer for it. */
const CLOSED_DEADLINE_MS = 1_000;
const MOST_REMEMBERED = 10_000;

interface Refusal {
  /** On this process's clock. */
  readonly until: number;
  readonly resetAt: number;
}

/**
 * The throttler's storage: the generic cell rate algorithm in Redis where there is one, else in this process. A refusal says exactly when the
 * next call will be allowed, and nothing can make that earlier; so until then a flood is refused from memory.
 */
export class GcraStorage implements ThrottlerStorage {
  private readonly local: LocalGcra;
  private readonly refusals = new Map<string, Refusal>();

  constructor(
    private readonly rates: Readonly<Record<LimitName, Rate>>,
    private readonly clock: Clock,
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
    const known = this.remembered(key);
    if (known) return known;
    const isClosed = LIMITS[name].isClosedWithoutRedis;
    const verdict = await this.redis.take(key, rate, isClosed ? CLOSED_DEADLINE_MS : DEADLINE_MS);
    if (verdict) {
      if (!verdict.isAllowed) this.remember(key, verdict);
      return verdict;
    }
    if (isClosed) throw new AppError(UNAVAILABLE, 'Signing in is closed for a moment. Try again.', { headers: { 'Retry-After': '5' } });
    return this.local.take(key, rate);
  }

  private remembered(key: string): Verdict | null {
    const refusal = this.refusals.get(key);
    if (!refusal) return null;
    const now = this.clock.monotonicMs();
    if (refusal.until > now) return { isAllowed: false, remaining: 0, retryMs: refusal.until - now, resetMs: refusal.resetAt - now };
    this.refusals.delete(key);
    return null;
  }

  private remember(key: string, verdict: Verdict): void {
    const now = this.clock.monotonicMs();
    this.refusals.delete(key);
    this.refusals.set(key, { until: now + verdict.retryMs, resetAt: now + verdict.resetMs });
    // Only a memory of what Redis would say again.
    if (this.refusals.size > MOST_REMEMBERED) this.refusals.clear();
  }
}
