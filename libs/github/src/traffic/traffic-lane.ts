import { AppError } from '@app/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { GITHUB_RATE_LIMITED } from '../github.errors';
import type { LimitNotice } from './limits';
import { Pace } from './pace';
import { OutOfPatience, Turnstile } from './turnstile';

/** GitHub allows 100 at once over all of an App's processes. */
const READS_AT_ONCE = 10;
/** 900 points a minute: a read is one, a write is five. */
const READ_EVERY_MS = 120;
const READ_BURST = 60;
/** 80 writes that make something a minute: five at once, then one a second. */
const WRITE_EVERY_MS = 1_000;
const WRITE_BURST = 5;
/** 500 of those an hour. */
const CREATIONS_AN_HOUR = 480;
const HOUR_MS = 3_600_000;
/** GitHub's advice where it gives no time of its own: a minute, and longer each time. */
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 900_000;

export interface Call {
  readonly isWrite: boolean;
  /** It makes something that people are told of: GitHub counts those by the hour too. */
  readonly isCreation: boolean;
  /** GitHub's name of the budget that the call is counted in. */
  readonly resource: string;
  /** How long it may wait before it is sent. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | null;
}

/** All calls on behalf of one installation: writes one at a time, everything at a pace, and none while GitHub asks us to wait. */
export class TrafficLane {
  private readonly reads = new Turnstile(READS_AT_ONCE);
  private readonly writes = new Turnstile(1);
  private readonly readPace: Pace;
  private readonly writePace: Pace;
  private readonly madeAt: number[] = [];
  private readonly closedUntil = new Map<string, number>();
  private refusals = 0;

  /** @param isPaced false: calls are spaced by GitHub's refusals alone */
  constructor(private readonly isPaced: boolean) {
    this.readPace = new Pace(isPaced ? READ_EVERY_MS : 0, READ_BURST);
    this.writePace = new Pace(isPaced ? WRITE_EVERY_MS : 0, WRITE_BURST);
  }

  /** Waits for its turn; resolves with what ends it. @throws {AppError} github_rate_limited when that takes longer than the call's patience */
  async enter(call: Call): Promise<() => void> {
    const deadline = Date.now() + call.patienceMs;
    await this.pass(() => this.closedMs(call.resource), deadline, call);
    const leave = await this.turn(call, deadline);
    try {
      const pace = call.isWrite ? this.writePace : this.readPace;
      await this.pass((now) => Math.max(pace.waitMs(now), call.isCreation ? this.fullMs(now) : 0, this.closedMs(call.resource)), deadline, call);
      pace.take(Date.now());
      if (call.isCreation && this.isPaced) this.madeAt.push(Date.now());
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Stays closed for as long as GitHub asks; without a time of GitHub's, for a minute, and longer after each refusal in a row. */
  close({ resource, waitMs, isRefusal }: LimitNotice): void {
    if (isRefusal) this.refusals += 1;
    const wait = waitMs ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, this.refusals - 1));
    this.closedUntil.set(resource, Math.max(this.closedUntil.get(resource) ?? 0, Date.now() + wait));
  }

  /** GitHub took a call: what comes next is not refused in a row. */
  open(): void {
    this.refusals = 0;
  }

  /** Whether nothing is known here that a new lane would not know. */
  get isIdle(): boolean {
    const now = Date.now();
    return this.fullMs(now) === 0 && this.madeAt.length === 0 && this.readPace.waitMs(now) === 0 && [...this.closedUntil.values()].every((until) => until <= now);
  }

  private async turn({ isWrite, resource, signal }: Call, deadline: number): Promise<() => void> {
    try {
      return await (isWrite ? this.writes : this.reads).enter(Math.max(0, deadline - Date.now()), signal);
    } catch (error) {
      throw error instanceof OutOfPatience ? limited(Math.max(1_000, this.closedMs(resource))) : error;
    }
  }

  private async pass(waitMs: (now: number) => number, deadline: number, { signal }: Call): Promise<void> {
    for (;;) {
      const now = Date.now();
      const wait = waitMs(now);
      if (wait <= 0) return;
      if (now + wait > deadline) throw limited(wait);
      await sleep(wait, undefined, signal ? { signal } : {});
    }
  }

  private closedMs(resource: string): number {
    return Math.max(this.closedUntil.get('all') ?? 0, this.closedUntil.get(resource) ?? 0) - Date.now();
  }

  private fullMs(now: number): number {
    while (this.madeAt[0] !== undefined && this.madeAt[0] <= now - HOUR_MS) this.madeAt.shift();
    const [first] = this.madeAt;
    return first === undefined || this.madeAt.length < CREATIONS_AN_HOUR ? 0 : first + HOUR_MS - now;
  }
}

function limited(waitMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new AppError(GITHUB_RATE_LIMITED, `GitHub asks us to wait ${seconds} s.`, { headers: { 'Retry-After': String(seconds) }, members: { retryAfterSeconds: seconds } });
}
