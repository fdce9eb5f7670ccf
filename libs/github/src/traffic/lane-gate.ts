import type { LimitNotice } from './limits';
import { Pace } from './pace';

/** 900 points a minute: a read is one, a write is five. */
const READS: Spacing = { everyMs: 120, burst: 60 };
/** 80 writes that make something a minute: five at once, then one a second. */
const WRITES: Spacing = { everyMs: 1_000, burst: 5 };
/** GitHub counts 500 of those an hour. */
const CREATIONS_AN_HOUR = 480;
const HOUR_MS = 3_600_000;
/** GitHub's advice where it gives no time of its own: a minute, and longer each time. */
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 900_000;

interface Spacing {
  readonly everyMs: number;
  readonly burst: number;
}

/** A call as the gate of its lane sees it. */
export interface GateCall {
  readonly isWrite: boolean;
  /** It makes something that people are told of: GitHub counts those by the hour too. */
  readonly isCreation: boolean;
  /** GitHub's name of the budget that the call is counted in. */
  readonly resource: string;
}

/** `waitMs` 0: the call may be sent. */
export interface GateAnswer {
  readonly waitMs: number;
  /** Another process is at a write: that ends by itself, and soon. */
  readonly isBusy: boolean;
}

/** Says when a call may be sent: at GitHub's pace, and not while GitHub asks us to wait. */
export interface LaneGate {
  /** @param pass names the call, until it leaves */
  ask(call: GateCall, pass: string): Promise<GateAnswer>;
  leave(call: GateCall, pass: string): Promise<void>;
  /** Stays closed for as long as GitHub asks; without a time of GitHub's, for a minute, and longer after each refusal in a row. Returns for how long. */
  close(notice: LimitNotice): Promise<number>;
  /** GitHub took a call: what comes next is not refused in a row. */
  open(): Promise<void>;
  /** Whether nothing is known here that a new one would not know. */
  readonly isIdle: boolean;
}

/** What one process knows by itself. */
export class OwnGate implements LaneGate {
  private readonly readPace: Pace;
  private readonly writePace: Pace;
  private readonly madeAt: number[] = [];
  private refusals = 0;

  /** @param isPaced false: calls are spaced by GitHub's refusals alone */
  constructor(private readonly isPaced: boolean) {
    this.readPace = new Pace(isPaced ? READS.everyMs : 0, READS.burst);
    this.writePace = new Pace(isPaced ? WRITES.everyMs : 0, WRITES.burst);
  }

  ask({ isWrite, isCreation }: GateCall): Promise<GateAnswer> {
    const now = Date.now();
    const pace = isWrite ? this.writePace : this.readPace;
    const waitMs = Math.max(pace.waitMs(now), isCreation ? this.fullMs(now) : 0);
    if (waitMs === 0) {
      pace.take(now);
      if (isCreation && this.isPaced) this.madeAt.push(now);
    }
    return Promise.resolve({ waitMs, isBusy: false });
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }

  close({ waitMs, isRefusal }: LimitNotice): Promise<number> {
    if (isRefusal) this.refusals += 1;
    return Promise.resolve(waitMs ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, this.refusals - 1)));
  }

  open(): Promise<void> {
    this.refusals = 0;
    return Promise.resolve();
  }

  get isIdle(): boolean {
    const now = Date.now();
    return this.fullMs(now) === 0 && this.madeAt.length === 0 && this.readPace.waitMs(now) === 0;
  }

  private fullMs(now: number): number {
    while (this.madeAt[0] !== undefined && this.madeAt[0] <= now - HOUR_MS) this.madeAt.shift();
    const [first] = this.madeAt;
    return first === undefined || this.madeAt.length < CREATIONS_AN_HOUR ? 0 : first + HOUR_MS - now;
  }
}

/** A call in a lane that several processes share. */
export interface SharedCall extends GateCall {
  /** Of a write: names it until it leaves, or until `busyMs` have passed. */
  readonly pass: string;
  readonly busyMs: number;
  /** One call every so often, and `burst` of them after a pause; 0: as fast as they come. */
  readonly everyMs: number;
  readonly burst: number;
  /** Creations in any hour. */
  readonly creationsAnHour: number;
}

export interface SharedNotice extends LimitNotice {
  /** Where GitHub gives no time: the first wait, twice as long after each refusal in a row. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

/** Lanes as all processes of a deployment see them. */
export interface SharedLanes {
  /** Takes a place among the calls of a lane, or says how long there is none. */
  ask(lane: string, call: SharedCall): Promise<GateAnswer>;
  leave(lane: string, pass: string): Promise<void>;
  close(lane: string, notice: SharedNotice): Promise<number>;
  open(lane: string): Promise<void>;
}

/** Nest's token of `SharedLanes`; without one each process knows only of its own calls. */
export const SHARED_LANES = Symbol('SharedLanes');

/** Longer than any try of a call may take: a process that died in the midst of a write holds up the others no longer. */
const BUSY_MS = 20_000;

/** The lane's state is with all processes. While that cannot be asked, each goes on by what it knows itself. */
export class SharedGate implements LaneGate {
  private readonly own: OwnGate;
  private hasRefused = false;

  constructor(
    private readonly lane: string,
    private readonly lanes: SharedLanes,
    private readonly isPaced: boolean,
  ) {
    this.own = new OwnGate(isPaced);
  }

  async ask(call: GateCall, pass: string): Promise<GateAnswer> {
    const { everyMs, burst } = call.isWrite ? WRITES : READS;
    const asked = { ...call, isCreation: call.isCreation && this.isPaced, pass, busyMs: BUSY_MS, everyMs: this.isPaced ? everyMs : 0, burst, creationsAnHour: CREATIONS_AN_HOUR };
    return this.lanes.ask(this.lane, asked).catch(() => this.own.ask(call));
  }

  async leave({ isWrite }: GateCall, pass: string): Promise<void> {
    // One that is not told ends by itself.
    if (isWrite) await this.lanes.leave(this.lane, pass).catch(() => undefined);
  }

  async close(notice: LimitNotice): Promise<number> {
    this.hasRefused = true;
    const ownMs = await this.own.close(notice);
    return this.lanes.close(this.lane, { ...notice, firstWaitMs: FIRST_WAIT_MS, longestWaitMs: LONGEST_WAIT_MS }).catch(() => ownMs);
  }

  async open(): Promise<void> {
    if (!this.hasRefused) return;
    await this.own.open();
    await this.lanes.open(this.lane).then(() => (this.hasRefused = false)).catch(() => undefined);
  }

  get isIdle(): boolean {
    return !this.hasRefused && this.own.isIdle;
  }
}
