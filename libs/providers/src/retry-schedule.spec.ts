import { FakeClock } from '@app/common/testing';
import { ModelError, MODEL_ERROR_KINDS, type ModelErrorKind } from './model-error';
import { RetrySchedule } from './retry-schedule';

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
