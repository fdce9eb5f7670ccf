import { ScriptedProvider } from '@app/providers/testing';
import type { AgentOutcome } from '../journal';
import { CrashError, JournalStore, MemoryJournal, type CrashPoint, type JournalMethod } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { byHistory, MENDING, SAMPLE_FILES, sampleCommands } from '../testing/sample';
import { testHost } from '../testing/test-host';
import { LoopEngine } from './agent-loop';

const METHODS: readonly JournalMethod[] = ['load', 'requestModel', 'completeModel', 'completeStep', 'nudge', 'verified', 'finish'];
/** With a turn that calls nothing, so that a reminder is part of what may be interrupted. */
const TURNS = [...MENDING.slice(0, 2), { text: 'I think it works.' }, ...MENDING.slice(2)];

/** One attempt: a new process with the tree as the last checkpoint has it. */
async function attempt(store: JournalStore, provider: ScriptedProvider, crash?: CrashPoint): Promise<{ outcome: AgentOutcome; journal: MemoryJournal; workspace: MemoryWorkspace }> {
  const last = store.ofType('step').at(-1);
  const workspace = new MemoryWorkspace(SAMPLE_FILES, { onCommand: sampleCommands, ...(last ? { restore: last.checkpoint } : {}) });
  const journal = new MemoryJournal(store, crash ? { crash } : {});
  const outcome = await new LoopEngine().run(testHost({ provider, workspace, journal }));
  return { outcome, journal, workspace };
}

/** Attempts until one ends; every one of `crashes` kills one. */
async function attempts(store: JournalStore, provider: ScriptedProvider, crashes: readonly CrashPoint[]): Promise<{ outcome: AgentOutcome; survived: number }> {
  let survived = 0;
  for (const crash of crashes) {
    try {
      return { outcome: (await attempt(store, provider, crash)).outcome, survived };
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
      survived += 1;
    }
  }
  return { outcome: (await attempt(store, provider)).outcome, survived };
}

function callsIn(store: JournalStore): number[] {
  return store.ofType('model.completed').map((entry) => entry.step);
}

describe('a run that is killed', () => {
  it('ends the same, without a paid call made twice, wherever it was killed', async () => {
    const whole = new JournalStore();
    const { outcome, journal } = await attempt(whole, new ScriptedProvider(byHistory(TURNS)));
    expect(outcome.kind).toBe('submitted');
    const points = METHODS.flatMap((method) => Array.from({ length: journal.calls(method) }, (_none, n) => n + 1).flatMap((nth) => (['before', 'after'] as const).map((when) => ({ method, nth, when }))));
    expect(points.length).toBeGreaterThan(30);
    for (const point of points) {
      const store = new JournalStore();
      const provider = new ScriptedProvider(byHistory(TURNS));
      const { outcome: again, survived } = await attempts(store, provider, [point]);
      const label = JSON.stringify(point);
      expect([label, survived]).toEqual([label, 1]);
      expect([label, again]).toEqual([label, outcome]);
      expect([label, callsIn(store)]).toEqual([label, callsIn(whole)]);
      expect([label, store.ofType('step').map((step) => [step.step, step.checkpoint.tree])]).toEqual([label, whole.ofType('step').map((step) => [step.step, step.checkpoint.tree])]);
      expect([label, store.ofType('finished').length]).toEqual([label, 1]);
      // Only an answer that came and was not recorded has to be asked for again.
      const lost = point.method === 'completeModel' && point.when === 'before' ? 1 : 0;
      expect([label, provider.requests.length]).toEqual([label, TURNS.length + lost]);
    }
  });

  it('survives being killed in every second write of all its lives', async () => {
    const store = new JournalStore();
    const provider = new ScriptedProvider(byHistory(TURNS));
    const crashes = Array.from({ length: 60 }, (_none, n): CrashPoint => ({ method: METHODS[1 + (n % 4)] ?? 'completeStep', nth: 1, when: n % 3 === 0 ? 'before' : 'after' }));
    const { outcome, survived } = await attempts(store, provider, crashes);
    expect(outcome.kind).toBe('submitted');
    expect(survived).toBeGreaterThan(5);
    expect(callsIn(store)).toEqual([1, 2, 3, 4, 5]);
    expect(store.ofType('finished')).toHaveLength(1);
  });

  it('redoes an open answer\'s tools on the restored tree, although the tree had gone on', async () => {
    const store = new JournalStore();
    const provider = new ScriptedProvider(byHistory(TURNS));
    // The edit was made, and its step never recorded: on the restored tree it has to be made again.
    await expect(attempt(store, provider, { method: 'completeStep', nth: 2, when: 'before' })).rejects.toThrow(CrashError);
    const asked = provider.requests.length;
    const { outcome, workspace } = await attempt(store, provider);
    expect(outcome.kind).toBe('submitted');
    expect(provider.requests.length).toBe(TURNS.length);
    expect(asked).toBe(2);
    expect(workspace.files.get('src/add.js')).toContain('a + b');
  });

  it('keeps a message of the user that was delivered in a lost call', async () => {
    const store = new JournalStore();
    store.say('Use tabs.');
    const provider = new ScriptedProvider(byHistory(TURNS));
    await expect(attempt(store, provider, { method: 'completeModel', nth: 1, when: 'before' })).rejects.toThrow(CrashError);
    await attempt(store, provider);
    for (const request of provider.requests) expect(JSON.stringify(request.messages).split('Use tabs.')).toHaveLength(2);
  });

  it('goes on after its own end for a message that it had not read', async () => {
    const store = new JournalStore();
    const asked = [{ calls: [{ name: 'ask_user', args: { question: 'Tabs or spaces?' } }] }];
    const provider = new ScriptedProvider(byHistory([...asked, ...MENDING]));
    expect((await attempt(store, provider)).outcome).toEqual({ kind: 'question', question: 'Tabs or spaces?' });
    // Once more without an answer: the question stands, and nothing is paid.
    expect((await attempt(store, provider)).outcome.kind).toBe('question');
    expect(provider.requests).toHaveLength(1);
    // It came while the question was being recorded.
    store.entries.splice(store.entries.findIndex((entry) => entry.type === 'finished'), 0, { type: 'message', seq: 0, message: { id: 'late', content: 'Use tabs.' } });
    store.entries.forEach((entry, n) => Object.assign(entry, { seq: n + 1 }));
    await attempt(store, provider);
    expect(provider.requests.length).toBeGreaterThan(1);
  });
});
