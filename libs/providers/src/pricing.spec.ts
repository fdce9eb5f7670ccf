import { costNanoUsd, costOfCall, creditsMicroForCost, flatPrice, priceForPrompt, worstCaseNanoUsd, type PriceRow } from './pricing';
import type { Usage } from './usage';

const usd = (value: number): bigint => BigInt(Math.round(value * 1_000_000));

function price([input, output, read, short]: [number, number, number, number], extra: Partial<PriceRow> = {}): PriceRow {
  return { id: 'p', minPromptTokens: 0, input: usd(input), output: usd(output), cacheRead: usd(read), cacheWriteShort: usd(short), cacheWriteLong: usd(short * 1.6), ...extra };
}

function usage(counts: Partial<Usage>): Usage {
  return { inputTokens: 0, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 0, reasoningTokens: 0, raw: null, ...counts };
}

const OPUS = price([4, 20, 0.2, 5]);
const HAIKU = [price([0.1, 0.5, 0.01, 0.125], { id: 'low' }), price([0.5, 2.5, 0.05, 0.625], { id: 'high', minPromptTokens: 100_001 })];

describe('cost of a call', () => {
  it('prices the disjoint parts each at their own rate', () => {
    const call = usage({ inputTokens: 12_000, cacheReadTokens: 80_000, cacheWriteShortTokens: 5_000, outputTokens: 3_000 });
    expect(costNanoUsd(call, OPUS)).toBe(149_000_000n);
    expect(creditsMicroForCost(149_000_000n, 10_000)).toBe(14_900_000n);
  });

  it('prices long cache writes at their own rate and reasoning only as output', () => {
    expect(costNanoUsd(usage({ cacheWriteLongTokens: 1_000 }), OPUS)).toBe(8_000_000n);
    expect(costNanoUsd(usage({ outputTokens: 1_000, reasoningTokens: 900 }), OPUS)).toBe(20_000_000n);
  });

  it('changes the price of the whole request at a tier', () => {
    expect(costOfCall(usage({ inputTokens: 100_000 }), HAIKU)).toEqual({ price: HAIKU[0], nanoUsd: 10_000_000n });
    expect(costOfCall(usage({ inputTokens: 100_001 }), HAIKU)).toEqual({ price: HAIKU[1], nanoUsd: 50_000_500n });
  });

  it('counts cached parts of the prompt towards the tier', () => {
    expect(costOfCall(usage({ inputTokens: 1, cacheReadTokens: 100_000 }), HAIKU).price.id).toBe('high');
  });

  it('does not depend on the order of the rows, and needs one from 0 on', () => {
    expect(priceForPrompt([...HAIKU].reverse(), 5).id).toBe('low');
    expect(() => priceForPrompt([HAIKU[1] as PriceRow], 5)).toThrow('from 0 prompt tokens');
    expect(() => priceForPrompt([], 5)).toThrow();
  });

  it('rounds half a nano-USD to the even neighbour', () => {
    const rows: [number, bigint][] = [[1, 0n], [2, 1n], [3, 2n], [5, 2n], [7, 4n]];
    for (const [tokens, nano] of rows) expect(costNanoUsd(usage({ inputTokens: tokens }), { ...OPUS, input: 500n })).toBe(nano);
    expect(costNanoUsd(usage({ inputTokens: 1 }), { ...OPUS, input: 501n })).toBe(1n);
    expect(costNanoUsd(usage({ inputTokens: 1 }), { ...OPUS, input: 499n })).toBe(0n);
  });

  it('stays exact beyond the range of a double', () => {
    const huge = usage({ inputTokens: Number.MAX_SAFE_INTEGER });
    expect(costNanoUsd(huge, OPUS)).toBe(BigInt(Number.MAX_SAFE_INTEGER) * 4_000n);
  });
});

describe('the rate of a model without a price', () => {
  it('prices every part of the prompt alike, at any size', () => {
    const rate = flatPrice(usd(10), usd(50));
    const call = usage({ inputTokens: 1_000, cacheReadTokens: 1_000, cacheWriteShortTokens: 1_000, cacheWriteLongTokens: 1_000, outputTokens: 1_000 });
    expect(costOfCall(call, rate)).toEqual({ price: { ...rate[0], id: null }, nanoUsd: 90_000_000n });
  });

  it('is never nothing, whatever is configured', () => {
    expect(costOfCall(usage({ inputTokens: 1_000_000, outputTokens: 1_000_000 }), flatPrice(0n, 0n)).nanoUsd).toBe(2_000n);
  });
});

describe('credits for a cost', () => {
  it('is the cost over 10 nano-USD at 10,000 basis points, rounded up', () => {
    expect(creditsMicroForCost(0n, 10_000)).toBe(0n);
    expect(creditsMicroForCost(1n, 10_000)).toBe(1n);
    expect(creditsMicroForCost(10n, 10_000)).toBe(1n);
    expect(creditsMicroForCost(11n, 10_000)).toBe(2n);
  });

  it('applies the margin before it rounds', () => {
    expect(creditsMicroForCost(149_000_000n, 13_000)).toBe(19_370_000n);
    expect(creditsMicroForCost(7n, 13_000)).toBe(1n);
    expect(creditsMicroForCost(8n, 13_000)).toBe(2n);
  });
});

describe('worst case', () => {
  it('is never below what any division of the prompt costs', () => {
    const ceiling = worstCaseNanoUsd(1_000, 500, [OPUS]);
    for (const part of ['inputTokens', 'cacheReadTokens', 'cacheWriteShortTokens'] as const) {
      expect(ceiling).toBeGreaterThanOrEqual(costNanoUsd(usage({ [part]: 1_000, outputTokens: 500 }), OPUS));
    }
  });

  it('covers a tier that the estimate lies just below', () => {
    expect(worstCaseNanoUsd(100_001, 100, HAIKU)).toBeGreaterThan(worstCaseNanoUsd(100_000, 100, HAIKU) * 4n);
  });
});
