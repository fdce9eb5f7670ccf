import { nearestLines } from '../nearest-lines';
import type { Hunk } from './parse-patch';
import { seekLines } from './seek-lines';

/** The new text with the line (from 1) of each hunk in it, or what the model has to do differently. */
export type HunksResult = { readonly ok: true; readonly content: string; readonly at: readonly number[] } | { readonly ok: false; readonly reason: string };

interface Line {
  readonly text: string;
  /** What ends it in the file; empty: the end of the file does. */
  readonly end: '' | '\n' | '\r\n';
}

interface Place {
  readonly at: number;
  readonly length: number;
}

class HunkFault extends Error {}

/** Applies hunks from top to bottom. Kept lines stay as the file has them; new ones get the file's line ends. */
export function applyHunks(content: string, hunks: readonly Hunk[]): HunksResult {
  const lines = linesOf(content);
  try {
    const places = placesOf(lines.map((line) => line.text), hunks);
    return { ok: true, ...rebuilt(lines, hunks, places) };
  } catch (error) {
    if (error instanceof HunkFault) return { ok: false, reason: error.message };
    throw error;
  }
}

function placesOf(texts: readonly string[], hunks: readonly Hunk[]): Place[] {
  const places: Place[] = [];
  let cursor = 0;
  hunks.forEach((hunk, n) => {
    const place = placeOf(texts, hunk, { cursor, name: hunks.length === 1 ? 'the hunk' : `hunk ${n + 1}`, alike: hunks.slice(n).filter((other) => sameOld(hunk, other)).length });
    places.push(place);
    cursor = place.at + place.length;
  });
  return places;
}

interface Search {
  /** Where the hunk before it ended. */
  readonly cursor: number;
  readonly name: string;
  /** How many hunks from this one on look for the same lines: they take the places in turn. */
  readonly alike: number;
}

function placeOf(texts: readonly string[], hunk: Hunk, search: Search): Place {
  const { from, isNear } = afterHeaders(texts, hunk.headers, search);
  const old = oldLines(hunk);
  if (old.length === 0) return { at: isNear && !hunk.atEnd ? from : texts.length, length: 0 };
  const found = seekLines(texts, old, from);
  const places = hunk.atEnd ? found.filter((at) => at + old.length === texts.length) : found;
  const [first] = places;
  if (first === undefined) throw new HunkFault(notFound(texts, hunk, { ...search, from, isElsewhere: found.length > 0 }));
  if (places.length > 1 && !isNear && places.length !== search.alike) {
    throw new HunkFault(`${search.name} matches ${places.length} times, at lines ${listed(places)}; add lines of context to it, or put "@@ " and the line of its function or class before it`);
  }
  return { at: first, length: old.length };
}

/** Where to look for a hunk: behind its headers, each of which is looked for behind the one before. */
function afterHeaders(texts: readonly string[], headers: readonly string[], { cursor, name }: Search): { from: number; isNear: boolean } {
  let from = cursor;
  for (const header of headers) {
    const [at] = seekLines(texts, [header], from);
    // The line may be written with more or less than the header says: "def f" for "def f(self):".
    const found = at ?? texts.findIndex((line, n) => n >= from && line.trim().startsWith(header.trim()));
    if (found < 0) {
      const before = texts.findIndex((line) => line.trim().startsWith(header.trim()));
      throw new HunkFault(`${name}: the line "${header.slice(0, 120)}" after "@@" was not found${before >= 0 ? ` behind the hunk before it (it is line ${before + 1}); order hunks from top to bottom` : nearest(texts, [header])}`);
    }
    from = found + 1;
  }
  return { from, isNear: headers.length > 0 };
}

function notFound(texts: readonly string[], hunk: Hunk, search: Search & { from: number; isElsewhere: boolean }): string {
  const old = oldLines(hunk);
  if (hunk.atEnd && search.isElsewhere) return `${search.name} is marked "*** End of File", but its lines do not stand at the end of the file`;
  const [before] = seekLines(texts, old);
  if (before !== undefined && before < search.from) {
    return `${search.name} was found only at line ${before + 1}, before or inside of the place of the hunk before it; order hunks from top to bottom, and join those that overlap`;
  }
  return `the lines of ${search.name} were not found${nearest(texts, old)}`;
}

function nearest(texts: readonly string[], wanted: readonly string[]): string {
  return nearestLines(texts, wanted) ?? '; read the file again, and copy its lines exactly';
}

function rebuilt(lines: readonly Line[], hunks: readonly Hunk[], places: readonly Place[]): { content: string; at: number[] } {
  const ending = commonEnd(lines);
  const out: Line[] = [];
  const at: number[] = [];
  let from = 0;
  hunks.forEach((hunk, n) => {
    const place = places[n] ?? { at: from, length: 0 };
    out.push(...lines.slice(from, place.at));
    at.push(out.length + 1 + Math.max(0, hunk.lines.findIndex((line) => line.sign !== ' ')));
    let old = place.at;
    for (const { sign, text } of hunk.lines) {
      if (sign === '+') out.push({ text, end: ending });
      else if (sign === ' ') out.push(lines[old++] ?? { text, end: ending });
      else old++;
    }
    from = place.at + place.length;
  });
  out.push(...lines.slice(from));
  const isOpen = lines.at(-1)?.end === '';
  return { content: out.map((line, n) => line.text + (n === out.length - 1 && isOpen ? '' : line.end || ending)).join(''), at };
}

function linesOf(content: string): Line[] {
  if (content === '') return [];
  return content.split(/(?<=\n)/).map((line) => {
    const end = line.endsWith('\r\n') ? '\r\n' : line.endsWith('\n') ? '\n' : '';
    return { text: line.slice(0, line.length - end.length), end };
  });
}

/** What most lines end with. */
function commonEnd(lines: readonly Line[]): '\n' | '\r\n' {
  const windows = lines.filter((line) => line.end === '\r\n').length;
  return windows > lines.length / 2 || (windows > 0 && windows === lines.filter((line) => line.end !== '').length) ? '\r\n' : '\n';
}

function oldLines(hunk: Hunk): string[] {
  return hunk.lines.filter((line) => line.sign !== '+').map((line) => line.text);
}

function sameOld(hunk: Hunk, other: Hunk): boolean {
  return oldLines(hunk).join('\n') === oldLines(other).join('\n');
}

function listed(places: readonly number[]): string {
  const lines = places.map((at) => at + 1);
  return lines.length <= 8 ? lines.join(', ') : `${lines.slice(0, 8).join(', ')} …`;
}
