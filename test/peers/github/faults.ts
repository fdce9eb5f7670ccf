/** A misfortune for the next matching calls. */
export interface Fault {
  /** What is left out matches all; `path` occurs in the call's path. */
  readonly match?: { readonly method?: string; readonly path?: string };
  /** How many calls; 1 when left out. */
  readonly times?: number;
  /** Answer with this status, without the effect. */
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
  /** Close the connection without an answer: before the effect, or after it. */
  readonly cut?: 'before' | 'after';
}

export class FaultQueue {
  #faults: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** The first waiting fault that fits, used up by one. */
  take(method: string, path: string): Fault | null {
    const found = this.#faults.find(({ fault: { match } }) => (match?.method === undefined || match.method.toUpperCase() === method) && (match?.path === undefined || path.includes(match.path)));
    if (!found) return null;
    found.left -= 1;
    if (found.left <= 0) this.#faults = this.#faults.filter((other) => other !== found);
    return found.fault;
  }

  get waiting(): number {
    return this.#faults.reduce((sum, { left }) => sum + left, 0);
  }

  clear(): void {
    this.#faults = [];
  }
}
