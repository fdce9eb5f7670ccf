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
    const interval = (rate.seconds * 1000) / rate.calls;
    const tolerance = interval * rate.burst;
    // Never further ahead than a whole burst: the setting may have become smaller since.
    const arrival = Math.min(Math.max(this.arrivals.get(key) ?? now, now), now + tolerance);
    const next = arrival + interval;
    const retryMs = next - tolerance - now;
    // A hair of tolerance for sums of fractions.
    if (retryMs > 0.001) return { isAllowed: false, remaining: 0, retryMs, resetMs: arrival - now };
    this.keep(key, next);
    return { isAllowed: true, remaining: Math.max(0, Math.floor((tolerance - (next - now)) / interval + 0.000_001)), retryMs: 0, resetMs: next - now };
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
