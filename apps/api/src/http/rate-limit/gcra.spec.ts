import { Clock } from '@app/common';
import { LocalGcra } from './local-gcra';
import { parseRate } from './rate';

class HandClock extends Clock {
  ms = 1_000_000;
  now = (): Date => new Date(this.ms);
  monotonicMs = (): number => this.ms;
  sleep = (): Promise<void> => Promise.resolve();
}

let clock: HandClock;
let gcra: LocalGcra;
beforeEach(() => {
  clock = new HandClock();
  gcra = new LocalGcra(clock);
});

it.each([
  ['600/60', { calls: 600, seconds: 60, burst: 600 }],
  ['100/60/20', { calls: 100, seconds: 60, burst: 20 }],
])('%s', (text, rate) => expect(parseRate(text)).toEqual(rate));

describe('the local limiter', () => {
  const rate = parseRate('100/60/20');

  it('admits the burst at once, then one per interval', () => {
    const burst = Array.from({ length: 25 }, () => gcra.take('a', rate));
    expect(burst.map((verdict) => verdict.isAllowed)).toEqual(Array.from({ length: 25 }, (_, n) => n < 20));
    expect(burst.slice(0, 3).map((verdict) => verdict.remaining)).toEqual([19, 18, 17]);
    expect(burst[19]).toMatchObject({ remaining: 0, retryMs: 0 });
    expect(burst[19]!.resetMs).toBeCloseTo(12_000);
    expect(burst[20]!.retryMs).toBeCloseTo(600);
    clock.ms += 599;
    expect(gcra.take('a', rate).isAllowed).toBe(false);
    clock.ms += 1;
    expect([gcra.take('a', rate).isAllowed, gcra.take('a', rate).isAllowed]).toEqual([true, false]);
  });

  it('admits 36 of 10,000 calls in ten seconds', () => {
    let admitted = 0;
    for (let call = 0; call < 10_000; call += 1, clock.ms += 1) admitted += gcra.take('a', rate).isAllowed ? 1 : 0;
    expect(admitted).toBe(36);
  });

  it('tells exactly when the next call is allowed, whoever asks meanwhile', () => {
    for (let call = 0; call < 20; call += 1) gcra.take('a', rate);
    const { retryMs } = gcra.take('a', rate);
    clock.ms += retryMs;
    expect(gcra.take('a', rate).isAllowed).toBe(true);
  });

  it('counts each key for itself, and forgets one that is rested', () => {
    for (let call = 0; call < 21; call += 1) gcra.take('a', rate);
    expect(gcra.take('b', rate).remaining).toBe(19);
    clock.ms += 3_600_000;
    expect(gcra.take('a', rate).remaining).toBe(19);
  });

  it('holds a caller to a limit that became smaller at once, not for longer than its burst', () => {
    for (let call = 0; call < 600; call += 1) gcra.take('a', parseRate('600/60'));
    expect(gcra.take('a', parseRate('10/60/1')).retryMs).toBeLessThanOrEqual(6_000);
  });

  it('remembers no more than 100,000 callers', () => {
    for (let caller = 0; caller < 250_000; caller += 1) gcra.take(`caller ${caller}`, rate);
    expect((gcra as unknown as { arrivals: Map<string, number> }).arrivals.size).toBeLessThanOrEqual(100_000);
  });
});
