import { promptTokens, type ModelEnd } from '@app/providers';
import { Journal, type AgentOutcome, type CallGrant, type JournalEntry, type UserMessage, type Verification } from '../journal';

export type JournalMethod = 'load' | 'requestModel' | 'completeModel' | 'failModel' | 'completeStep' | 'nudge' | 'verified' | 'compacted' | 'finish';

/** Where the process "dies": before or after the nth call (from 1) of a method. */
export interface CrashPoint {
  readonly method: JournalMethod;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** What a crash point throws: like a kill, nothing after it happens. */
export class CrashError extends Error {
  constructor(point: CrashPoint) {
    super(`crashed ${point.when} ${point.method} ${point.nth}`);
    this.name = 'CrashError';
  }
}

type Request = Parameters<Journal['requestModel']>[0];

export interface MemoryJournalOptions {
  readonly crash?: CrashPoint;
  /** What the purse says; default: every call is granted as asked. */
  readonly grant?: (request: Request, callSeq: number) => { granted: false; reason: 'out_of_credits' | 'budget_exhausted' } | { maxTokens: number } | null;
}

type New = JournalEntry extends infer E ? (E extends JournalEntry ? Omit<E, 'seq'> : never) : never;

/** What a task's journal holds, whichever attempt writes it. */
export class JournalStore {
  readonly entries: JournalEntry[] = [];
  readonly deltas: string[] = [];
  callSeq = 0;
  /** Holds that are open: requested, neither settled nor released. */
  readonly openCalls = new Set<number>();

  add(entry: New): void {
    // Other events of the task take numbers in between.
    this.entries.push(structuredClone({ ...entry, seq: (this.entries.at(-1)?.seq ?? 0) + 3 }));
  }

  /** A text from the user, as the API stores it. */
  say(content: string): UserMessage {
    const message = { id: `message-${this.entries.length + 1}`, content };
    this.add({ type: 'message', message });
    return message;
  }

  ofType<T extends JournalEntry['type']>(type: T): Extract<JournalEntry, { type: T }>[] {
    return this.entries.filter((entry): entry is Extract<JournalEntry, { type: T }> => entry.type === type);
  }
}

/** The journal of one attempt over a store that outlives it; writes are all or nothing, as in one transaction. */
export class MemoryJournal extends Journal {
  readonly #calls = new Map<JournalMethod, number>();

  constructor(
    readonly store: JournalStore = new JournalStore(),
    private readonly options: MemoryJournalOptions = {},
  ) {
    super();
  }

  load(): Promise<JournalEntry[]> {
    return this.#do('load', () => structuredClone(this.store.entries));
  }

  requestModel(request: Request): Promise<CallGrant> {
    return this.#do('requestModel', () => {
      const callSeq = this.store.callSeq + 1;
      const answer = this.options.grant?.(request, callSeq) ?? { maxTokens: request.maxTokens };
      if (!('maxTokens' in answer)) return answer;
      this.store.callSeq = callSeq;
      // A call that a dead attempt left open is lost: its hold is released.
      this.store.openCalls.clear();
      this.store.openCalls.add(callSeq);
      const messages = this.#undelivered();
      this.store.add({ type: 'model.requested', callSeq, step: request.step, messageIds: messages.map(({ id }) => id) });
      return { granted: true, callSeq, maxTokens: answer.maxTokens, messages };
    });
  }

  completeModel(call: { callSeq: number; step: number; end: ModelEnd }): Promise<{ creditsMicro: bigint }> {
    return this.#do('completeModel', () => {
      this.#close(call.callSeq);
      const { message, stop, usage } = call.end;
      const creditsMicro = BigInt(promptTokens(usage) + 5 * usage.outputTokens);
      this.store.add({ type: 'model.completed', callSeq: call.callSeq, step: call.step, message, stop, usage, creditsMicro });
      return { creditsMicro };
    });
  }

  failModel(call: Parameters<Journal['failModel']>[0]): Promise<void> {
    return this.#do('failModel', () => {
      this.#close(call.callSeq);
      this.store.add({ type: 'model.failed', callSeq: call.callSeq, step: call.step, kind: call.kind });
    });
  }

  completeStep({ outcome, ...step }: Parameters<Journal['completeStep']>[0]): Promise<void> {
    return this.#do('completeStep', () => {
      this.store.add({ type: 'step', ...step });
      if (outcome !== null) this.store.add({ type: 'finished', outcome });
    });
  }

  nudge(text: string): Promise<void> {
    return this.#do('nudge', () => this.store.add({ type: 'nudge', text }));
  }

  verified(phase: 'base' | 'head', verification: Verification): Promise<void> {
    return this.#do('verified', () => this.store.add({ type: 'verified', phase, verification }));
  }

  compacted(upToSeq: number, summary: string): Promise<void> {
    return this.#do('compacted', () => this.store.add({ type: 'compacted', upToSeq, summary }));
  }

  finish(outcome: AgentOutcome): Promise<void> {
    return this.#do('finish', () => this.store.add({ type: 'finished', outcome }));
  }

  delta(_kind: 'text' | 'think', text: string): void {
    this.store.deltas.push(text);
  }

  /** How often a method was called, to choose crash points by. */
  calls(method: JournalMethod): number {
    return this.#calls.get(method) ?? 0;
  }

  async #do<T>(method: JournalMethod, work: () => T): Promise<T> {
    const nth = this.calls(method) + 1;
    this.#calls.set(method, nth);
    const { crash } = this.options;
    const dies = crash?.method === method && crash.nth === nth ? crash : null;
    await Promise.resolve();
    if (dies?.when === 'before') throw new CrashError(dies);
    const result = work();
    if (dies) throw new CrashError(dies);
    return result;
  }

  #close(callSeq: number): void {
    if (!this.store.openCalls.delete(callSeq)) throw new Error(`call ${callSeq} is not open`);
  }

  #undelivered(): UserMessage[] {
    const delivered = new Set(this.store.ofType('model.requested').flatMap((entry) => entry.messageIds));
    return this.store.ofType('message').map((entry) => entry.message).filter(({ id }) => !delivered.has(id));
  }
}
