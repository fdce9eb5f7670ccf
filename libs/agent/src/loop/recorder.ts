import type { AgentOutcome, CallGrant, Journal, JournalEntry, Verification } from '../journal';
import { foldJournal, type RunState } from './state';

type Written = JournalEntry extends infer E ? (E extends JournalEntry ? Omit<E, 'seq'> : never) : never;

/** The journal, and the state it leads to without reading it again after every write. */
export class Recorder {
  #folded: RunState | null = null;

  private constructor(
    private readonly journal: Journal,
    private entries: JournalEntry[],
  ) {}

  static async open(journal: Journal): Promise<Recorder> {
    return new Recorder(journal, await journal.load());
  }

  get state(): RunState {
    this.#folded ??= foldJournal(this.entries);
    return this.#folded;
  }

  /** Reads the journal again: what was written here gets its real numbers. */
  async reload(): Promise<void> {
    this.entries = await this.journal.load();
    this.#folded = null;
  }

  async requestModel(request: Parameters<Journal['requestModel']>[0]): Promise<CallGrant> {
    const grant = await this.journal.requestModel(request);
    if (!grant.granted) return grant;
    const known = new Set(this.entries.flatMap((entry) => (entry.type === 'message' ? [entry.message.id] : [])));
    for (const message of grant.messages) if (!known.has(message.id)) this.#add({ type: 'message', message });
    this.#add({ type: 'model.requested', callSeq: grant.callSeq, step: request.step, messageIds: grant.messages.map(({ id }) => id) });
    return grant;
  }

  async completeModel(call: Parameters<Journal['completeModel']>[0]): Promise<void> {
    const { creditsMicro } = await this.journal.completeModel(call);
    const { message, stop, usage } = call.end;
    this.#add({ type: 'model.completed', callSeq: call.callSeq, step: call.step, message, stop, usage, creditsMicro });
  }

  async failModel(call: Parameters<Journal['failModel']>[0]): Promise<void> {
    await this.journal.failModel(call);
    this.#add({ type: 'model.failed', callSeq: call.callSeq, step: call.step, kind: call.kind });
  }

  async completeStep(step: Parameters<Journal['completeStep']>[0]): Promise<AgentOutcome | null> {
    await this.journal.completeStep(step);
    const { outcome, ...entry } = step;
    this.#add({ type: 'step', ...entry });
    if (outcome !== null) this.#add({ type: 'finished', outcome });
    return outcome;
  }

  async nudge(text: string): Promise<void> {
    await this.journal.nudge(text);
    this.#add({ type: 'nudge', text });
  }

  async verified(phase: 'base' | 'head', verification: Verification): Promise<void> {
    await this.journal.verified(phase, verification);
    this.#add({ type: 'verified', phase, verification });
  }

  async compacted(upToSeq: number, summary: string): Promise<void> {
    await this.journal.compacted(upToSeq, summary);
    this.#add({ type: 'compacted', upToSeq, summary });
  }

  async finish(outcome: AgentOutcome): Promise<AgentOutcome> {
    await this.journal.finish(outcome);
    this.#add({ type: 'finished', outcome });
    return outcome;
  }

  delta(kind: 'text' | 'think', text: string): void {
    this.journal.delta(kind, text);
  }

  #add(entry: Written): void {
    this.entries.push({ ...entry, seq: (this.entries.at(-1)?.seq ?? 0) + 1 });
    this.#folded = null;
  }
}
