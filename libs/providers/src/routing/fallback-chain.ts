import type { RankedModel } from './routing-types';

/**
 * Who stands in for the first model of a ranking, best first: the best of each other vendor, then the rest, because a vendor that is down takes all its
 * models with it. What a customer's own key pays for never becomes a call on the platform's key: nobody agreed to pay for that.
 */
export function fallbackChain(ranked: readonly RankedModel[], most: number): RankedModel[] {
  const [first, ...rest] = ranked;
  if (!first) return [];
  const allowed = rest.filter(({ key }) => key === 'own' || first.key === 'platform');
  const heads = allowed.filter((model, n) => model.provider !== first.provider && allowed.findIndex(({ provider }) => provider === model.provider) === n);
  return [...heads, ...allowed.filter((model) => !heads.includes(model))].slice(0, most);
}
