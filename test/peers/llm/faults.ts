import { turnsTaken, spokenText, type Conversation, type WireName } from './conversation';

/** Which calls are meant; what is left out matches all. */
export interface Match {
  readonly wire?: WireName;
  readonly key?: string;
  readonly model?: string;
  /** Occurs in the system prompt or in a user's turn. */
  readonly text?: string;
  /** The model has had this many turns. */
  readonly turn?: number;
}

/** A misfortune for the next matching calls. */
export interface Fault {
  readonly match?: Match;
  /** How many calls; 1 when left out. */
  readonly times?: number;
  /** Before anything is answered. */
  readonly delayMs?: number;
  /** An error answer. `type`, `code` and `message` default to what the vendor sends with this status. */
  readonly status?: number;
  readonly type?: string;
  readonly code?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Google's way to ask for a wait, "7s": in the body instead of a header. */
  readonly retryDelay?: string;
  /** Cut the connection after so many events; 0: before the first byte. */
  readonly cutAfter?: number;
  /** Send an error event after so many events. */
  readonly errorAfter?: number;
  /** Say nothing more after so many events, and keep the connection open. */
  readonly hangAfter?: number;
  /** End the stream properly after so many events, without its closing ones. */
  readonly endAfter?: number;
  /** Write the stream in pieces of so many bytes, through characters and lines. */
  readonly chunkBytes?: number;
  /** Pause before each event. */
  readonly chunkDelayMs?: number;
}

export function matches(match: Match | undefined, conversation: Conversation): boolean {
  if (!match) return true;
  const { wire, key, model, text, turn } = match;
  return (
    (wire === undefined || wire === conversation.wire) &&
    (key === undefined || key === conversation.key) &&
    (model === undefined || model === conversation.model) &&
    (turn === undefined || turn === turnsTaken(conversation)) &&
    (text === undefined || spokenText(conversation).includes(text))
  );
}

export class FaultQueue {
  #faults: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** The first waiting fault that fits, used up by one. */
  take(conversation: Conversation): Fault | null {
    const found = this.#faults.find(({ fault }) => matches(fault.match, conversation));
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
