import { AppError, type Clock } from '@app/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { UNAVAILABLE } from '../problems/http.errors';
import { CallLeases } from './call-leases';
import { type LimitName, LIMITS } from './limits';
import { LocalGcra } from './local-gcra';
import type { Rate, Verdict } from './rate';
import type { RedisGcra } from './redis-gcra';

/** The throttler does not export its name. */
type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

interface Asking {
  seats: number;
  readonly answer: Promise<unknown>;
}

/** Longest wait of an ordinary call for Redis. */
const DEADLINE_MS = 250;
/** Calls that are refused without an answer wait longer for it. */
const CLOSED_DEADLINE_MS = 1_000;

/**
 * The throttler's storage: the generic cell rate algorithm in Redis where there is one, else in this process. What Redis says is copied here:
 * a flood is refused from memory until the moment that Redis named, which nothing can make earlier; and whoever had used up a limit has not got
 * a new one when Redis is lost. Of large limits a busy key gets a few calls in advance.
 */
export class GcraStorage implements ThrottlerStorage {
  private readonly local: LocalGcra;
  private readonly leases: CallLeases;
  /** Questions under way whose answer may serve other calls too, and how many. */
  private readonly asking = new Map<string, Asking>();

  constructor(
    private readonly rates: Readonly<Record<LimitName, Rate>>,
    clock: Clock,
    private readonly redis: RedisGcra | null,
  ) {
    this.local = new LocalGcra(clock);
    this.leases = new CallLeases(clock);
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
    const { isClosedWithoutRedis } = LIMITS[name];
    if (!isClosedWithoutRedis && CallLeases.allows(rate)) return this.takeLeased(this.redis, key, rate);
    const refusal = this.local.refusal(key, rate);
    if (refusal) return refusal;
    const given = await this.redis.take(key, rate, 1, isClosedWithoutRedis ? CLOSED_DEADLINE_MS : DEADLINE_MS);
    if (!given && isClosedWithoutRedis) throw new AppError(UNAVAILABLE, 'Signing in is closed for a moment. Try again.', { headers: { 'Retry-After': '5' } });
    if (!given) return this.local.take(key, rate);
    this.local.learn(key, given.verdict);
    return given.verdict;
  }

  /** From what the key has in advance, else from a question that is under way, else by one of its own. */
  private async takeLeased(redis: RedisGcra, key: string, rate: Rate): Promise<Verdict> {
    const wanted = this.leases.note(key, rate);
    const held = this.leases.take(key) ?? this.local.refusal(key, rate);
    if (held) return held;
    const asking = this.asking.get(key);
    if (asking && asking.seats > 0) {
      asking.seats -= 1;
      await asking.answer;
      const shared = this.leases.take(key) ?? this.local.refusal(key, rate);
      if (shared) return shared;
    }
    return this.ask(redis, key, rate, wanted);
  }

  private async ask(redis: RedisGcra, key: string, rate: Rate, wanted: number): Promise<Verdict> {
    const answer = redis.take(key, rate, wanted, DEADLINE_MS);
    const asking = { seats: wanted - 1, answer };
    if (wanted > 1) this.asking.set(key, asking);
    const given = await answer;
    if (this.asking.get(key) === asking) this.asking.delete(key);
    if (!given) return this.local.take(key, rate);
    this.local.learn(key, given.verdict);
    if (given.calls === 0) return given.verdict;
    this.leases.keep(key, rate, given);
    return this.leases.take(key) ?? given.verdict;
  }
}
