import { showInvisible } from '../text/printable';
import { parsePatch, type PatchFile, type PatchHunk, type PatchLine } from './patch';

export type DiffSide = 'LEFT' | 'RIGHT';

/** Context of a hunk that the model sees: enough to know where it is. */
const BEFORE = 5;
const AFTER = 1;
const CHARACTERS_PER_TOKEN = 3;
const MAX_LINE = 1_000;
const MAX_NAMED = 200;

/** What is shown of a diff, and the files that did not fit, each with the reason. */
export interface ShownDiff {
  readonly text: string;
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
}

/** What came after an earlier review of the same change: only that is judged. */
export interface NewerCommits {
  /** The commit that was reviewed. */
  readonly sha: string;
  /** From there to the head. */
  readonly patch: string;
}

/** A change as it is reviewed: which lines it has, and how it is put before a model. */
export class ReviewDiff {
  readonly files: readonly PatchFile[];
  /** The parts of files that are judged; null: all. */
  readonly #judged: ReadonlySet<PatchHunk> | null;
  readonly #lines = new Map<string, Map<number, string>>();
  readonly #hunks = new Map<string, Map<number, number>>();

  constructor(
    patch: string,
    /** Where the change begins (merge base) and ends, and what the two are called. */
    readonly range: { readonly baseSha: string; readonly headSha: string; readonly base: string; readonly head: string },
    readonly since: NewerCommits | null = null,
  ) {
    this.files = parsePatch(patch);
    for (const file of this.files) this.#index(file);
    this.#judged = since === null ? null : hunksTouchedBy(since.patch, this.files);
  }

  /** Whether a line is in a part of the change that this review judges. */
  isJudged(path: string, side: DiffSide, line: number): boolean {
    if (this.#judged === null) return true;
    const hunk = this.files.find((file) => file.path === path)?.hunks[this.#hunks.get(key(path, side))?.get(line) ?? -1];
    return hunk !== undefined && this.#judged.has(hunk);
  }

  /** Whether a whole file is in it. */
  isFileJudged(path: string): boolean {
    return this.#judged === null || (this.files.find((file) => file.path === path)?.hunks.some((hunk) => this.#judged?.has(hunk)) ?? false);
  }

  /** Whether a file is part of the change. */
  has(path: string): boolean {
    return this.files.some((file) => file.path === path);
  }

  /** The text of a line of the change, with the context that the diff has around it; null: it is not in there. */
  lineAt(path: string, side: DiffSide, line: number): string | null {
    return this.#lines.get(key(path, side))?.get(line) ?? null;
  }

  /** The texts of a range that lies within one hunk; null: it does not. */
  linesOf(path: string, side: DiffSide, from: number, to: number): string[] | null {
    const hunks = this.#hunks.get(key(path, side));
    const hunk = hunks?.get(from);
    const texts: string[] = [];
    for (let line = from; line <= to; line++) {
      const text = this.lineAt(path, side, line);
      if (text === null || hunks?.get(line) !== hunk) return null;
      texts.push(text);
    }
    return texts;
  }

  /** The ranges of a file that can be commented, for people and models. */
  rangesOf(path: string, side: DiffSide): string {
    const lines = [...(this.#lines.get(key(path, side))?.keys() ?? [])].sort((a, b) => a - b);
    const ranges: [number, number][] = [];
    for (const line of lines) {
      const last = ranges.at(-1);
      if (last && last[1] === line - 1) last[1] = line;
      else ranges.push([line, line]);
    }
    return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
  }

  /**
   * The diff for a model, within so many tokens: new and old lines of a hunk apart, the new ones with their numbers. Hunks that only delete are
   * left out. The files of the change's main language come first, small ones before large ones; what does not fit is named.
   */
  shown(maxTokens: number): ShownDiff {
    let room = maxTokens * CHARACTERS_PER_TOKEN;
    const parts: string[] = [];
    const leftOut: { path: string; reason: string }[] = [];
    const main = mainLanguage(this.files);
    const judged = this.files.filter((file) => this.isFileJudged(file.path));
    const sorted = judged.map((file) => ({ file, text: fileText(file, (hunk) => this.#judged?.has(hunk) ?? true) })).sort((a, b) => Number(extension(b.file.path) === main) - Number(extension(a.file.path) === main) || (a.text?.length ?? 0) - (b.text?.length ?? 0));
    for (const { file, text } of sorted) {
      if (text === null) leftOut.push({ path: file.path, reason: file.binary ? 'binary' : 'nothing was added' });
      else if (text.length > room) leftOut.push({ path: file.path, reason: 'the diff is too large' });
      else {
        room -= text.length;
        parts.push(text);
      }
    }
    return { text: showInvisible([...parts, ...noteOf(leftOut)].join('\n\n')), leftOut };
  }

  #index(file: PatchFile): void {
    const sides: readonly [DiffSide, (line: PatchLine) => number | null][] = [['RIGHT', (line) => line.fresh], ['LEFT', (line) => line.old]];
    for (const [side, numberOf] of sides) {
      const lines = file.hunks.flatMap((hunk, n) => hunk.lines.map((line) => ({ number: numberOf(line), text: line.text, hunk: n }))).filter((line) => line.number !== null);
      this.#lines.set(key(file.path, side), new Map(lines.map(({ number, text }) => [number ?? 0, text])));
      this.#hunks.set(key(file.path, side), new Map(lines.map(({ number, hunk }) => [number ?? 0, hunk])));
    }
  }
}

function key(path: string, side: DiffSide): string {
  return `${side}:${path}`;
}

function fileText(file: PatchFile, isShown: (hunk: PatchHunk) => boolean): string | null {
  if (file.binary) return null;
  const hunks = file.hunks.filter(isShown).map(hunkText).filter((text) => text !== null);
  if (hunks.length === 0) return file.status === 'renamed' ? `## File: ${file.path} (renamed from ${file.oldPath}, not changed)` : null;
  const how = file.status === 'renamed' ? `renamed from ${file.oldPath}` : file.status;
  return [`## File: ${file.path} (${how})`, ...hunks].join('\n\n');
}

/** New and old lines apart; null: it only deletes. */
function hunkText(hunk: PatchHunk): string | null {
  if (!hunk.lines.some((line) => line.kind === 'added')) return null;
  const lines = trimmed(hunk.lines);
  const fresh = lines.flatMap((line) => (line.fresh === null ? [] : [`${String(line.fresh).padStart(5)} ${line.kind === 'added' ? '+' : ' '}${line.text.slice(0, MAX_LINE)}`]));
  const removed = lines.some((line) => line.kind === 'removed');
  const old = removed ? ['__old__', ...lines.flatMap((line) => (line.old === null ? [] : [`      ${line.kind === 'removed' ? '-' : ' '}${line.text.slice(0, MAX_LINE)}`]))] : [];
  return [`@@ ${hunk.heading}`.trimEnd(), '__new__', ...fresh, ...old].join('\n');
}

function trimmed(lines: readonly PatchLine[]): readonly PatchLine[] {
  const first = lines.findIndex((line) => line.kind !== 'context');
  const last = lines.findLastIndex((line) => line.kind !== 'context');
  return lines.slice(Math.max(0, first - BEFORE), last + 1 + AFTER);
}

function noteOf(leftOut: ShownDiff['leftOut']): string[] {
  if (leftOut.length === 0) return [];
  const named = leftOut.slice(0, MAX_NAMED).map(({ path, reason }) => `- ${path} (${reason})`);
  return [['## Not shown here; read them with the tools where they matter', ...named, ...(leftOut.length > MAX_NAMED ? [`- and ${leftOut.length - MAX_NAMED} more`] : [])].join('\n')];
}

/** The file ending with the most changed lines. */
function mainLanguage(files: readonly PatchFile[]): string {
  const sizes = new Map<string, number>();
  for (const file of files) {
    const size = file.hunks.reduce((sum, hunk) => sum + hunk.lines.filter((line) => line.kind !== 'context').length, 0);
    sizes.set(extension(file.path), (sizes.get(extension(file.path)) ?? 0) + size);
  }
  return [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

function extension(path: string): string {
  return /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
}

/** The parts of a change that later commits changed lines of. */
function hunksTouchedBy(patch: string, files: readonly PatchFile[]): Set<PatchHunk> {
  const touched = new Map(parsePatch(patch).map((file) => [file.path, touchedLines(file)]));
  return new Set(files.flatMap(({ path, hunks }) => hunks.filter((hunk) => hunk.lines.some(({ fresh }) => fresh !== null && (touched.get(path)?.has(fresh) ?? false)))));
}

/** New lines that a patch adds, and those around what it only removes. */
function touchedLines({ hunks }: PatchFile): Set<number> {
  const touched = new Set<number>();
  for (const { lines } of hunks) {
    let last = 0;
    for (const { kind, fresh } of lines) {
      if (kind === 'added' && fresh !== null) touched.add(fresh);
      if (kind === 'removed') touched.add(last).add(last + 1);
      last = fresh ?? last;
    }
  }
  return touched;
}
