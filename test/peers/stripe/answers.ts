// What every answer shares: expanding, and pages of lists.
import type Stripe from 'stripe';
import { invalid } from './api-error';
import { list } from './shapes/subscriptions';
import { bare, type StripeState } from './stripe-state';

const DEEPEST = 4;
const PAGE = 10;

type Json = Record<string, unknown>;

/** A copy of an object with what was asked to be shown in full. */
export function shown<Shape extends { id: string; object: string }>(state: StripeState, object: Shape, expand: readonly string[] = []): Shape {
  const isInFull = expand.some((path) => path === 'payments' || path.startsWith('payments.'));
  const copy = isInFull ? structuredClone(object) : bare(object);
  for (const path of expand) {
    const parts = path.split('.');
    if (parts.length > DEEPEST) throw invalid(`You cannot expand more than ${DEEPEST} levels of a property`, 'expand', 'property_expansion_max_depth');
    expandAt(state, copy, parts);
  }
  return copy;
}

function expandAt(state: StripeState, at: Json, [part, ...rest]: readonly string[]): void {
  if (part === undefined) return;
  if (Array.isArray(at[part])) {
    for (const one of at[part] as Json[]) expandAt(state, one, rest);
    return;
  }
  if (!(part in at)) throw invalid(`This property cannot be expanded (${part}).`, 'expand', 'property_cannot_be_expanded');
  if (typeof at[part] === 'string') {
    const found = state.find(at[part]);
    if (!found) throw invalid(`This property cannot be expanded (${part}).`, 'expand', 'property_cannot_be_expanded');
    at[part] = bare(found);
  }
  if (at[part] !== null && typeof at[part] === 'object') expandAt(state, at[part] as Json, rest);
}

export interface ListParams {
  readonly limit?: number;
  readonly starting_after?: string;
  readonly ending_before?: string;
  readonly created?: number | { gt?: number; gte?: number; lt?: number; lte?: number };
  readonly expand?: string[];
}

/** A page of the newest first. */
export function page<Item extends { id: string; object: string; created: number }>(state: StripeState, items: Iterable<Item>, params: ListParams, url: string): Stripe.ApiList<Item> {
  const all = [...items].filter(({ created }) => isIn(created, params.created)).sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
  const from = params.starting_after === undefined ? 0 : all.findIndex(({ id }) => id === params.starting_after) + 1;
  if (params.starting_after !== undefined && from === 0) throw invalid(`No such object: '${params.starting_after}'`, 'starting_after', 'resource_missing');
  const limit = params.limit ?? PAGE;
  if (limit < 1 || limit > 100) throw invalid('limit must be between 1 and 100', 'limit');
  const expand = (params.expand ?? []).map((path) => path.replace(/^data\./, ''));
  return list(all.slice(from, from + limit).map((item) => shown(state, item, expand)), url, all.length > from + limit);
}

function isIn(created: number, range: ListParams['created']): boolean {
  if (range === undefined) return true;
  if (typeof range === 'number') return created === range;
  const { gt = -1, gte = 0, lt = Number.MAX_SAFE_INTEGER, lte = Number.MAX_SAFE_INTEGER } = range;
  return created > gt && created >= gte && created < lt && created <= lte;
}
