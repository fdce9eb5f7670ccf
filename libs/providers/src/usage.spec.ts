import { plausibleUsage, type Usage } from './usage';

const reported = (counts: object): Usage => ({ inputTokens: 1, cacheReadTokens: 2, cacheWriteShortTokens: 3, cacheWriteLongTokens: 4, outputTokens: 5, reasoningTokens: 5, raw: null, ...counts });

it('leaves what a vendor may well report', () => {
  expect(plausibleUsage(reported({ isEstimated: true }))).toEqual(reported({ isEstimated: true }));
});

it.each([
  ['below 0', { inputTokens: -5 }, { inputTokens: 0 }],
  ['no number', { inputTokens: Number.NaN, cacheReadTokens: undefined, outputTokens: '7', reasoningTokens: null }, { inputTokens: 0, cacheReadTokens: 0, outputTokens: 0, reasoningTokens: 0 }],
  ['a part of one', { cacheWriteShortTokens: 2.6 }, { cacheWriteShortTokens: 3 }],
  ['beyond all bounds', { outputTokens: 1e300, cacheWriteLongTokens: Infinity }, { outputTokens: 1_000_000_000, cacheWriteLongTokens: 1_000_000_000 }],
  ['more reasoning than output', { outputTokens: 5, reasoningTokens: 900 }, { outputTokens: 5, reasoningTokens: 5 }],
])('makes what cannot be countable: %s', (_, counts, kept) => {
  expect(plausibleUsage(reported(counts))).toEqual(reported({ ...kept, reasoningTokens: 'reasoningTokens' in kept ? kept.reasoningTokens : 5 }));
});
