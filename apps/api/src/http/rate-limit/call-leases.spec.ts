import { Clock } from '@app/common';
import { CallLeases } from './call-leases';
import { parseRate } from './rate';

class HandClock extends Clock {
  ms = 1_000_000;
  now = (): Date => new Date(this.ms);
  monotonicMs = (): number => this.ms;
  sleep = (): Promise<void> => Promise.resolve();
}

const rate = parseRate('600/60');
const verdict = { isAllowed: true, remaining: 500, retryMs: 0, resetMs: 10_000 };

let clock: HandClock;
let leases: CallLeases;
beforeEach(() => {
  clock = new HandClock();
  leases = new CallLeases(clock);
});

const noted = (calls: number): number[] => Array.from({ length: calls }, () => leases.note('a', rate));

it.each([
  ['600/60', true],
  ['3000/60', true],
  ['60/60', false],
  ['30/60', false],
  ['600/60/20', false],
])('of %s: %s', (text, expected) => expect(CallLeases.allows(parseRate(text))).toBe(expected));

it('asks for one call of a key that is new, for more the busier it is, and for 3 % of the burst at most', () => {
  expect(noted(3)).toEqual([1, 2, 3]);
  expect(noted(40).at(-1)).toBe(18);
  clock.ms += 1_801;
  expect(noted(1)).toEqual([18]);
  clock.ms += 1_801;
  expect(noted(1)).toEqual([1]);
  clock.ms += 5_000;
  expect(noted(1)).toEqual([1]);
});

it('gives out what was given, and tells what is left as if none of it were gone', () => {
  leases.keep('a', rate, { calls: 3, verdict });
  expect(leases.take('a')).toEqual({ isAllowed: true, remaining: 502, retryMs: 0, resetMs: 9_800 });
  clock.ms += 300;
  expect([leases.take('a')?.remaining, leases.take('a')?.resetMs, leases.take('a'), leases.take('b')]).toEqual([501, 9_700, null, null]);
});

it('lets what is not used lapse after 3 % of the time in which the burst comes back', () => {
  leases.keep('a', rate, { calls: 3, verdict });
  clock.ms += 1_799;
  expect(leases.take('a')).not.toBeNull();
  // More of it does not make the rest last longer.
  leases.keep('a', rate, { calls: 3, verdict });
  clock.ms += 1;
  expect(leases.take('a')).toBeNull();
});

it('remembers no more than 100,000 keys', () => {
  for (let key = 0; key < 250_000; key += 1) {
    leases.note(`key ${key}`, rate);
    leases.keep(`key ${key}`, rate, { calls: 1, verdict });
  }
  const { leases: held, paces } = leases as unknown as { leases: Map<string, object>; paces: Map<string, object> };
  expect(Math.max(held.size, paces.size)).toBeLessThanOrEqual(100_000);
});
