import { readCredits } from './read-credits';

it.each([[14.9, 14_900_000n], [0.000001, 1n], [0.0000001, null], [0.0001, 100n], [1, 1_000_000n], [1e9, 1_000_000_000_000_000n], [123456.123456, 123_456_123_456n], [0, null], [-1, null], [1e9 + 1, null], [1.0000001, null], [NaN, null], ['1', null]])(
  'reads %p credits as %p',
  (value, micros) => expect(readCredits(value)).toBe(micros),
);
