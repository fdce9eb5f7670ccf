import { fallbackChain, summariserFor } from './fallback-chain';
import type { RankedModel } from './routing-types';

const ranked = (...models: string[]): RankedModel[] =>
  models.map((text) => {
    const [provider = '', model = '', key = 'platform'] = text.split(' ');
    return { model, provider, key: key as RankedModel['key'], score: 0, quality: 0, cost: 0, latency: 0, estimatedNusd: 0n, reasons: [] };
  });
const chain = (models: RankedModel[], most = 3): string[] => fallbackChain(models, most).map(({ model }) => model);

it('takes the best of each other vendor first, then the rest', () => {
  const models = ranked('acme a1', 'acme a2', 'beta b1', 'beta b2', 'gamma c1', 'acme a3');
  expect(chain(models)).toEqual(['b1', 'c1', 'a2']);
  expect(chain(models, 9)).toEqual(['b1', 'c1', 'a2', 'b2', 'a3']);
  expect(chain(models, 0)).toEqual([]);
});

it('never goes from the customer\'s key to the platform\'s', () => {
  expect(chain(ranked('acme a1 own', 'beta b1', 'acme a2 own', 'gamma c1 own'))).toEqual(['c1', 'a2']);
  expect(chain(ranked('acme a1', 'beta b1 own', 'acme a2'))).toEqual(['b1', 'a2']);
});

it('is empty where there is nobody', () => {
  expect([chain([]), chain(ranked('acme a1'))]).toEqual([[], []]);
});

describe('the summariser', () => {
  const costing = (costs: Record<string, bigint>, ...models: string[]) => ranked(...models).map((entry) => ({ ...entry, estimatedNusd: costs[entry.model] ?? 0n }));

  it('is the cheapest of the same vendor and key, at a quarter of the cost or less', () => {
    const costs = { big: 100n, mid: 26n, small: 25n, tiny: 10n, other: 1n, own: 1n };
    expect(summariserFor(costing(costs, 'acme big', 'beta other', 'acme mid', 'acme own own', 'acme small', 'acme tiny'))?.model).toBe('tiny');
    expect(summariserFor(costing(costs, 'acme big', 'beta other', 'acme mid', 'acme own own'))).toBeNull();
    expect(summariserFor(costing(costs, 'acme tiny', 'acme big'))).toBeNull();
    expect(summariserFor([])).toBeNull();
  });
});
