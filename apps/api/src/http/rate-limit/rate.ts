/** So many calls in so many seconds, of which at most `burst` may come at once. */
export interface Rate {
  readonly calls: number;
  readonly seconds: number;
  readonly burst: number;
}

/** What became of one call under one limit. Times are in milliseconds. */
export interface Verdict {
  readonly isAllowed: boolean;
  /** Calls that may come at once now. */
  readonly remaining: number;
  /** Until the next call is allowed; 0 when this one was. */
  readonly retryMs: number;
  /** Until the whole burst is there again. */
  readonly resetMs: number;
}

/** Reads "calls/seconds" or "calls/seconds/burst"; the settings check the form. */
export function parseRate(text: string): Rate {
  const [calls = 1, seconds = 1, burst = calls] = text.split('/').map(Number);
  return { calls, seconds, burst };
}
