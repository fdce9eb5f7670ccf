import type { Definition, FileTags } from '../workspace';
import type { Focus } from './focus';
import { isTestFile } from './source-files';

/** A definition and how much of the code, seen from the focus, leads to it. */
export interface RankedDefinition {
  readonly path: string;
  readonly definition: Definition;
  readonly rank: number;
}

const DAMPING = 0.85;
const ROUNDS = 20;
/** A name that so many files define says nothing about any of them. */
const MAX_DEFINERS = 12;
const LONG_NAME = 8;
/** What every class has tells nothing. */
const NAMELESS = new Set(['constructor', '__init__', '__construct', 'initialize']);

interface Edge {
  readonly to: number;
  readonly name: string;
  readonly weight: number;
}

/** Definitions, the most important first: PageRank over "uses a name that is defined there", which begins at what the focus points at. */
export function rankDefinitions(files: readonly FileTags[], focus: Focus): RankedDefinition[] {
  const edges = edgesOf(files, focus);
  const ranks = pageRank(edges, startsOf(files, focus));
  const shares = sharesOf(edges, ranks);
  // What the focus names stands before all else, unless everything is called so.
  const counts = new Map<string, number>();
  for (const { definitions } of files) for (const { name } of definitions) counts.set(name, (counts.get(name) ?? 0) + 1);
  const rankOf = (n: number, path: string, definition: Definition): number => {
    const own = ownRank((ranks[n] ?? 0) * (1 + focus.weightOf(path)), definition);
    return (shares[n]?.get(definition.name) ?? 0) + own + (focus.namesSymbol(definition.name) ? 1 / (counts.get(definition.name) ?? 1) : 0);
  };
  return files
    .flatMap(({ path, definitions }, n) => definitions.filter(({ name }) => !NAMELESS.has(name)).map((definition) => ({ path, definition, rank: rankOf(n, path, definition) })))
    .sort((a, b) => b.rank - a.rank || (a.path === b.path ? a.definition.line - b.definition.line : a.path < b.path ? -1 : 1));
}

/** A little of its file's rank, so that a file without users has an order as well. */
function ownRank(fileRank: number, { kind, line }: Definition): number {
  return ((fileRank / 20) * (kind === 'value' ? 0.3 : 1)) / (1 + line / 1_000);
}

function edgesOf(files: readonly FileTags[], focus: Focus): Edge[][] {
  const definers = new Map<string, number[]>();
  files.forEach(({ definitions }, n) => {
    for (const name of new Set(definitions.map((definition) => definition.name))) definers.set(name, [...(definers.get(name) ?? []), n]);
  });
  const telling = new Map([...definers].filter(([, at]) => at.length <= MAX_DEFINERS).map(([name, at]) => [name, { at, weight: weightOfName(name, focus) / at.length }]));
  return files.map(({ path, references }, from) => {
    const share = isTestFile(path) ? 0.3 : 1;
    return references.flatMap(([name, count]) => {
      const known = telling.get(name);
      if (known === undefined) return [];
      // A file that uses its own names would keep its rank to itself.
      return known.at.filter((to) => to !== from).map((to) => ({ to, name, weight: known.weight * Math.sqrt(count) * share }));
    });
  });
}

function weightOfName(name: string, focus: Focus): number {
  const isTelling = name.length >= LONG_NAME && (/[a-z][A-Z]/.test(name) || name.includes('_'));
  return (focus.namesSymbol(name) ? 10 : 1) * (isTelling ? 3 : 1) * (name.startsWith('_') ? 0.2 : 1);
}

/** Where a reader begins: at what the focus points at; everywhere, when it points at nothing. */
function startsOf(files: readonly FileTags[], focus: Focus): number[] {
  const weights = files.map(({ path, definitions }) => focus.weightOf(path) + (definitions.some(({ name }) => focus.namesSymbol(name)) ? 5 : 0) + 0.02);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function pageRank(edges: readonly (readonly Edge[])[], starts: readonly number[]): number[] {
  const totals = edges.map((list) => list.reduce((sum, edge) => sum + edge.weight, 0));
  let ranks = [...starts];
  for (let round = 0; round < ROUNDS; round++) {
    const idle = ranks.reduce((sum, rank, n) => sum + (totals[n] === 0 ? rank : 0), 0);
    const next = starts.map((start) => start * (1 - DAMPING + DAMPING * idle));
    edges.forEach((list, from) => {
      const out = (DAMPING * (ranks[from] ?? 0)) / (totals[from] || 1);
      for (const { to, weight } of list) next[to] = (next[to] ?? 0) + out * weight;
    });
    ranks = next;
  }
  return ranks;
}

/** What the files' ranks give to the names that each file defines. */
function sharesOf(edges: readonly (readonly Edge[])[], ranks: readonly number[]): Map<string, number>[] {
  const shares = edges.map(() => new Map<string, number>());
  edges.forEach((list, from) => {
    const total = list.reduce((sum, edge) => sum + edge.weight, 0);
    for (const { to, name, weight } of list) shares[to]?.set(name, (shares[to].get(name) ?? 0) + ((ranks[from] ?? 0) * weight) / total);
  });
  return shares;
}
