import type { Clock } from '@app/common';
import type { Rate, Verdict } from './rate';

/** Of a limit's burst, and of the time in which it comes back: more is never held by one process, nor for longer. */
const SHARE = 0.03;
const LONGEST_MS = 2_000;
const MOST_KEYS = 100_000;

/** What the shared limiter gave one key for calls that may still come. */
interface Lease {
  left: number;
  readonly until: number;
  /** What was said when it was given, and when. */
  readonly verdict: Verdict;
  readonly since: number;
  readonly intervalMs: number;
}

/** How often a key is seen: in this window, and in the one before it. */
interface Pace {
  since: number;
  calls: number;
  before: number;
}

/**
 * Calls of busy keys that were counted in Redis ahead of time, so that one question serves several calls. As many as the key made in the last such
 * window and at most 3 % of the burst, for at most 3 % of the time in which the burst comes back. What is left then is lost to the caller, not to the
 * limit: in any span a key gets at most what it would get in one that is 3 % of a burst's time longer, however many processes hold leases of it.
 */
export class CallLeases {
  private readonly leases = new Map<string, Lease>();
  private readonly paces = new Map<string, Pace>();

  constructor(private readonly clock: Clock) {}

  /** Whether calls under this rate may be leased at all: of small limits each call is asked for. */
  static allows(rate: Rate): boolean {
    return mostOf(rate) > 1;
  }

  /** The answer to a call that is paid for, or null. */
  take(key: string): Verdict | null {
    const lease = this.leases.get(key);
    const now = this.clock.monotonicMs();
    if (!lease || lease.left === 0 || now >= lease.until) return null;
    lease.left -= 1;
    const { verdict, since, intervalMs } = lease;
    return { ...verdict, remaining: verdict.remaining + lease.left, resetMs: Math.max(0, verdict.resetMs - (now - since) - lease.left * intervalMs) };
  }

  /** Notes a call. Returns for how many to ask, should it have to be asked for. */
  note(key: string, rate: Rate): number {
    const now = this.clock.monotonicMs();
    const windowMs = lifetimeOf(rate);
    const pace = this.paces.get(key) ?? this.begin(key, now);
    if (now - pace.since > windowMs) {
      pace.before = now - pace.since < 2 * windowMs ? pace.calls : 0;
      pace.since = now;
      pace.calls = 0;
    }
    pace.calls += 1;
    return Math.min(mostOf(rate), Math.max(pace.calls, pace.before));
  }

  /** Keeps what was given for a key: so many calls, of which none is used yet. */
  keep(key: string, rate: Rate, given: { readonly calls: number; readonly verdict: Verdict }): void {
    const now = this.clock.monotonicMs();
    const before = this.leases.get(key);
    // Two questions may be under way at once; what the first left ends when the first ends.
    const [unused, until] = before && before.left > 0 && now < before.until ? [before.left, before.until] : [0, now + lifetimeOf(rate)];
    this.leases.set(key, { left: given.calls + unused, until, verdict: given.verdict, since: now, intervalMs: (rate.seconds * 1000) / rate.calls });
  }

  private begin(key: string, now: number): Pace {
    if (this.paces.size >= MOST_KEYS) {
      this.paces.clear();
      this.leases.clear();
    }
    const pace = { since: now, calls: 0, before: 0 };
    this.paces.set(key, pace);
    return pace;
  }
}

function mostOf({ burst }: Rate): number {
  return Math.floor(burst * SHARE);
}

function lifetimeOf({ calls, seconds, burst }: Rate): number {
  return Math.min(LONGEST_MS, ((seconds * 1000) / calls) * burst * SHARE);
}
