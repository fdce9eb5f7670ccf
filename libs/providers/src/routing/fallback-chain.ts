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

/** How much cheaper a model must be to be worth another prompt cache. */
const CHEAPER = 4n;

/**
 * The model that writes summaries in place of the first of a ranking: the cheapest of the same vendor, on the same kind of key, at a quarter of the cost or less. Null: there is none.
 * Another vendor never is: that the first one sees the work was chosen, that others do was not.
 */
export function summariserFor([first, ...rest]: readonly RankedModel[]): RankedModel | null {
  if (!first) return null;
  const cheaper = rest.filter(({ provider, key, estimatedNusd }) => provider === first.provider && key === first.key && estimatedNusd * CHEAPER <= first.estimatedNusd);
  return cheaper.sort((a, b) => Number(a.estimatedNusd - b.estimatedNusd) || b.score - a.score)[0] ?? null;
}
