/** A steady rate that forgives a burst: one call every `intervalMs`, and up to `burst` of them at once after a pause. */
export class Pace {
  private nextAt = 0;

  constructor(
    private readonly intervalMs: number,
    private readonly burst: number,
  ) {}

  /** How long the next call has to wait. */
  waitMs(now: number): number {
    return Math.max(0, this.nextAt - this.burst * this.intervalMs - now);
  }

  take(now: number): void {
    this.nextAt = Math.max(now, this.nextAt) + this.intervalMs;
  }
}
