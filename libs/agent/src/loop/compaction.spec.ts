import { callsOf, ModelError, textOf, type ModelMessage, type ModelRequest } from '@app/providers';
import { ScriptedProvider } from '@app/providers/testing';
import fc from 'fast-check';
import type { JournalEntry } from '../journal';
import { JournalStore, MemoryJournal } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { calling, SUBMISSION } from '../testing/sample';
import { testHost, testTask } from '../testing/test-host';
import { LoopEngine } from './agent-loop';
import { planPruning, planSummary } from './compaction';
import { messagesFor } from './conversation';
import { foldJournal } from './state';
import type { Turn } from './turn';

const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 1, reasoningTokens: 0, raw: null };

/** What may happen in a step: how many calls, how many of them got results, a text, a reminder, a message. */
interface Happened { calls: number; lost: number; text: string; reminder: boolean; message: boolean; output: number }

function entriesOf(steps: readonly Happened[], compactions: readonly { at: number; upTo: number; summary: string }[]): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let seq = 0;
  steps.forEach(({ calls, lost, text, reminder, message, output }, n) => {
    const ids = Array.from({ length: calls }, (_none, c) => `call_${n}_${c}`);
    if (message) entries.push({ type: 'message', seq: ++seq, message: { id: `m${n}`, content: `message ${n}` } });
    entries.push({ type: 'model.requested', seq: ++seq, callSeq: n, step: n + 1, messageIds: message ? [`m${n}`] : [] });
    const answer: ModelMessage = { role: 'assistant', parts: [{ t: 'text', text }, ...ids.map((id) => ({ t: 'call' as const, id, name: 'read', args: {} }))] };
    entries.push({ type: 'model.completed', seq: ++seq, callSeq: n, step: n + 1, message: answer, stop: 'tool', usage, creditsMicro: 1n });
    const results = ids.slice(0, calls - lost).map((callId) => ({ callId, name: 'read', args: {}, isError: false, durationMs: 1, text: 'x'.repeat(output), fullText: '' }));
    entries.push({ type: 'step', seq: ++seq, step: n + 1, results, checkpoint: { step: n + 1, commit: '', tree: '' }, todo: null });
    if (reminder) entries.push({ type: 'nudge', seq: ++seq, text: `reminder ${n}` });
    for (const { upTo, summary } of compactions.filter(({ at }) => at === n)) entries.push({ type: 'compacted', seq: ++seq, upToSeq: Math.min(upTo, seq - 1), summary });
  });
  return entries;
}

const happened = fc.record({
  calls: fc.nat(3), lost: fc.nat(1), text: fc.constantFrom('', ' ', 'I look.'), reminder: fc.boolean(), message: fc.boolean(), output: fc.constantFrom(1, 1_000),
}).map((step) => ({ ...step, lost: Math.min(step.lost, step.calls) }));

describe('a history', () => {
  it('is one that vendors take, whatever happened and wherever it was cut', () => {
    fc.assert(fc.property(fc.array(happened, { maxLength: 12 }), fc.array(fc.record({ at: fc.nat(11), upTo: fc.nat(60), summary: fc.constantFrom('', 'so far') }), { maxLength: 3 }), (steps, compactions) => {
      const messages = messagesFor('the opening', foldJournal(entriesOf(steps, compactions)).turns);
      expect(messages[0]?.role).toBe('user');
      messages.forEach((message, n) => {
        expect(message.parts.length).toBeGreaterThan(0);
        for (const part of message.parts) if (part.t === 'text') expect(part.text.trim()).not.toBe('');
        expect(message.role === 'user' && messages[n + 1]?.role === 'user').toBe(false);
        const calls = callsOf(message).map(({ id }) => id);
        const answered = messages[n + 1]?.role === 'tool' ? (messages[n + 1]?.parts ?? []).map((part) => (part.t === 'result' ? part.id : '')) : [];
        expect(answered).toEqual(calls);
      });
      const said = JSON.stringify(messages);
      steps.forEach((step, n) => expect(said.includes(`"message ${n}"`)).toBe(step.message));
    }), { numRuns: 150 });
  });
});

function turn(seq: number, message: ModelMessage): Turn {
  return { seq, message, fromUser: false };
}

function longTurns(n: number, characters: number): Turn[] {
  return Array.from({ length: n }, (_none, at) => [
    turn(at * 2 + 1, { role: 'assistant', parts: [{ t: 'call', id: `c${at}`, name: 'read', args: {} }] }),
    turn(at * 2 + 2, { role: 'tool', parts: [{ t: 'result', id: `c${at}`, name: 'read', text: 'x'.repeat(characters), isError: false }] }),
  ]).flat();
}

describe('planning', () => {
  it('prunes outputs older than the last 40,000 tokens when that frees 20,000', () => {
    expect(planPruning(longTurns(10, 15_000))).toBeNull();
    const upTo = planPruning(longTurns(20, 15_000));
    expect(upTo).toBeGreaterThanOrEqual(22);
    expect(upTo).toBeLessThan(30);
  });

  it('summarises all but the last turns, and never a history that is short already', () => {
    expect(planSummary(longTurns(3, 300), 20_000)).toBeNull();
    expect(planSummary(longTurns(20, 15_000), 20_000)).toBeGreaterThan(30);
  });
});

describe('a run whose history grows beyond the window', () => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_none, n) => [`f${n}.txt`, `file ${n}\n${'ten words of a line that is like all others\n'.repeat(180)}`]));

  it('goes on after a summary, and a resumed run sees the same history', async () => {
    const read = Array.from({ length: 12 }, (_none, n) => calling('read', { path: `f${n}.txt` }));
    let said = 0;
    const provider = new ScriptedProvider((request: ModelRequest) => {
      if (request.tools.length === 0) return { text: '## Goal\nread all files\n## Next\nsubmit' };
      return read[said++] ?? calling('submit', { ...SUBMISSION, answer: 'f0.txt:1' });
    });
    const store = new JournalStore();
    const host = testHost({ provider, workspace: new MemoryWorkspace(files), journal: new MemoryJournal(store), task: testTask({ mode: 'ask' }) });
    const outcome = await new LoopEngine().run({ ...host, model: { ...host.model, contextWindow: 20_000, maxOutputTokens: 2_000 } });
    expect(outcome.kind).toBe('submitted');
    expect(store.ofType('compacted').length).toBeGreaterThan(0);
    expect(store.ofType('model.completed').filter(({ step }) => step === 0)).toHaveLength(store.ofType('compacted').length);
    const last = provider.requests.filter((request) => request.tools.length > 0).at(-1);
    expect(textOf(last?.messages[0] as ModelMessage)).toContain('<task>');
    expect(JSON.stringify(last?.messages)).toContain('read all files');
    const beforeLast = store.entries.filter((entry) => entry.seq < (store.ofType('model.completed').at(-1)?.seq ?? 0));
    expect(messagesFor(textOf({ role: 'user', parts: [last!.messages[0]!.parts[0]!] }), foldJournal(beforeLast).turns)).toEqual(last?.messages);
    for (const request of provider.requests) expect(JSON.stringify(request.messages).length / 4).toBeLessThan(20_000);
  });

  it('is summarised and asked again when the vendor says that it is too long', async () => {
    const overflow = { error: new ModelError('context_overflow', 'too long', { provider: 'scripted' }) };
    const read = Array.from({ length: 6 }, (_none, n) => calling('read', { path: `f${n}.txt` }));
    const provider = new ScriptedProvider([...read, overflow, { text: 'notes so far' }, calling('submit', { ...SUBMISSION, answer: 'f0.txt:1' })]);
    const store = new JournalStore();
    const host = testHost({ provider, workspace: new MemoryWorkspace(files), journal: new MemoryJournal(store), task: testTask({ mode: 'ask' }) });
    expect(await new LoopEngine().run({ ...host, model: { ...host.model, contextWindow: 60_000 } })).toMatchObject({ kind: 'submitted' });
    expect(store.ofType('compacted')).toMatchObject([{ summary: 'notes so far' }]);
    expect(JSON.stringify(provider.requests.at(-1)?.messages)).toContain('notes so far');
    expect(JSON.stringify(provider.requests.at(-1)?.messages).length).toBeLessThan(JSON.stringify(provider.requests[6]?.messages).length);
  });
});
