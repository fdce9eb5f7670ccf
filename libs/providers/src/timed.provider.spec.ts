import { ModelError } from './model-error';
import { ModelProvider, type ModelChunk, type ModelEnd, type ModelRequest } from './model-provider';
import { listen, user } from './testing/provider.contract';
import { TimedProvider } from './timed.provider';

const REQUEST: ModelRequest = { model: 'm', capabilities: {}, system: '', messages: [user('Hi.')], tools: [], maxTokens: 100, cacheKey: 'c' };

describe('TimedProvider', () => {
  const END: ModelEnd = { t: 'end', message: { role: 'assistant', parts: [] }, stop: 'stop', usage: { inputTokens: 1, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 1, reasoningTokens: 0, raw: null }, responseId: null };

  /** Speaks with these pauses before each chunk, and ends as `aborted` when it is stopped, as the wires do. */
  class SlowProvider extends ModelProvider {
    readonly name = 'slow';

    constructor(private readonly pauses: readonly number[]) {
      super();
    }

    async *stream(_: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
      for (const ms of this.pauses) {
        await this.#pause(ms, signal);
        yield { t: 'delta', kind: 'think', text: '' };
      }
      yield END;
    }

    #pause(ms: number, signal: AbortSignal): Promise<void> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener('abort', () => (clearTimeout(timer), reject(new ModelError('aborted', 'stopped', { provider: 'slow' }))));
      });
    }
  }

  const limits = { firstChunkMs: 80, betweenChunksMs: 80, totalMs: 400 };
  const call = (pauses: number[], signal = new AbortController().signal): Promise<unknown> => listen(new TimedProvider(new SlowProvider(pauses), limits).stream(REQUEST, signal));

  it.each([
    ['nothing comes', [5_000], 'no answer within 0.08 s'],
    ['it stands still', [1, 5_000], 'the answer stood still for 0.08 s'],
    ['it never ends', Array.from({ length: 500 }, () => 10), 'the answer took longer than 0.4 s'],
  ])('ends a call when %s', async (_, pauses, message) => {
    await expect(call(pauses)).rejects.toMatchObject({ kind: 'timeout', message });
  });

  it('does not end a call that goes on', async () => {
    await expect(call([10, 10, 10])).resolves.toMatchObject({ end: END });
  });

  it('leaves a stop of ours what it is', async () => {
    await expect(call([5_000], AbortSignal.timeout(20))).rejects.toMatchObject({ kind: 'aborted' });
  });
});
