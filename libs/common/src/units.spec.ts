import { creditsFromMicros, microsFromCredits, usdFromNano } from './units';

describe('units', () => {
  it.each([['14.9', 14_900_000n], ['0.000001', 1n], ['100', 100_000_000n]])('%s credits are %s microcredits', (text, micros) => {
    expect(microsFromCredits(text)).toBe(micros);
    expect(creditsFromMicros(micros)).toBe(Number(text));
  });

  it.each(['1.0000001', '-1', '1e3', '', 'NaN', '1,5'])('refuses %p', (text) => {
    expect(() => microsFromCredits(text)).toThrow(RangeError);
  });

  it.each([[149_000_000n, '0.149'], [0n, '0'], [2_000_000_000n, '2'], [1n, '0.000000001'], [-5_000_000_000n, '-5']])('%s nano-USD are USD %s', (nano, text) => {
    expect(usdFromNano(nano)).toBe(text);
  });
});
