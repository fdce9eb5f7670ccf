import { Redis } from 'ioredis';
import type { Logger } from '@app/common';
import { GCRA_SCRIPT, GCRA_SHA } from './gcra-script';
import type { Rate, Verdict } from './rate';

const PREFIX = 'async-coder:limit:';
/** How often a Redis that did not answer is tried again. */
const PROBE_MS = 250;
/** A connection that has said nothing for so long, with a command under way, is dead. */
const DEAD_MS = 3_000;
const CONNECT_MS = 1_000;
const TICK_MS = 20;

/** What came of asking for calls: 0 were given when it was too early. */
export interface GivenCalls {
  readonly calls: number;
  readonly verdict: Verdict;
}

interface Waiting {
  readonly sinceTick: number;
  readonly patienceTicks: number;
  readonly giveUp: () => void;
}

/**
 * The limits that all processes share. When Redis does not answer in time nobody asks it any more until a probe gets through again, so that
 * at most the requests of that moment wait for it.
 */
export class RedisGcra {
  private readonly redis: Redis;
  private readonly logger: Logger;
  private isAway = false;
  private probeTimer: NodeJS.Timeout | null = null;
  private readonly waiting = new Set<Waiting>();
  private watch: NodeJS.Timeout | null = null;
  private tick = 0;
  private isClosed = false;

  constructor(url: string, logger: Logger) {
    this.logger = logger.named('rate-limit');
    this.redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_MS,
      socketTimeout: DEAD_MS,
      retryStrategy: (tries: number): number => Math.min(tries * 100, 1_000),
    });
    // Told once, by `leave`; every failed attempt to connect would say it again.
    this.redis.on('error', () => undefined);
    this.redis.on('ready', () => this.probe());
  }

  /** Waits a moment for the connection, so that the first calls find it; never fails. */
  async open(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('no connection to Redis within a second')), CONNECT_MS)));
    try {
      await Promise.race([this.redis.connect(), late]);
    } catch (error) {
      this.leave(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks for so many calls, and may get fewer. Null: Redis does not answer within `deadlineMs` in which this process itself was not held up. */
  async take(key: string, rate: Rate, calls: number, deadlineMs: number): Promise<GivenCalls | null> {
    if (this.isAway) return null;
    try {
      return await this.inTime(deadlineMs, this.run(PREFIX + key, rate, calls));
    } catch (error) {
      this.leave(error);
      return null;
    }
  }

  close(): void {
    this.isClosed = true;
    if (this.probeTimer) clearTimeout(this.probeTimer);
    if (this.watch) clearInterval(this.watch);
    this.redis.disconnect();
  }

  private async run(key: string, rate: Rate, calls: number): Promise<GivenCalls> {
    const interval = Math.max(1, Math.round((rate.seconds * 1_000_000) / rate.calls));
    const values = [key, interval, interval * rate.burst, calls] as const;
    let answer: unknown;
    try {
      answer = await this.redis.evalsha(GCRA_SHA, 1, ...values);
    } catch (error) {
      // A Redis that was restarted or flushed does not know the script; EVAL also loads it.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      answer = await this.redis.eval(GCRA_SCRIPT, 1, ...values);
    }
    const [given, remaining, retry, reset] = answer as [number, number, number, number];
    return { calls: given, verdict: { isAllowed: given > 0, remaining, retryMs: retry / 1000, resetMs: reset / 1000 } };
  }

  private leave(error: unknown): void {
    if (this.isAway || this.isClosed) return;
    this.isAway = true;
    this.logger.warn('Redis does not answer: each process counts for itself, and signing in is closed', { err: error });
    this.probeLater();
  }

  /** The same script on a key of its own: a Redis that answers PING may still refuse to write. */
  private probe(): void {
    if (this.isClosed || !this.isAway) return;
    this.run(`${PREFIX}probe`, { calls: 1_000, seconds: 1, burst: 1_000 }, 1).then(
      () => this.comeBack(),
      () => this.probeLater(),
    );
  }

  private probeLater(): void {
    if (this.isClosed) return;
    if (this.probeTimer) clearTimeout(this.probeTimer);
    this.probeTimer = setTimeout(() => this.probe(), PROBE_MS).unref();
  }

  private comeBack(): void {
    if (!this.isAway) return;
    this.isAway = false;
    this.logger.info('Redis answers again: limits are shared');
  }

  /** One clock for all calls, which ticks only as often as this process gets to it: while we are busy ourselves, Redis is not late. */
  private inTime<Value>(ms: number, answer: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new Error(`no answer of Redis within ${ms} ms`));
      const entry = { sinceTick: this.tick, patienceTicks: ms / TICK_MS, giveUp };
      this.waiting.add(entry);
      this.watch ??= setInterval(() => this.onTick(), TICK_MS);
      answer.then(resolve, reject).finally(() => this.waiting.delete(entry));
    });
  }

  private onTick(): void {
    this.tick += 1;
    for (const entry of this.waiting) if (this.tick - entry.sinceTick > entry.patienceTicks) entry.giveUp();
    if (this.waiting.size > 0 || !this.watch) return;
    clearInterval(this.watch);
    this.watch = null;
  }
}
