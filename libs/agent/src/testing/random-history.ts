import type { ModelMessage, Part } from '@app/providers';
import fc from 'fast-check';
import type { JournalEntry } from '../journal';

const USAGE = { inputTokens: 1, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 1, reasoningTokens: 0, raw: null };

/** What may happen in a step. `lost`: calls without a result; `broken`: calls whose arguments are no JSON; `thinks`: how another vendor's model thought aloud. */
export interface Happened {
  readonly calls: number;
  readonly lost: number;
  readonly broken: boolean;
  readonly thinks: boolean;
  readonly text: string;
  readonly reminder: boolean;
  readonly message: boolean;
  readonly output: number;
}

export interface RandomCompaction {
  readonly at: number;
  readonly upTo: number;
  /** Empty: only outputs are left out. */
  readonly summary: string;
}

/** Any order of what may happen in a run. */
export const happenings = (maxLength: number): fc.Arbitrary<Happened[]> => fc.array(fc.record({
  calls: fc.nat(3), lost: fc.nat(1), broken: fc.boolean(), thinks: fc.boolean(), text: fc.constantFrom('', ' ', 'I look.'), reminder: fc.boolean(), message: fc.boolean(), output: fc.constantFrom(0, 1, 1_000),
}).map((step) => ({ ...step, lost: Math.min(step.lost, step.calls) })), { maxLength });

export const compactions: fc.Arbitrary<RandomCompaction[]> = fc.array(fc.record({ at: fc.nat(11), upTo: fc.nat(60), summary: fc.constantFrom('', 'so far') }), { maxLength: 3 });

/** The journal of a run in which that happened, and which was made shorter at these places. */
export function journalOf(steps: readonly Happened[], shortened: readonly RandomCompaction[]): JournalEntry[] {
  const entries: JournalEntry[] = [];
  const add = (entry: Unnumbered): void => void entries.push({ ...entry, seq: entries.length + 1 });
  steps.forEach((happened, n) => {
    addStep(add, happened, n);
    for (const { upTo, summary } of shortened.filter(({ at }) => at === n)) add({ type: 'compacted', upToSeq: Math.min(upTo, entries.length), summary });
  });
  return entries;
}

type Unnumbered = JournalEntry extends infer E ? (E extends JournalEntry ? Omit<E, 'seq'> : never) : never;

function addStep(add: (entry: Unnumbered) => void, happened: Happened, n: number): void {
  const ids = Array.from({ length: happened.calls }, (_none, c) => `call_${n}_${c}`);
  if (happened.message) add({ type: 'message', message: { id: `m${n}`, content: `message ${n}` } });
  add({ type: 'model.requested', callSeq: n, step: n + 1, messageIds: happened.message ? [`m${n}`] : [] });
  add({ type: 'model.completed', callSeq: n, step: n + 1, message: answerOf(happened, ids), stop: happened.calls > 0 ? 'tool' : 'stop', usage: USAGE, creditsMicro: 1n });
  const results = ids.slice(0, happened.calls - happened.lost).map((callId) => ({ callId, name: 'read', args: {}, isError: happened.broken, durationMs: 1, text: 'x'.repeat(happened.output), fullText: '' }));
  add({ type: 'step', step: n + 1, results, checkpoint: { step: n + 1, commit: '', tree: '' }, todo: null });
  if (happened.reminder) add({ type: 'nudge', text: `reminder ${n}` });
}

function answerOf({ text, thinks, broken }: Happened, ids: readonly string[]): ModelMessage {
  const calls = ids.map((id): Part => ({ t: 'call', id, name: 'read', args: {}, ...(broken ? { argsError: 'Unexpected end of JSON input' } : {}) }));
  const thought: Part[] = thinks ? [{ t: 'think', text: 'Hm.', sig: 'signed-by-another' }] : [];
  return { role: 'assistant', parts: [...thought, { t: 'text', text }, ...calls], ...(thinks ? { origin: { provider: 'another', model: 'another-1', raw: { secret: true } } } : {}) };
}
