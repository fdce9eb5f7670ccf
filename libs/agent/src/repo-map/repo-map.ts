import type { FileTags, Tree } from '../workspace';
import { Focus } from './focus';
import { rankDefinitions, type RankedDefinition } from './rank-definitions';
import { chooseFiles, SOURCE_GLOB } from './source-files';

const MAX_LISTED = 20_000;
const MAX_FILES = 1_500;
const LINE_CHARACTERS = 120;
const CHARACTERS_PER_TOKEN = 3;
/** One file does not fill the map. */
const MAX_PER_FILE = 12;

export interface MapWish {
  /** Words, names and paths that matter. */
  readonly text: string;
  /** Only this folder; absent: the whole repository. */
  readonly folder?: string;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}

/** The most important definitions of a tree with their places, seen from what the words are about; null: nothing can be mapped. */
export async function repoMap(tree: Tree, { text, folder, maxTokens, signal }: MapWish): Promise<string | null> {
  const focus = new Focus(text);
  const { paths } = await tree.glob(folder ? `${folder.replace(/[*?{}[\]\\]/g, '?')}/${SOURCE_GLOB}` : SOURCE_GLOB, MAX_LISTED);
  const files = await tree.tags(chooseFiles(paths, (path) => focus.weightOf(path) > 0, MAX_FILES), signal);
  return renderMap(files, rankDefinitions(files, focus), maxTokens);
}

/** Definitions by file, as many as fit, the file with the most important one first. */
export function renderMap(files: readonly FileTags[], ranked: readonly RankedDefinition[], maxTokens: number): string | null {
  const room = maxTokens * CHARACTERS_PER_TOKEN;
  const chosen = new Map<string, RankedDefinition[]>();
  let used = 0;
  for (const entry of ranked) {
    const there = chosen.get(entry.path) ?? [];
    if (there.length >= MAX_PER_FILE || there.some(({ definition }) => definition.line === entry.definition.line)) continue;
    used += lineOf(entry).length + 1 + (there.length === 0 ? entry.path.length + 1 : 0);
    if (used > room) break;
    chosen.set(entry.path, [...there, entry]);
  }
  if (chosen.size === 0) return null;
  const blocks = [...chosen].map(([path, entries]) => [path, ...entries.sort((a, b) => a.definition.line - b.definition.line).map(lineOf)].join('\n'));
  const hidden = files.filter(({ path, definitions }) => definitions.length > 0 && !chosen.has(path)).length;
  return [...blocks, ...(hidden > 0 ? [`[${hidden} more source files are not shown]`] : [])].join('\n');
}

function lineOf({ definition: { line, text } }: RankedDefinition): string {
  return `${String(line).padStart(5)}\t${text.length <= LINE_CHARACTERS ? text : `${text.slice(0, LINE_CHARACTERS)}…`}`;
}
