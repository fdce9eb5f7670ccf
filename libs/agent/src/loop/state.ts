import { callsOf, promptTokens, textOf, type ModelMessage, type StopReason } from '@app/providers';
import type { AgentOutcome, JournalEntry, TodoItem, ToolOutcome, Verification } from '../journal';
import { refusalCodeOf } from '../prompts/reminders';
import type { Checkpoint } from '../workspace';
import { actionsOf } from './actions';
import { applyCompaction } from './compacted-turns';
import type { Turn } from './turn';

/** An answer of the model whose tool calls were not carried out and recorded yet. */
export interface OpenAnswer {
  readonly step: number;
  readonly message: ModelMessage;
  readonly stop: StopReason;
}

/** What an answer amounts to. `cut`: it was too long and called nothing. */
export type AnswerKind = 'calls' | 'text' | 'refused' | 'cut' | 'empty' | 'unparsable';

/** All that a run knows: a fold over the journal. What counts against limits begins anew after each recorded end. */
export interface RunState {
  /** The conversation after the opening turn, with compactions applied. */
  readonly turns: readonly Turn[];
  readonly open: OpenAnswer | null;
  /** Recorded end that the agent reached with all messages of the user read, and that none followed. */
  readonly outcome: AgentOutcome | null;
  readonly lastStep: number;
  readonly checkpoint: Checkpoint | null;
  readonly todo: readonly TodoItem[];
  readonly baseline: Verification | null;
  /** Of the whole task, oldest first. */
  readonly results: readonly ToolOutcome[];
  readonly creditsMicro: bigint;
  readonly outputTokens: number;
  /** Tokens of the last call (prompt and answer) and how many turns they covered; null: not known, or not true any more. */
  readonly measured: { readonly tokens: number; readonly turns: number } | null;
  /** Since the last recorded end. */
  readonly run: RunCounters;
}

export interface RunCounters {
  steps: number;
  outputTokens: number;
  /** Keys of what was done, oldest first. */
  actions: string[];
  lastAnswer: AnswerKind | null;
  /** In a row. */
  textAnswers: number;
  /** In a row. */
  unusableAnswers: number;
  /** Answers in a row that carried no tool out. */
  idleAnswers: number;
  modelRefusals: number;
  reminders: string[];
  remindersSinceStep: string[];
  /** Submissions that were given back, by reason. */
  refusals: Record<string, number>;
}

/** The journal's entries as the state they lead to. Pure: the same entries give the same state. */
export function foldJournal(entries: readonly JournalEntry[]): RunState {
  const fold = new JournalFold();
  for (const entry of entries) fold.apply(entry);
  return fold;
}

/** What an answer amounts to. */
export function kindOfAnswer(message: ModelMessage, stop: StopReason): AnswerKind {
  const calls = callsOf(message);
  if (calls.length > 0) return calls.every((call) => call.argsError !== undefined) ? 'unparsable' : 'calls';
  if (stop === 'refusal') return 'refused';
  if (stop === 'length') return 'cut';
  return textOf(message).trim() === '' ? 'empty' : 'text';
}

/** The state, entry by entry: each costs what it holds, whatever came before. */
export class JournalFold implements RunState {
  turns: Turn[] = [];
  open: OpenAnswer | null = null;
  outcome: AgentOutcome | null = null;
  lastStep = 0;
  checkpoint: Checkpoint | null = null;
  todo: readonly TodoItem[] = [];
  baseline: Verification | null = null;
  results: ToolOutcome[] = [];
  creditsMicro = 0n;
  outputTokens = 0;
  measured: RunState['measured'] = null;
  run = newRun();
  readonly #waiting = new Map<string, string>();

  apply(entry: JournalEntry): void {
    switch (entry.type) {
      case 'message':
        this.#waiting.set(entry.message.id, entry.message.content);
        this.outcome = null;
        return;
      case 'model.requested':
        return this.#deliver(entry);
      case 'model.completed':
        return this.#answered(entry);
      case 'model.failed':
        if (entry.kind === 'refusal') this.run.modelRefusals += 1;
        return;
      case 'step':
        return this.#stepDone(entry);
      case 'nudge':
        return this.#reminded(entry);
      case 'verified':
        if (entry.phase === 'base') this.baseline = entry.verification;
        return;
      case 'compacted':
        this.turns = applyCompaction(this.turns, entry);
        this.measured = null;
        return;
      case 'finished':
        return this.#ended(entry);
    }
  }

  /** A message that came during the last step was not read: it counts as one that followed. */
  #ended(entry: Extract<JournalEntry, { type: 'finished' }>): void {
    this.outcome = this.#waiting.size > 0 ? null : entry.outcome;
    this.run = newRun();
  }

  #deliver(entry: Extract<JournalEntry, { type: 'model.requested' }>): void {
    for (const id of entry.messageIds) {
      const content = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (content === undefined || content.trim() === '') continue;
      this.turns.push({ seq: entry.seq, fromUser: true, message: { role: 'user', parts: [{ t: 'text', text: content }] } });
      this.run.textAnswers = 0;
      this.run.idleAnswers = 0;
    }
  }

  #answered(entry: Extract<JournalEntry, { type: 'model.completed' }>): void {
    this.creditsMicro += entry.creditsMicro;
    this.outputTokens += entry.usage.outputTokens;
    this.run.outputTokens += entry.usage.outputTokens;
    // Step 0 is work on the conversation itself (a summary), not a turn of it.
    if (entry.step === 0) return;
    const kind = kindOfAnswer(entry.message, entry.stop);
    this.turns.push({ seq: entry.seq, fromUser: false, message: entry.message });
    this.open = { step: entry.step, message: entry.message, stop: entry.stop };
    this.measured = { tokens: promptTokens(entry.usage) + entry.usage.outputTokens, turns: this.turns.length };
    this.run.lastAnswer = kind;
    this.run.textAnswers = kind === 'text' ? this.run.textAnswers + 1 : 0;
    this.run.unusableAnswers = kind === 'unparsable' || kind === 'empty' || kind === 'cut' ? this.run.unusableAnswers + 1 : 0;
    this.run.idleAnswers = kind === 'calls' ? 0 : this.run.idleAnswers + 1;
    if (kind === 'refused') this.run.modelRefusals += 1;
  }

  #stepDone(entry: Extract<JournalEntry, { type: 'step' }>): void {
    const parts = entry.results.map(({ callId, name, text, isError }) => ({ t: 'result' as const, id: callId, name, text, isError }));
    if (parts.length > 0) this.turns.push({ seq: entry.seq, fromUser: false, message: { role: 'tool', parts } });
    this.open = null;
    this.lastStep = entry.step;
    this.checkpoint = entry.checkpoint;
    this.todo = entry.todo ?? this.todo;
    // The whole outputs are in the task's log; a long run would hold megabytes of them.
    this.results.push(...entry.results.map((result) => ({ ...result, fullText: result.text })));
    this.run.actions.push(...actionsOf(entry.results));
    this.run.steps += 1;
    this.run.remindersSinceStep = [];
    for (const result of entry.results) if (result.name === 'submit') this.#countRefusal(result.text);
  }

  #reminded(entry: Extract<JournalEntry, { type: 'nudge' }>): void {
    this.turns.push({ seq: entry.seq, fromUser: false, message: { role: 'user', parts: [{ t: 'text', text: entry.text }] } });
    this.run.reminders.push(entry.text);
    this.run.remindersSinceStep.push(entry.text);
    this.#countRefusal(entry.text);
  }

  #countRefusal(text: string): void {
    const code = refusalCodeOf(text);
    if (code !== null) this.run.refusals[code] = (this.run.refusals[code] ?? 0) + 1;
  }
}

function newRun(): RunCounters {
  return { steps: 0, outputTokens: 0, actions: [], lastAnswer: null, textAnswers: 0, unusableAnswers: 0, idleAnswers: 0, modelRefusals: 0, reminders: [], remindersSinceStep: [], refusals: {} };
}
