import type { Clock } from '@app/common';
import type { Rate, Verdict } from './rate';

const MOST_KEYS = 100_000;

/**
 * The generic cell rate algorithm over one number a key: the time at which a caller who had kept exactly to the rate would make this call.
 * For one process: what a machine without Redis has, and what is left when Redis is away.
 */
export class LocalGcra {
  private readonly arrivals = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  take(key: string, rate: Rate): Verdict {
    const now = this.clock.monotonicMs();
    const refusal = this.refusal(key, rate, now);
    if (refusal) return refusal;
    const interval = (rate.seconds * 1000) / rate.calls;
    const next = Math.max(this.arrivals.get(key) ?? now, now) + interval;
    this.keep(key, next);
    return { isAllowed: true, remaining: Math.max(0, Math.floor(rate.burst - (next - now) / interval + 0.000_001)), retryMs: 0, resetMs: next - now };
  }

  /** The answer to a call that comes too early, or null; counts nothing. */
  refusal(key: string, rate: Rate, now = this.clock.monotonicMs()): Verdict | null {
    const known = this.arrivals.get(key);
    if (known === undefined || known <= now) return null;
    const interval = (rate.seconds * 1000) / rate.calls;
    const tolerance = interval * rate.burst;
    // Never further ahead than a whole burst: the setting may have become smaller since.
    const arrival = Math.min(known, now + tolerance);
    const retryMs = arrival + interval - tolerance - now;
    // A hair of tolerance for sums of fractions.
    return retryMs > 0.001 ? { isAllowed: false, remaining: 0, retryMs, resetMs: arrival - now } : null;
  }

  /** Takes over what a limiter that knows more has said; calls that only this one counted stay counted. */
  learn(key: string, { resetMs }: Verdict): void {
    this.keep(key, Math.max(this.arrivals.get(key) ?? 0, this.clock.monotonicMs() + resetMs));
  }

  /** A Map keeps the order in which keys were set, so those used longest ago go first; many at a time, as each walk skips what was deleted before. */
  private keep(key: string, next: number): void {
    this.arrivals.delete(key);
    this.arrivals.set(key, next);
    if (this.arrivals.size <= MOST_KEYS) return;
    let excess = MOST_KEYS / 10;
    for (const oldest of this.arrivals.keys()) {
      if (excess-- <= 0) break;
      this.arrivals.delete(oldest);
    }
  }
}
