/** One request and what became of it. */
export interface JournalEntry {
  readonly id: number;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** What the client named in `X-GitHub-Api-Version`; null: nothing. */
  readonly apiVersion: string | null;
  /** Of a REST call, as JSON; else null. */
  body: unknown;
  /** `anonymous`, `app` or `installation <id>`. */
  caller: string;
  /** GitHub's path template of the call; null for git, pages and what is not there. */
  operation: string | null;
  /** 0: nothing was answered. */
  status: number;
  durationMs: number;
  note: string | null;
}

/** Where our answer or a client's request differs from GitHub's description of it. */
export interface Violation {
  readonly at: string;
  readonly side: 'request' | 'answer';
  readonly operation: string;
  readonly status: number | null;
  readonly message: string;
}

const KEPT = 10_000;

export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #violations: Violation[] = [];
  #count = 0;

  open(call: Pick<JournalEntry, 'method' | 'path' | 'apiVersion'>): JournalEntry {
    const entry: JournalEntry = { id: ++this.#count, at: new Date().toISOString(), ...call, body: null, caller: 'anonymous', operation: null, status: 0, durationMs: 0, note: null };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    return entry;
  }

  violate(violation: Omit<Violation, 'at'>): void {
    this.#violations.push({ at: new Date().toISOString(), ...violation });
  }

  requests(): readonly JournalEntry[] {
    return this.#entries;
  }

  violations(): readonly Violation[] {
    return this.#violations;
  }
}
