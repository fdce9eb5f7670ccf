import { RETRY_WAITS_SECONDS } from '@app/domain';
import { retryAfterSeconds, retryInSeconds } from './retry-plan';

describe('retryInSeconds', () => {
  it('waits 5 s, 1 min, 5 min, 30 min, 2 h, 6 h, 12 h, 24 h, then never again', () => {
    const waits = Array.from({ length: 10 }, (_, tries) => retryInSeconds(tries + 1, null, 0.5));
    expect(waits).toEqual([5, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400, null, null]);
  });

  it('differs by a fifth either way', () => {
    RETRY_WAITS_SECONDS.forEach((wait, index) => {
      expect(retryInSeconds(index + 1, null, 0)).toBeCloseTo(wait * 0.8);
      expect(retryInSeconds(index + 1, null, 1)).toBeCloseTo(wait * 1.2);
    });
  });

  it('waits longer when the receiver asks for it, up to a day, never shorter and never for ever', () => {
    expect(retryInSeconds(1, 120, 0.5)).toBe(120);
    expect(retryInSeconds(3, 1, 0.5)).toBe(300);
    expect(retryInSeconds(1, 10 ** 9, 0.5)).toBe(86_400);
    expect(retryInSeconds(9, 1, 0.5)).toBeNull();
  });
});

describe('retryAfterSeconds', () => {
  const now = new Date('2026-11-23T08:00:00Z');

  it.each([
    [null, null], ['', null], ['120', 120], [' 7 ', 7], ['0', 0], ['-5', null], ['soon', null], ['99999999999999999999', null], ['1e3', null],
    ['Mon, 23 Nov 2026 08:01:30 GMT', 90], ['Mon, 23 Nov 2026 07:00:00 GMT', null],
  ])('reads %j as %j', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });
});
