import { AppError } from '@app/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GITHUB_RATE_LIMITED } from '../github.errors';
import type { GateCall, LaneGate } from './lane-gate';
import type { LimitNotice } from './limits';
import { OutOfPatience, Turnstile } from './turnstile';

/** GitHub allows 100 at once over all of an App's processes. */
const READS_AT_ONCE = 10;

export interface Call extends GateCall {
  /** How long it may wait before it is sent. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | null;
}

/** All calls on behalf of one installation: writes one at a time, everything at a pace, and none while GitHub asks us to wait. */
export class TrafficLane {
  private readonly reads = new Turnstile(READS_AT_ONCE);
  private readonly writes = new Turnstile(1);
  private readonly closedUntil = new Map<string, number>();

  constructor(private readonly gate: LaneGate) {}

  /** Waits for its turn; resolves with what ends it. @throws {AppError} github_rate_limited when that takes longer than the call's patience */
  async enter(call: Call): Promise<() => Promise<void>> {
    const deadline = Date.now() + call.patienceMs;
    await this.whileClosed(call, deadline);
    const leave = await this.turn(call, deadline);
    try {
      const pass = randomUUID();
      await this.admitted(call, pass, deadline);
      return () => this.gate.leave(call, pass).finally(leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  async close(notice: LimitNotice): Promise<void> {
    const wait = await this.gate.close(notice);
    this.closedUntil.set(notice.resource, Math.max(this.closedUntil.get(notice.resource) ?? 0, Date.now() + wait));
  }

  open(): Promise<void> {
    return this.gate.open();
  }

  /** Whether nothing is known here that a new lane would not know. */
  get isIdle(): boolean {
    const now = Date.now();
    return this.gate.isIdle && [...this.closedUntil.values()].every((until) => until <= now);
  }

  private async turn({ isWrite, resource, signal }: Call, deadline: number): Promise<() => void> {
    try {
      return await (isWrite ? this.writes : this.reads).enter(Math.max(0, deadline - Date.now()), signal);
    } catch (error) {
      throw error instanceof OutOfPatience ? limited(Math.max(1_000, this.closedMs(resource))) : error;
    }
  }

  private async admitted(call: Call, pass: string, deadline: number): Promise<void> {
    for (;;) {
      await this.whileClosed(call, deadline);
      const { waitMs, isBusy } = await this.gate.ask(call, pass);
      if (waitMs <= 0) return;
      await wait(waitMs, deadline, { ...call, leastMs: isBusy ? 1_000 : waitMs });
    }
  }

  private async whileClosed(call: Call, deadline: number): Promise<void> {
    for (let ms = this.closedMs(call.resource); ms > 0; ms = this.closedMs(call.resource)) await wait(ms, deadline, { ...call, leastMs: ms });
  }

  private closedMs(resource: string): number {
    return Math.max(this.closedUntil.get('all') ?? 0, this.closedUntil.get(resource) ?? 0) - Date.now();
  }
}

async function wait(ms: number, deadline: number, { signal, leastMs }: Pick<Call, 'signal'> & { readonly leastMs: number }): Promise<void> {
  if (Date.now() + ms > deadline) throw limited(leastMs);
  await sleep(ms, undefined, signal ? { signal } : {});
}

function limited(waitMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new AppError(GITHUB_RATE_LIMITED, `GitHub asks us to wait ${seconds} s.`, { headers: { 'Retry-After': String(seconds) }, members: { retryAfterSeconds: seconds } });
}
