/** One line of a hunk: kept, taken out or put in. */
export interface HunkLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** A place in a file and what changes there. `headers`: lines to look for first, one after the other. */
export interface Hunk {
  readonly headers: readonly string[];
  readonly lines: readonly HunkLine[];
  /** It stands at the end of the file. */
  readonly atEnd: boolean;
}

export type FilePatch =
  | { readonly t: 'add'; readonly path: string; readonly content: string }
  | { readonly t: 'delete'; readonly path: string }
  | { readonly t: 'update'; readonly path: string; readonly moveTo: string | null; readonly hunks: readonly Hunk[] };

export type ParsedPatch = { readonly ok: true; readonly files: readonly FilePatch[] } | { readonly ok: false; readonly reason: string };

const BEGIN = '*** Begin Patch';
const END = '*** End Patch';
const SECTION = /^\*\*\* (Add|Delete|Update) File: ?(.*)$/;
const MOVE = /^\*\*\* Move to: ?(.*)$/;
const END_OF_FILE = '*** End of File';
const LINE_NUMBERS = /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/;
const MAX_FILES = 100;

/** What is wrong with a patch, in words for the model. */
class PatchFault extends Error {}

/** Reads a patch in the V4A format. Hunks of unified diffs are taken as well: their line numbers are ignored. */
export function parsePatch(text: string): ParsedPatch {
  try {
    return { ok: true, files: readFiles(bodyOf(text)) };
  } catch (error) {
    if (error instanceof PatchFault) return { ok: false, reason: error.message };
    throw error;
  }
}

/** Lines between the two marks, with their numbers in the patch. A here-document or a fence around them is taken off. */
function bodyOf(text: string): PatchLines {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  const begin = lines.findIndex((line) => line.trim() === BEGIN);
  const end = lines.findLastIndex((line) => line.trim() === END);
  if (begin < 0) throw new PatchFault(`the patch must begin with the line "${BEGIN}"`);
  if (lines.slice(0, begin).some((line) => !/^\s*(?:```\w*|(?:apply_patch\s*)?<<\s*['"]?\w+['"]?)?\s*$/.test(line))) throw new PatchFault(`only the patch may be sent: there is text before "${BEGIN}"`);
  if (end < begin) throw new PatchFault(`the patch must end with the line "${END}"; it was cut off or the line is missing`);
  return new PatchLines(lines.slice(begin + 1, end), begin + 2);
}

/** Reads forward; knows where it is. */
class PatchLines {
  private at = 0;

  constructor(
    private readonly lines: readonly string[],
    private readonly firstNumber: number,
  ) {}

  get next(): string | undefined {
    return this.lines[this.at];
  }

  take(): string {
    return this.lines[this.at++] ?? '';
  }

  fault(reason: string): PatchFault {
    return new PatchFault(`line ${this.firstNumber + this.at} of the patch: ${reason}`);
  }
}

function readFiles(lines: PatchLines): FilePatch[] {
  const files: FilePatch[] = [];
  while (lines.next !== undefined) {
    if (lines.next.trim() === '') {
      lines.take();
      continue;
    }
    files.push(readFile(lines));
  }
  if (files.length === 0) throw new PatchFault('the patch names no file; add a section such as "*** Update File: path"');
  if (files.length > MAX_FILES) throw new PatchFault(`the patch has ${files.length} files; at most ${MAX_FILES} are taken at once`);
  return files;
}

function readFile(lines: PatchLines): FilePatch {
  const [, kind, given = ''] = SECTION.exec((lines.next ?? '').trimEnd()) ?? [];
  if (kind === undefined) throw lines.fault(`"${shown(lines.next)}" is no section; each begins with "*** Add File: path", "*** Update File: path" or "*** Delete File: path"`);
  const path = given.trim();
  if (path === '') throw lines.fault(`the path after "*** ${kind} File:" is missing`);
  lines.take();
  if (kind === 'Delete') return { t: 'delete', path };
  return kind === 'Add' ? { t: 'add', path, content: readContent(lines) } : readUpdate(lines, path);
}

function readContent(lines: PatchLines): string {
  const content: string[] = [];
  while (lines.next?.startsWith('+')) content.push(lines.take().slice(1));
  const { next } = lines;
  if (next !== undefined && next.trim() !== '' && !SECTION.test(next)) throw lines.fault(`each line of a new file begins with "+"; "${shown(next)}" does not`);
  return content.length === 0 ? '' : `${content.join('\n')}\n`;
}

function readUpdate(lines: PatchLines, path: string): FilePatch {
  const moveTo = readMove(lines);
  const hunks: Hunk[] = [];
  while (lines.next !== undefined && !isSection(lines.next)) {
    if (hunks.length > 0 && lines.next.trim() === '') lines.take();
    else hunks.push(readHunk(lines, hunks.length === 0));
  }
  if (hunks.length === 0 && moveTo === null) throw lines.fault(`the section of ${path} changes nothing; add a hunk that begins with "@@"`);
  return { t: 'update', path, moveTo, hunks };
}

function readMove(lines: PatchLines): string | null {
  const given = MOVE.exec((lines.next ?? '').trimEnd())?.[1];
  if (given === undefined) return null;
  if (given.trim() === '') throw lines.fault('the path after "*** Move to:" is missing');
  lines.take();
  return given.trim();
}

/** Only the first hunk of a file may do without its "@@". */
function readHunk(lines: PatchLines, isFirst: boolean): Hunk {
  if (!isFirst && !lines.next?.startsWith('@@')) throw lines.fault(`"${shown(lines.next)}" stands between hunks; a hunk begins with "@@", and each of its lines with a space, "-" or "+"`);
  const headers: string[] = [];
  while (lines.next?.startsWith('@@')) headers.push(...headerOf(lines.take()));
  const body: HunkLine[] = [];
  for (let line = hunkLine(lines); line !== null; line = hunkLine(lines)) body.push(line);
  if (lines.next?.trimEnd() === END_OF_FILE) {
    lines.take();
    return { headers, lines: changing(body, lines), atEnd: true };
  }
  return { headers, lines: changing(withoutBlankEnd(body, lines.next), lines), atEnd: false };
}

function changing(body: readonly HunkLine[], lines: PatchLines): readonly HunkLine[] {
  if (body.length === 0) throw lines.fault(unknownLine(lines.next));
  if (body.every((line) => line.sign === ' ')) throw lines.fault('the hunk changes nothing: no line of it begins with "-" or "+"');
  return body;
}

function unknownLine(line: string | undefined): string {
  return `"${shown(line)}": each line of a hunk begins with a space, "-" or "+"`;
}

/** The text after "@@" to look for; line numbers say nothing, because files change. */
function headerOf(line: string): string[] {
  const text = (LINE_NUMBERS.test(line) ? '' : line.slice(2).replace(/\s+@@$/, '')).trim();
  return text === '' || text === '@@' ? [] : [text];
}

function hunkLine(lines: PatchLines): HunkLine | null {
  const { next } = lines;
  if (next === undefined || next.startsWith('@@') || next.startsWith('*** ')) return null;
  // Models leave out the space of an empty kept line.
  if (next === '') return { sign: ' ', text: lines.take() };
  const sign = next.charAt(0);
  if (next.startsWith('\\ No newline')) {
    lines.take();
    return hunkLine(lines);
  }
  if (sign !== ' ' && sign !== '-' && sign !== '+') throw lines.fault(unknownLine(next));
  return { sign, text: lines.take().slice(1) };
}

/** Empty lines between sections are no part of the file. */
function withoutBlankEnd(lines: readonly HunkLine[], next: string | undefined): readonly HunkLine[] {
  if (next !== undefined && next.startsWith('@@')) return lines;
  const last = lines.findLastIndex((line) => line.sign !== ' ' || line.text !== '');
  return lines.slice(0, last + 1);
}

function isSection(line: string): boolean {
  return SECTION.test(line.trimEnd());
}

function shown(line: string | undefined): string {
  return (line ?? '').slice(0, 80);
}
