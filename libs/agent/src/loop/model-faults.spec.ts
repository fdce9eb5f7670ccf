import { StopError } from '@app/common';
import { FakeClock } from '@app/common/testing';
import { ModelError, type ModelErrorFacts, type ModelErrorKind } from '@app/providers';
import { ScriptedProvider, type ScriptedTurn } from '@app/providers/testing';
import type { AgentHost } from '../host';
import { REMINDERS } from '../prompts/reminders';
import { JournalStore, MemoryJournal } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { calling, MENDING, SAMPLE_FILES, sampleCommands, SUBMISSION } from '../testing/sample';
import { testHost } from '../testing/test-host';
import { LoopEngine } from './agent-loop';

const submit = calling('submit', { ...SUBMISSION, noChangesReason: 'fine as it is' });

function fault(kind: ModelErrorKind, facts: Partial<ModelErrorFacts> = {}): ScriptedTurn {
  return { error: new ModelError(kind, `it was ${kind}`, { provider: 'scripted', ...facts }) };
}

function hostFor(script: readonly ScriptedTurn[], parts: Partial<AgentHost> = {}): { host: AgentHost; store: JournalStore; provider: ScriptedProvider; clock: FakeClock } {
  const store = new JournalStore();
  const provider = new ScriptedProvider(script);
  const clock = new FakeClock();
  return { host: testHost({ provider, workspace: new MemoryWorkspace(SAMPLE_FILES, { onCommand: sampleCommands }), journal: new MemoryJournal(store), clock, ...parts }), store, provider, clock };
}

const engine = new LoopEngine({ retry: { random: () => 0.5 } });

describe('model calls that fail', () => {
  it('are repeated with a hold of their own while the fault may pass', async () => {
    const { host, store, provider, clock } = hostFor([fault('overloaded'), fault('network'), fault('stream_cut'), submit]);
    const began = clock.monotonicMs();
    expect(await engine.run(host)).toMatchObject({ kind: 'submitted' });
    expect(provider.requests).toHaveLength(4);
    expect(provider.requests[3]?.messages).toEqual(provider.requests[0]?.messages);
    expect(store.ofType('model.requested').map(({ callSeq, step }) => [callSeq, step])).toEqual([[1, 1], [2, 1], [3, 1], [4, 1]]);
    expect(store.ofType('model.failed').map(({ kind }) => kind)).toEqual(['overloaded', 'network', 'stream_cut']);
    // Half of 1, 2 and 4 seconds.
    expect(clock.monotonicMs() - began).toBe(3_500);
  });

  it('wait as long as the vendor asks', async () => {
    const { host, clock } = hostFor([fault('rate_limit', { retryAfterMs: 20_000 }), submit]);
    const began = clock.monotonicMs();
    await engine.run(host);
    expect(clock.monotonicMs() - began).toBe(20_000);
  });

  it('give the slot back when the wait is long or the tries are used up', async () => {
    const long = hostFor([fault('rate_limit', { retryAfterMs: 61_000 })]);
    await expect(engine.run(long.host)).rejects.toMatchObject({ name: 'ModelError', kind: 'rate_limit' });
    expect(long.store.openCalls.size).toBe(0);
    const many = hostFor(Array.from({ length: 9 }, () => fault('server')));
    await expect(engine.run(many.host)).rejects.toMatchObject({ kind: 'server' });
    expect(many.provider.requests).toHaveLength(6);
    expect(many.store.ofType('finished')).toEqual([]);
  });

  it.each([['auth', 'provider_auth'], ['quota', 'provider_auth'], ['not_found', 'provider_unavailable'], ['bad_request', 'provider_unavailable']] as const)('end the task at once on %s', async (kind, code) => {
    const { host, provider, store } = hostFor([fault(kind)]);
    expect(await engine.run(host)).toMatchObject({ kind: 'failed', code });
    expect(provider.requests).toHaveLength(1);
    expect(store.ofType('finished')).toHaveLength(1);
  });

  it('send a refused history once more without signatures', async () => {
    const thinking = { ...calling('ls', {}), thinking: 'hm' };
    const { host, provider } = hostFor([thinking, fault('malformed_history'), submit]);
    expect(await engine.run(host)).toMatchObject({ kind: 'submitted' });
    expect(JSON.stringify(provider.requests[1]?.messages)).toContain('sig-1');
    expect(JSON.stringify(provider.requests[2]?.messages)).not.toMatch(/sig-1|origin/);
    const twice = hostFor([fault('malformed_history'), fault('malformed_history')]);
    expect(await engine.run(twice.host)).toMatchObject({ kind: 'failed', code: 'provider_unavailable' });
  });

  it('end as too long when nothing can be left out', async () => {
    const { host } = hostFor([fault('context_overflow')]);
    expect(await engine.run(host)).toMatchObject({ kind: 'failed', code: 'prompt_too_long' });
  });

  it('tell a model that declines once, then fail', async () => {
    const mended = hostFor([{ text: 'I cannot.', stop: 'refusal' }, submit]);
    expect(await engine.run(mended.host)).toMatchObject({ kind: 'submitted' });
    expect(mended.store.ofType('nudge').map(({ text }) => text)).toEqual([REMINDERS.refused]);
    const declined = hostFor([fault('refusal'), { text: 'No.', stop: 'refusal' }]);
    expect(await engine.run(declined.host)).toMatchObject({ kind: 'failed', code: 'refused' });
    expect(declined.provider.requests).toHaveLength(2);
  });

  it('pass on what cannot be explained', async () => {
    const { host } = hostFor([]);
    await expect(engine.run(host)).rejects.toThrow('the script has 0 turns');
  });
});

describe('an empty purse', () => {
  it('pauses the task before the call, and the work goes on later', async () => {
    const store = new JournalStore();
    const workspace = new MemoryWorkspace(SAMPLE_FILES, { onCommand: sampleCommands });
    const poor = new MemoryJournal(store, { grant: (_request, callSeq) => (callSeq > 2 ? { granted: false, reason: 'budget_exhausted' } : null) });
    const first = new ScriptedProvider(MENDING);
    expect(await engine.run(testHost({ provider: first, workspace, journal: poor }))).toEqual({ kind: 'paused', reason: 'budget_exhausted' });
    expect(first.requests).toHaveLength(2);
    const rich = new ScriptedProvider(MENDING.slice(2));
    expect(await engine.run(testHost({ provider: rich, workspace, journal: new MemoryJournal(store) }))).toMatchObject({ kind: 'submitted' });
    expect(store.ofType('model.completed').map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  });

  it('asks for as many tokens as were granted, and holds for the whole prompt', async () => {
    const held: number[] = [];
    const journal = new MemoryJournal(new JournalStore(), {
      grant: (request) => {
        held.push(request.promptTokens);
        return { maxTokens: 2_000 };
      },
    });
    const { host, provider } = hostFor([...MENDING], { journal });
    await engine.run(host);
    expect(provider.requests.map((request) => request.maxTokens)).toEqual([2_000, 2_000, 2_000, 2_000]);
    provider.requests.forEach((request, n) => {
      // The scripted model counts four characters a token.
      expect(held[n]).toBeGreaterThanOrEqual(JSON.stringify(request.messages).length / 4);
    });
  });
});

describe('a run that is stopped', () => {
  it('records the call as aborted and throws the reason', async () => {
    const stop = new AbortController();
    const store = new JournalStore();
    const provider = new ScriptedProvider(() => {
      stop.abort(new StopError('cancel'));
      return submit;
    });
    const { host } = hostFor([], { signal: stop.signal, journal: new MemoryJournal(store) });
    await expect(engine.run({ ...host, model: { ...host.model, provider } })).rejects.toMatchObject({ name: 'StopError', stopCause: 'cancel' });
    expect(store.ofType('model.failed')).toMatchObject([{ kind: 'aborted' }]);
    expect(store.openCalls.size).toBe(0);
  });

  it('writes nothing more when the lease is lost', async () => {
    const stop = new AbortController();
    const store = new JournalStore();
    const provider = new ScriptedProvider(() => {
      stop.abort(new StopError('lease_lost'));
      return submit;
    });
    const { host } = hostFor([], { signal: stop.signal, journal: new MemoryJournal(store) });
    await expect(engine.run({ ...host, model: { ...host.model, provider } })).rejects.toMatchObject({ stopCause: 'lease_lost' });
    expect(store.entries.at(-1)?.type).toBe('model.requested');
  });

  it('finishes and records the running tool when it is only paused', async () => {
    const stop = new AbortController();
    const store = new JournalStore();
    const workspace = new MemoryWorkspace(SAMPLE_FILES, {
      onCommand: (command, files) => {
        if (command !== 'slow') return sampleCommands(command, files);
        stop.abort(new StopError('pause'));
        return { exitCode: 0, output: 'done all the same' };
      },
    });
    const { host, provider } = hostFor([calling('bash', { command: 'slow' }), submit], { signal: stop.signal, workspace, journal: new MemoryJournal(store) });
    await expect(engine.run(host)).rejects.toMatchObject({ stopCause: 'pause' });
    expect(store.entries.at(-1)).toMatchObject({ type: 'step', results: [{ text: expect.stringContaining('done all the same') as string }] });
    expect(provider.requests).toHaveLength(1);
  });
});
