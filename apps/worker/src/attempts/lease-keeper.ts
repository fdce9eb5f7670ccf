import { StopError, type Clock, type Logger } from '@app/common';
import { LEASE_SECONDS, RENEW_EVERY_MS, type AttemptLease, type Heartbeat } from '@app/domain';
import type { TaskEventBus } from '@app/messaging';

export interface LeaseKeeperParts {
  readonly heartbeat: (lease: AttemptLease) => Promise<Heartbeat | null>;
  readonly bus: TaskEventBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps a claimed attempt ours while it runs. `signal` fires with a `StopError` when the user cancels or pauses, the deadline passes, the
 * process must end, or the lease is lost; everything that works for the attempt listens to it.
 */
export class LeaseKeeper {
  private readonly stop = new AbortController();
  private readonly unsubscribe: () => void;
  private readonly onShutdown = (): void => this.stop.abort(this.shutdown.reason);
  private timer: NodeJS.Timeout | null = null;
  private renewing: Promise<void> | null = null;
  private renewedAt: number;
  private released = false;

  constructor(
    private readonly lease: AttemptLease,
    private readonly shutdown: AbortSignal,
    private readonly parts: LeaseKeeperParts,
  ) {
    this.renewedAt = parts.clock.monotonicMs();
    shutdown.addEventListener('abort', this.onShutdown, { once: true });
    if (shutdown.aborted) this.onShutdown();
    // A wake-up makes a cancel quicker; the timer makes it certain.
    this.unsubscribe = parts.bus.subscribe(lease.taskId, { news: () => void this.renew(), delta: () => undefined });
    this.schedule();
  }

  get signal(): AbortSignal {
    return this.stop.signal;
  }

  release(): void {
    this.released = true;
    if (this.timer) clearTimeout(this.timer);
    this.unsubscribe();
    this.shutdown.removeEventListener('abort', this.onShutdown);
  }

  private schedule(): void {
    this.timer = setTimeout(() => void this.renew().finally(() => !this.released && this.schedule()), RENEW_EVERY_MS);
  }

  private renew(): Promise<void> {
    this.renewing ??= this.renewOnce().finally(() => (this.renewing = null));
    return this.renewing;
  }

  private async renewOnce(): Promise<void> {
    if (this.released || this.stop.signal.aborted) return;
    try {
      const heartbeat = await this.parts.heartbeat(this.lease);
      if (this.released) return;
      if (heartbeat === null) return this.stop.abort(new StopError('lease_lost'));
      this.renewedAt = this.parts.clock.monotonicMs();
      this.obey(heartbeat);
    } catch (error) {
      // PostgreSQL may be back before the lease is over; after it, somebody else may have the attempt.
      this.parts.logger.warn('a lease could not be renewed', { err: error });
      if (this.parts.clock.monotonicMs() - this.renewedAt > LEASE_SECONDS * 1_000) this.stop.abort(new StopError('lease_lost'));
    }
  }

  private obey(heartbeat: Heartbeat): void {
    if (heartbeat.cancelRequested) this.stop.abort(new StopError('cancel'));
    else if (heartbeat.deadlinePassed) this.stop.abort(new StopError('deadline'));
    else if (heartbeat.pauseRequested) this.stop.abort(new StopError('pause'));
  }
}
