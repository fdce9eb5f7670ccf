import type { AgentOutcome, CallGrant, Journal, JournalEntry, Verification } from '../journal';
import { JournalFold, type RunState } from './state';

type Written = JournalEntry extends infer E ? (E extends JournalEntry ? Omit<E, 'seq'> : never) : never;

/** The journal, and the state it leads to without reading it again after every write. */
export class Recorder {
  #fold = new JournalFold();
  #seq = 0;
  #messageIds = new Set<string>();

  private constructor(private readonly journal: Journal) {}

  static async open(journal: Journal): Promise<Recorder> {
    const recorder = new Recorder(journal);
    await recorder.reload();
    return recorder;
  }

  /** As it is now: it grows with each write. */
  get state(): RunState {
    return this.#fold;
  }

  /** Reads the journal again: what was written here gets its real numbers. */
  async reload(): Promise<void> {
    const entries = await this.journal.load();
    this.#fold = new JournalFold();
    this.#messageIds = new Set();
    for (const entry of entries) this.#take(entry);
  }

  async requestModel(request: Parameters<Journal['requestModel']>[0]): Promise<CallGrant> {
    const grant = await this.journal.requestModel(request);
    if (!grant.granted) return grant;
    for (const message of grant.messages) if (!this.#messageIds.has(message.id)) this.#add({ type: 'message', message });
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
    this.#take({ ...entry, seq: this.#seq + 1 });
  }

  #take(entry: JournalEntry): void {
    this.#seq = entry.seq;
    if (entry.type === 'message') this.#messageIds.add(entry.message.id);
    this.#fold.apply(entry);
  }
}
