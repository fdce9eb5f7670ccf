import { StopError } from '@app/common';
import { FakeClock } from '@app/common/testing';
import { ModelError, ModelProvider, type ModelChunk, type ModelRequest, type Usage } from '@app/providers';
import { JournalStore, MemoryJournal } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { SAMPLE_FILES } from '../testing/sample';
import { testHost } from '../testing/test-host';
import { LoopEngine } from './agent-loop';
import { usageOfStopped } from './stopped-call';

const usage = (values: Partial<Usage> = {}): Usage => ({ inputTokens: 1_000, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 1, reasoningTokens: 0, raw: { a: 1 }, ...values });

describe('what a stopped call used', () => {
  const call = { reported: null, heardCharacters: null, promptTokens: 5_000, seenTokens: 0 };

  it('is nothing when no answer had begun', () => {
    expect(usageOfStopped(call)).toBeNull();
    expect(usageOfStopped({ ...call, reported: usage() })).toEqual(usage());
  });

  it('is the prompt and the text that had come, where the vendor reported nothing', () => {
    expect(usageOfStopped({ ...call, heardCharacters: 401 })).toMatchObject({ inputTokens: 5_000, cacheReadTokens: 0, outputTokens: 101, isEstimated: true });
    expect(usageOfStopped({ ...call, heardCharacters: 0, seenTokens: 4_000 })).toMatchObject({ inputTokens: 1_000, cacheReadTokens: 4_000, outputTokens: 1 });
    expect(usageOfStopped({ ...call, heardCharacters: 0, seenTokens: 9_000 })).toMatchObject({ inputTokens: 0, cacheReadTokens: 5_000 });
  });

  it('is what the vendor reported, with the text that came since', () => {
    expect(usageOfStopped({ ...call, reported: usage(), heardCharacters: 800 })).toEqual(usage({ outputTokens: 200, isEstimated: true }));
    expect(usageOfStopped({ ...call, reported: usage({ outputTokens: 500 }), heardCharacters: 800 })).toEqual(usage({ outputTokens: 500 }));
  });
});

/** Speaks, then is stopped. */
class Talking extends ModelProvider {
  readonly name = 'talking';

  constructor(
    private readonly stop: AbortController,
    private readonly cause: StopError,
    private readonly words: number,
  ) {
    super();
  }

  async *stream(_request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    for (let n = 0; n < this.words; n += 1) yield { t: 'delta', kind: 'text', text: 'word' };
    await Promise.resolve();
    this.stop.abort(this.cause);
    throw new ModelError('aborted', 'stopped', { provider: this.name, cause: signal.reason });
  }
}

class WatchingJournal extends MemoryJournal {
  usage: Usage | null | undefined;

  override failModel(call: Parameters<MemoryJournal['failModel']>[0]): Promise<void> {
    this.usage = call.usage;
    return super.failModel(call);
  }
}

describe('a run that is stopped in mid-answer', () => {
  it.each([['cancel', 50, 50], ['pause', 10, 10], ['deadline', 10, 10], ['shutdown', 50, null], ['cancel', 0, null]] as const)('by %s after %d words settles on %p tokens of output', async (cause, words, tokens) => {
    const stop = new AbortController();
    const journal = new WatchingJournal(new JournalStore());
    const host = testHost({ provider: new Talking(stop, new StopError(cause), words), workspace: new MemoryWorkspace(SAMPLE_FILES), journal, clock: new FakeClock(), signal: stop.signal });
    await expect(new LoopEngine().run(host)).rejects.toMatchObject({ stopCause: cause });
    if (tokens === null) expect(journal.usage).toBeNull();
    else expect(journal.usage).toMatchObject({ outputTokens: tokens, isEstimated: true });
    if (tokens !== null) expect(journal.usage?.inputTokens).toBeGreaterThan(500);
  });
});
