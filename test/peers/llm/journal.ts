import type { WireName } from './conversation';
import type { Usage } from './turn';

/** One request and what became of it. */
export interface JournalEntry {
  readonly id: number;
  readonly at: string;
  readonly wire: WireName;
  readonly requestId: string;
  /** The key's last four characters. */
  readonly key: string;
  readonly model: string | null;
  /** 0: nothing was answered. */
  readonly status: number;
  /** What the answer reported as used, in disjoint parts; null when it reported nothing. Of a broken stream: what was reported until then. */
  readonly usage: Usage | null;
  /** Whether the whole answer was sent. */
  readonly isComplete: boolean;
  /** Whether the client hung up first. */
  readonly isAborted: boolean;
  readonly error: string | null;
  readonly body: unknown;
}

export type OpenEntry = { -readonly [field in keyof JournalEntry]: JournalEntry[field] };

export class Journal {
  #entries: JournalEntry[] = [];
  #count = 0;

  /** A new entry, to be filled in as the call goes on: always before the client can know the same. */
  open(call: Pick<JournalEntry, 'wire' | 'requestId' | 'key' | 'model' | 'body'>): OpenEntry {
    const entry = { id: ++this.#count, at: new Date().toISOString(), ...call, status: 0, usage: null, isComplete: false, isAborted: false, error: null };
    this.#entries.push(entry);
    return entry;
  }

  list(): readonly JournalEntry[] {
    return this.#entries;
  }

  clear(): void {
    this.#entries = [];
  }
}
