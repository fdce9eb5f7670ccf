import { FakeClock } from '@app/common/testing';
import { Circuits, ModelError, type ModelErrorFacts, type ModelErrorKind } from '@app/providers';
import { ScriptedProvider, type ScriptedTurn } from '@app/providers/testing';
import type { ModelInUse } from '../host';
import { JournalStore, MemoryJournal } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { MENDING, SAMPLE_FILES, sampleCommands } from '../testing/sample';
import { testHost } from '../testing/test-host';
import { LoopEngine } from './agent-loop';

interface Call {
  readonly callSeq: number;
  readonly model: string | undefined;
  readonly promptTokens: number;
  readonly maxTokens: number;
  kind?: ModelErrorKind;
  nextModel?: string | null;
  waitMs?: number | null;
}

/** Also notes which model each call is for, and where a failed one leads. */
class WatchingJournal extends MemoryJournal {
  readonly made: Call[] = [];

  override async requestModel(request: Parameters<MemoryJournal['requestModel']>[0]): ReturnType<MemoryJournal['requestModel']> {
    const grant = await super.requestModel(request);
    const { model, promptTokens, maxTokens } = request;
    if (grant.granted) this.made.push({ callSeq: grant.callSeq, model, promptTokens, maxTokens });
    return grant;
  }

  override failModel(call: Parameters<MemoryJournal['failModel']>[0]): Promise<void> {
    const { kind, nextModel, waitMs } = call;
    Object.assign(this.made.find(({ callSeq }) => callSeq === call.callSeq) ?? {}, { kind, nextModel, waitMs });
    return super.failModel(call);
  }
}

const fault = (kind: ModelErrorKind, facts: Partial<ModelErrorFacts> = {}): ScriptedTurn => ({ error: new ModelError(kind, `it was ${kind}`, { provider: 'p', ...facts }) });
const faults = (count: number, kind: ModelErrorKind = 'overloaded'): ScriptedTurn[] => Array.from({ length: count }, () => fault(kind));

function opened(name: string, script: readonly ScriptedTurn[], changes: Partial<ModelInUse> = {}): ModelInUse & { readonly provider: ScriptedProvider } {
  return { name, model: `${name}-wire`, capabilities: {}, contextWindow: 200_000, maxOutputTokens: 16_000, ...changes, provider: new ScriptedProvider(script, name) };
}

function run(first: ModelInUse, fallbacks: readonly ModelInUse[] = []) {
  const clock = new FakeClock();
  const journal = new WatchingJournal(new JournalStore());
  const workspace = new MemoryWorkspace(SAMPLE_FILES, { onCommand: sampleCommands });
  const host = { ...testHost({ provider: first.provider, workspace, journal, clock }), model: { ...first, fallbacks } };
  const began = clock.monotonicMs();
  return { journal, calls: journal.made, clock, elapsed: () => clock.monotonicMs() - began, outcome: () => new LoopEngine({ retry: { random: () => 0 } }).run(host) };
}

const [edit, ...rest] = MENDING;

it('goes on in mid-task on the next model, with the same conversation, and stays there', async () => {
  const a = opened('a', [edit as ScriptedTurn, ...faults(6)]);
  const b = opened('b', rest);
  const { outcome, calls, journal, elapsed } = run(a, [b]);
  expect(await outcome()).toMatchObject({ kind: 'submitted' });
  expect(calls.map(({ model }) => model)).toEqual(['a', ...Array.from({ length: 6 }, () => 'a'), ...rest.map(() => 'b')]);
  expect(calls.slice(1, 8).map(({ kind, nextModel, waitMs }) => [kind, nextModel, waitMs])).toEqual([
    ...Array.from({ length: 5 }, () => ['overloaded', null, 0]), ['overloaded', 'b', 0], [undefined, undefined, undefined],
  ]);
  expect(b.provider.requests[0]).toMatchObject({ model: 'b-wire', messages: a.provider.requests[1]?.messages });
  expect(journal.store.openCalls.size).toBe(0);
  expect(new Set(calls.map(({ callSeq }) => callSeq)).size).toBe(calls.length);
  expect(elapsed()).toBe(0);
});

it('goes back and forth with growing waits, then gives the error up', async () => {
  const [a, b] = [opened('a', faults(20, 'server')), opened('b', faults(20, 'timeout'))];
  const { outcome, calls, elapsed, journal } = run(a, [b]);
  await expect(outcome()).rejects.toMatchObject({ name: 'ModelError', kind: 'server' });
  expect(calls.map(({ model }) => model).join('')).toBe('aaaaaababab');
  expect(elapsed()).toBe(95_000);
  expect(calls.at(-1)).toMatchObject({ nextModel: null, waitMs: null });
  expect(journal.store.ofType('finished')).toEqual([]);
});

it('does not wait where a vendor asks for long, while another model can be had', async () => {
  const { outcome, calls, elapsed } = run(opened('a', [fault('rate_limit', { retryAfterMs: 600_000 })]), [opened('b', MENDING)]);
  expect(await outcome()).toMatchObject({ kind: 'submitted' });
  expect([calls[0]?.nextModel, elapsed()]).toEqual(['b', 0]);
});

it.each(['auth', 'quota', 'bad_request'] as const)('ends the task when its own model says %s, whoever could stand in', async (kind) => {
  const b = opened('b', MENDING);
  const { outcome } = run(opened('a', [fault(kind)]), [b]);
  expect(await outcome()).toMatchObject({ kind: 'failed' });
  expect(b.provider.requests).toEqual([]);
});

it('passes over a stand-in whose key is refused', async () => {
  const { outcome, calls } = run(opened('a', faults(7)), [opened('b', [fault('auth')]), opened('c', MENDING)]);
  expect(await outcome()).toMatchObject({ kind: 'submitted' });
  expect(calls.map(({ model }) => model).join('')).toMatch(/^a{6}bac/);
});

it('asks a smaller model for less, counts on its own way of counting, and passes it over when the prompt does not fit', async () => {
  const { outcome, calls } = run(opened('a', faults(6)), [opened('tiny', MENDING, { contextWindow: 2_000 }), opened('small', MENDING, { maxOutputTokens: 4_000 })]);
  expect(await outcome()).toMatchObject({ kind: 'submitted' });
  const [before, hop] = [calls[5], calls[6]];
  expect(hop).toMatchObject({ model: 'small', maxTokens: 4_000 });
  expect(hop?.promptTokens).toBeGreaterThanOrEqual(Math.floor((before?.promptTokens ?? 0) * 1.2));
});

it('begins on a stand-in while the circuit of its own model is open', async () => {
  const circuits = new Circuits({ monotonicMs: () => 0 });
  const broken = circuits.watch(new ScriptedProvider(faults(5), 'a'), 'platform');
  for (let n = 0; n < 5; n += 1) {
    await expect((async () => {
      for await (const chunk of broken.stream({ model: 'm', capabilities: {}, system: '', messages: [], tools: [], maxTokens: 1, cacheKey: '' }, new AbortController().signal)) void chunk;
    })()).rejects.toThrow();
  }
  const a = opened('a', MENDING, { circuit: circuits.of('a', 'platform') });
  const { outcome, calls } = run(a, [opened('b', MENDING)]);
  expect(await outcome()).toMatchObject({ kind: 'submitted' });
  expect(new Set(calls.map(({ model }) => model))).toEqual(new Set(['b']));
  expect(a.provider.requests).toEqual([]);
});

it('goes back to its own model when the conversation outgrows the one that stood in', async () => {
  const long = { ...(edit as ScriptedTurn), usage: { inputTokens: 30_000 } };
  const a = opened('a', [...faults(6), ...rest]);
  const b = opened('b', [long], { contextWindow: 40_000 });
  const { outcome, calls } = run(a, [b]);
  expect(await outcome()).toMatchObject({ kind: 'submitted' });
  expect(calls.map(({ model }) => model).join('')).toMatch(/^a{6}ba+$/);
});
