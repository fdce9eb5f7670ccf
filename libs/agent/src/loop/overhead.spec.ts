import type { ModelRequest } from '@app/providers';
import { ScriptedProvider } from '@app/providers/testing';
import type { JournalEntry } from '../journal';
import { JournalStore, MemoryJournal } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { calling, SAMPLE_FILES, SUBMISSION } from '../testing/sample';
import { testHost, testTask } from '../testing/test-host';
import { LoopEngine } from './agent-loop';
import { messagesFor } from './conversation';
import { Recorder } from './recorder';

const STEPS = 600;

/** A run of many steps that each read something else; the time at each model call. */
async function longRun(): Promise<{ times: number[]; store: JournalStore; provider: ScriptedProvider }> {
  const times: number[] = [];
  const provider = new ScriptedProvider(() => {
    times.push(performance.now());
    return times.length > STEPS ? calling('submit', { ...SUBMISSION, answer: 'src/add.js:1' }) : calling('grep', { pattern: `add.{0,${times.length}}` });
  });
  const store = new JournalStore();
  const host = testHost({ provider, workspace: new MemoryWorkspace(SAMPLE_FILES), journal: new MemoryJournal(store), task: testTask({ mode: 'ask', maxSteps: 2 * STEPS, deadline: Date.UTC(2027, 0) }) });
  const outcome = await new LoopEngine().run({ ...host, model: { ...host.model, contextWindow: 10_000_000 } });
  expect(outcome.kind).toBe('submitted');
  return { times, store, provider };
}

describe('a long run', () => {
  it('costs little besides model and tools, and late steps not much more than early ones', async () => {
    const { times } = await longRun();
    const between = (from: number, to: number): number => ((times[to] ?? 0) - (times[from] ?? 0)) / (to - from);
    expect(times).toHaveLength(STEPS + 1);
    expect(between(0, STEPS)).toBeLessThan(60);
    expect(between(STEPS - 100, STEPS)).toBeLessThan(10 * between(100, 200) + 20);
  }, 120_000);

  it('gives each message to the provider as the same object again, so that it can keep what it made of it', async () => {
    const { provider } = await longRun();
    const [before, after] = provider.requests.slice(-2) as [ModelRequest, ModelRequest];
    const same = before.messages.filter((message, n) => message === after.messages[n]).length;
    expect(before.messages.length - same).toBeLessThanOrEqual(1);
  }, 120_000);

  it('is folded entry by entry: a write costs the same after any number of others', async () => {
    const counted = { applied: 0 };
    const entries = Array.from({ length: 2_000 }, (_none, n): JournalEntry => ({ type: 'nudge', seq: n + 1, text: `reminder ${n}` }));
    const journal = new MemoryJournal();
    journal.load = () => Promise.resolve(entries.map((entry) => new Proxy(entry, { get: (target, key) => (key === 'type' ? (counted.applied++, target.type) : Reflect.get(target, key) as unknown) })));
    const recorder = await Recorder.open(journal);
    const afterLoad = counted.applied;
    for (let n = 0; n < 50; n++) {
      await recorder.nudge(`more ${n}`);
      expect(recorder.state.turns.length).toBe(2_001 + n);
    }
    expect(counted.applied).toBe(afterLoad);
    expect(messagesFor('opening', recorder.state.turns)).toHaveLength(1);
  });
});
