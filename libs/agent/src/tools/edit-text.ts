import { nearestLines } from './nearest-lines';

/** What shall be replaced in a file's text. */
export interface Edit {
  readonly old: string;
  readonly new: string;
  readonly replaceAll: boolean;
}

/** The new text with the first changed line (from 1), or what the model has to do differently. */
export type EditResult = { readonly ok: true; readonly content: string; readonly replaced: number; readonly line: number } | { readonly ok: false; readonly reason: string };

/**
 * Replaces text that must occur exactly once (or every occurrence). The one relaxation: line ends and spaces at line ends need
 * not agree. Never by similarity, which could overwrite the wrong place.
 */
export function applyEdit(content: string, edit: Edit): EditResult {
  if (edit.old === '') return refused('"old" is empty; to make a new file or replace a whole one use write');
  if (edit.old === edit.new) return refused('"old" and "new" are the same; nothing would change');
  const places = exactPlaces(content, edit.old);
  if (places.length > 0) return replaceAt(content, places, edit);
  const relaxed = relaxedPlaces(content, edit.old);
  if (relaxed.length > 0) return replaceAt(content, relaxed, edit);
  const lines = content.split('\n').map((line) => line.replace(/\r$/, ''));
  return refused(`"old" was not found${nearestLines(lines, edit.old.split('\n')) ?? '; read the file again, and copy the text exactly'}`);
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function exactPlaces(content: string, old: string): Place[] {
  const places: Place[] = [];
  for (let at = content.indexOf(old); at >= 0; at = content.indexOf(old, at + old.length)) places.push({ start: at, end: at + old.length });
  return places;
}

function relaxedPlaces(content: string, old: string): Place[] {
  const text = withoutLineEnds(content);
  const wanted = withoutLineEnds(old).text;
  if (wanted.trim() === '') return [];
  return exactPlaces(text.text, wanted).map(({ start, end }) => ({ start: text.origin[start] ?? 0, end: (text.origin[end - 1] ?? 0) + 1 }));
}

/** The text without carriage returns and spaces at line ends, and where each of its characters was. */
function withoutLineEnds(content: string): { text: string; origin: number[] } {
  const origin: number[] = [];
  let text = '';
  for (const line of content.matchAll(/[^\n]*(?:\n|$)/g)) {
    const body = line[0].replace(/[ \t\r]*\n?$/, '');
    const kept = line[0].endsWith('\n') ? `${body}\n` : body;
    for (let n = 0; n < body.length; n++) origin.push(line.index + n);
    if (kept.length > body.length) origin.push(line.index + line[0].length - 1);
    text += kept;
  }
  return { text, origin };
}

function replaceAt(content: string, places: readonly Place[], edit: Edit): EditResult {
  const lines = places.map(({ start }) => lineAt(content, start));
  if (places.length > 1 && !edit.replaceAll) return refused(`"old" matches ${places.length} times, at lines ${listed(lines)}; add lines around it until it is unique, or set replaceAll`);
  const fresh = withLineEndsOf(content, edit.new);
  let result = '';
  let from = 0;
  for (const { start, end } of places) {
    result += content.slice(from, start) + fresh;
    from = end;
  }
  return { ok: true, content: result + content.slice(from), replaced: places.length, line: lines[0] ?? 1 };
}

/** New lines get the line ends of the file that they come into. */
function withLineEndsOf(content: string, text: string): string {
  const windows = content.split('\r\n').length - 1;
  const all = content.split('\n').length - 1;
  return windows > 0 && windows === all ? text.replace(/\r?\n/g, '\r\n') : text;
}

function lineAt(content: string, index: number): number {
  return content.slice(0, index).split('\n').length;
}

function listed(lines: readonly number[]): string {
  return lines.length <= 8 ? lines.join(', ') : `${lines.slice(0, 8).join(', ')} …`;
}

function refused(reason: string): EditResult {
  return { ok: false, reason };
}
