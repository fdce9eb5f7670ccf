/** How long and how hard each scenario is. */
export interface Lengths {
  readonly restarts: { readonly rounds: number; readonly perSecond: number; readonly drainMs: number; readonly idle: number };
  readonly handover: { readonly tasks: number; readonly handoverMs: number };
  readonly postgres: { readonly restarts: number; readonly pauseMs: number; readonly perSecond: number; readonly tasks: number };
  readonly redis: { readonly downMs: number; readonly perSecond: number; readonly tasks: number; readonly flushes: number; readonly submits: number };
  readonly streams: { readonly clients: number; readonly slow: number; readonly events: number };
  readonly allAtOnce: { readonly rounds: number; readonly perSecond: number; readonly tasks: number };
  readonly cancels: number;
  readonly fairness: { readonly many: number };
  readonly pods: { readonly scheduled: number; readonly limit: number; readonly tasks: number };
}

/** Nothing moves for so long, and the run is given up with the rows that stand still. */
export const STUCK_MS = 90_000;

const SHORT: Lengths = {
  restarts: { rounds: 1, perSecond: 40, drainMs: 1_500, idle: 10 },
  handover: { tasks: 4, handoverMs: 1_500 },
  postgres: { restarts: 1, pauseMs: 2_000, perSecond: 30, tasks: 4 },
  redis: { downMs: 3_000, perSecond: 30, tasks: 2, flushes: 1, submits: 2 },
  streams: { clients: 20, slow: 20, events: 200 },
  allAtOnce: { rounds: 1, perSecond: 20, tasks: 4 },
  cancels: 6,
  fairness: { many: 10 },
  pods: { scheduled: 4, limit: 2, tasks: 4 },
};

const FULL: Lengths = {
  restarts: { rounds: 5, perSecond: 200, drainMs: 5_000, idle: 50 },
  handover: { tasks: 20, handoverMs: 15_000 },
  postgres: { restarts: 3, pauseMs: 20_000, perSecond: 100, tasks: 50 },
  redis: { downMs: 60_000, perSecond: 100, tasks: 50, flushes: 3, submits: 1_000 },
  streams: { clients: 100, slow: 50, events: 400 },
  allAtOnce: { rounds: 3, perSecond: 50, tasks: 12 },
  cancels: 100,
  fairness: { many: 500 },
  pods: { scheduled: 40, limit: 5, tasks: 40 },
};

/** CHAOS_LENGTH=full is what `npm run chaos` sets; the check has the short one. */
export const isFull = process.env['CHAOS_LENGTH'] === 'full';
export const lengths: Lengths = isFull ? FULL : SHORT;
