import { FakeClock } from '@app/common/testing';
import { ModelError, MODEL_ERROR_KINDS, type ModelErrorFacts, type ModelErrorKind } from './model-error';
import { ModelProvider, type ModelChunk, type ModelEnd, type ModelRequest } from './model-provider';
import { ResilientProvider, type FailedTry } from './resilient.provider';
import { RetrySchedule } from './retry-schedule';
import { listen, user } from './testing/provider.contract';
import { ScriptedProvider, type ScriptedTurn } from './testing/scripted.provider';

const REQUEST: ModelRequest = { model: 'm', capabilities: {}, system: '', messages: [user('Hi.')], tools: [], maxTokens: 100, cacheKey: 'c' };
const fail = (kind: ModelErrorKind, facts: Partial<ModelErrorFacts> = {}): ScriptedTurn => ({ error: new ModelError(kind, `${kind}!`, { provider: 'p', ...facts }) });
const never = new AbortController().signal;

describe('RetrySchedule', () => {
  const error = (kind: ModelErrorKind, retryAfterMs?: number): ModelError => new ModelError(kind, kind, { provider: 'p', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

  it('doubles its longest wait from 1 s to 30 s and ends after six tries', () => {
    const schedule = new RetrySchedule(new FakeClock(), { random: () => 0.999_999_9 });
    expect([1, 2, 3, 4, 5, 6].map(() => schedule.waitAfter(error('server')))).toEqual([999, 1_999, 3_999, 7_999, 15_999, null]);
    expect(schedule.failedTries).toBe(6);
    const patient = new RetrySchedule(new FakeClock(), { random: () => 0.999_999_99, limits: { maxTries: 9, totalMs: 1e9, baseMs: 1_000, capMs: 30_000, longestRetryAfterMs: 60_000 } });
    expect([...'12345678'].map(() => patient.waitAfter(error('server'))).at(-1)).toBe(29_999);
  });

  it('spreads its waits over the whole range', () => {
    expect(new RetrySchedule(new FakeClock(), { random: () => 0 }).waitAfter(error('server'))).toBe(0);
    expect(new RetrySchedule(new FakeClock(), { random: () => 0.5 }).waitAfter(error('server'))).toBe(500);
  });

  it('waits as long as the vendor asks, up to a minute', () => {
    const after = (ms: number): number | null => new RetrySchedule(new FakeClock(), { random: () => 0 }).waitAfter(error('rate_limit', ms));
    expect([after(7_000), after(60_000), after(60_001)]).toEqual([7_000, 60_000, null]);
  });

  it('ends when the next try would begin after five minutes', () => {
    const clock = new FakeClock();
    const schedule = new RetrySchedule(clock, { random: () => 0 });
    clock.advance(250_000);
    expect(schedule.waitAfter(error('rate_limit', 50_000))).toBe(50_000);
    clock.advance(1);
    expect(schedule.waitAfter(error('rate_limit', 50_000))).toBeNull();
  });

  it('tries again only what may pass by itself', () => {
    const tried = MODEL_ERROR_KINDS.filter((kind) => new RetrySchedule(new FakeClock()).waitAfter(error(kind)) !== null);
    expect(tried).toEqual(['rate_limit', 'overloaded', 'server', 'network', 'timeout', 'stream_cut']);
  });
});

describe('ResilientProvider', () => {
  function resilient(turns: ScriptedTurn[], react: (failed: FailedTry) => ModelRequest | void = () => undefined): { provider: ResilientProvider; inner: ScriptedProvider; failed: FailedTry[]; clock: FakeClock } {
    const clock = new FakeClock();
    const inner = new ScriptedProvider(turns);
    const failed: FailedTry[] = [];
    const provider = new ResilientProvider(inner, { clock, random: () => 0.5, onFailedTry: (one) => (failed.push(one), react(one)) });
    return { provider, inner, failed, clock };
  }

  it('tells of every failed try before it waits, and gives the answer that came', async () => {
    const { provider, failed, clock, inner } = resilient([fail('overloaded', { status: 529 }), fail('network'), { text: 'Here.' }]);
    const began = clock.monotonicMs();
    const { end } = await listen(provider.stream(REQUEST, never));
    expect(end.message.parts).toEqual([{ t: 'text', text: 'Here.' }]);
    expect(failed.map(({ attempt, waitMs, error }) => [attempt, waitMs, error.kind])).toEqual([[1, 500, 'overloaded'], [2, 1_000, 'network']]);
    expect(clock.monotonicMs() - began).toBe(1_500);
    expect(inner.requests).toHaveLength(3);
  });

  it('gives up at once what will not pass, and tells of that try too', async () => {
    const { provider, failed, inner } = resilient([fail('auth')]);
    await expect(listen(provider.stream(REQUEST, never))).rejects.toMatchObject({ kind: 'auth' });
    expect(failed).toMatchObject([{ attempt: 1, waitMs: null }]);
    expect(inner.requests).toHaveLength(1);
  });

  it('gives the error up, with the wait, when the vendor wants more than a minute', async () => {
    const { provider } = resilient([fail('rate_limit', { retryAfterMs: 61_000 })]);
    await expect(listen(provider.stream(REQUEST, never))).rejects.toMatchObject({ kind: 'rate_limit', facts: { retryAfterMs: 61_000 } });
  });

  it('ends with the last error after six tries', async () => {
    const { provider, failed } = resilient(Array.from({ length: 9 }, () => fail('server')));
    await expect(listen(provider.stream(REQUEST, never))).rejects.toMatchObject({ kind: 'server' });
    expect(failed.map(({ waitMs }) => waitMs === null)).toEqual([false, false, false, false, false, true]);
  });

  it('makes the next try with the request that the listener returns', async () => {
    const { provider, inner } = resilient([fail('server'), fail('server'), { text: 'Here.' }], ({ attempt }) => (attempt === 1 ? { ...REQUEST, maxTokens: 50 } : undefined));
    await listen(provider.stream(REQUEST, never));
    expect(inner.requests.map(({ maxTokens }) => maxTokens)).toEqual([100, 50, 50]);
  });

  it('ends with what the listener throws', async () => {
    const { provider, inner } = resilient([fail('server'), { text: 'Here.' }], () => {
      throw new Error('lease lost');
    });
    await expect(listen(provider.stream(REQUEST, never))).rejects.toThrow('lease lost');
    expect(inner.requests).toHaveLength(1);
  });

  it('is aborted while it waits', async () => {
    const stop = new AbortController();
    const { provider, inner } = resilient([fail('server'), { text: 'Here.' }], () => stop.abort(new Error('cancel')));
    await expect(listen(provider.stream(REQUEST, stop.signal))).rejects.toMatchObject({ kind: 'aborted' });
    expect(inner.requests).toHaveLength(1);
  });

  it('lets errors through that are no model errors', async () => {
    const { provider, failed } = resilient([]);
    await expect(listen(provider.stream(REQUEST, never))).rejects.toThrow('the script has 0 turns');
    expect(failed).toEqual([]);
  });
});

describe('time limits', () => {
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
  const tries = (pauses: number[], signal = never): Promise<unknown> => {
    const retry = { maxTries: 1, totalMs: 1, baseMs: 1, capMs: 1, longestRetryAfterMs: 1 };
    return listen(new ResilientProvider(new SlowProvider(pauses), { clock: new FakeClock(), callLimits: limits, limits: retry, onFailedTry: () => undefined }).stream(REQUEST, signal));
  };

  it.each([
    ['nothing comes', [5_000], 'no answer within 0.08 s'],
    ['it stands still', [1, 5_000], 'the answer stood still for 0.08 s'],
    ['it never ends', Array.from({ length: 500 }, () => 10), 'the answer took longer than 0.4 s'],
  ])('end a call when %s', async (_, pauses, message) => {
    await expect(tries(pauses)).rejects.toMatchObject({ kind: 'timeout', message });
  });

  it('do not end a call that goes on', async () => {
    await expect(tries([10, 10, 10])).resolves.toMatchObject({ end: END });
  });

  it('leave a stop of ours what it is', async () => {
    await expect(tries([5_000], AbortSignal.timeout(20))).rejects.toMatchObject({ kind: 'aborted' });
  });
});
