import { callsOf, ModelError, textOf, type ModelMessage, type ModelRequest } from '@app/providers';
import { ScriptedProvider } from '@app/providers/testing';
import fc from 'fast-check';
import { JournalStore, MemoryJournal } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { compactions, happenings, journalOf } from '../testing/random-history';
import { calling, SUBMISSION } from '../testing/sample';
import { testHost, testTask } from '../testing/test-host';
import { LoopEngine } from './agent-loop';
import { planPruning, planSummary } from './compaction';
import { messagesFor } from './conversation';
import { foldJournal } from './state';
import type { Turn } from './turn';

describe('a history', () => {
  it('is one that vendors take, whatever happened and wherever it was cut', () => {
    fc.assert(fc.property(happenings(12), compactions, (steps, shortened) => {
      const messages = messagesFor('the opening', foldJournal(journalOf(steps, shortened)).turns);
      expect(messages[0]?.role).toBe('user');
      messages.forEach((message, n) => {
        expect(message.parts.length).toBeGreaterThan(0);
        for (const part of message.parts) if (part.t === 'text') expect(part.text.trim()).not.toBe('');
        expect(message.role === 'user' && messages[n + 1]?.role === 'user').toBe(false);
        const calls = callsOf(message).map(({ id }) => id);
        const answered = messages[n + 1]?.role === 'tool' ? (messages[n + 1]?.parts ?? []).map((part) => (part.t === 'result' ? part.id : '')) : [];
        expect(answered).toEqual(calls);
      });
      expect(messages[0]?.parts[0]).toEqual({ t: 'text', text: 'the opening' });
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

  it('is summarised by the small model where there is one, and by its own when that fails', async () => {
    const read = Array.from({ length: 6 }, (_none, n) => calling('read', { path: `f${n}.txt` }));
    for (const [small, isGood] of [[new ScriptedProvider([{ text: 'small notes' }]), true], [new ScriptedProvider([{ error: new ModelError('auth', 'no key', { provider: 'small' }) }]), false]] as const) {
      const overflow = { error: new ModelError('context_overflow', 'too long', { provider: 'scripted' }) };
      const provider = new ScriptedProvider([...read, overflow, ...(isGood ? [] : [{ text: 'own notes' }]), calling('submit', { ...SUBMISSION, answer: 'f0.txt:1' })]);
      const store = new JournalStore();
      const host = testHost({ provider, workspace: new MemoryWorkspace(files), journal: new MemoryJournal(store), task: testTask({ mode: 'ask' }) });
      const summariser = { ...host.model, provider: small, model: 'small-model', maxOutputTokens: 1_000 };
      expect(await new LoopEngine().run({ ...host, model: { ...host.model, contextWindow: 60_000 }, summariser })).toMatchObject({ kind: 'submitted' });
      expect(small.requests.map(({ model, maxTokens }) => [model, maxTokens])).toEqual([['small-model', 1_000]]);
      expect(store.ofType('compacted')).toMatchObject([{ summary: isGood ? 'small notes' : 'own notes' }]);
      expect(store.openCalls.size).toBe(0);
    }
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
