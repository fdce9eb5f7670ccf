import type { DiffFileResponse, DiffHunkResponse } from '../dto/diff.dto';

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** A file of the patch while it is read. */
interface OpenFile extends DiffFileResponse {
  /** Lines that the hunk still has to bring, on each side. */
  left: { old: number; new: number };
}

/** Reads a patch as `git diff` writes it, file by file. Inside a hunk only the counts of its header say what a line is. */
export function parsePatch(patch: string): DiffFileResponse[] {
  const files: OpenFile[] = [];
  for (const line of patch.split('\n')) {
    const file = files.at(-1);
    if (file && (file.left.old > 0 || file.left.new > 0)) readHunkLine(file, line);
    else if (line.startsWith('diff --git ')) files.push(begin(line));
    else if (file) readHeader(file, line);
  }
  return files.map(({ path, oldPath, status, additions, deletions, binary, hunks }) => ({ path, oldPath, status, additions, deletions, binary, hunks }));
}

function begin(line: string): OpenFile {
  const names = line.slice('diff --git '.length);
  // Both names are the same unless a header further down says otherwise, so the middle divides them, quoted or not.
  const path = unquote(names.slice(names.length - (names.length - 1) / 2), 'b/');
  return { path, oldPath: null, status: 'modified', additions: 0, deletions: 0, binary: false, hunks: [], left: { old: 0, new: 0 } };
}

/** What each line between `diff --git` and the first hunk says about its file; the key is how the line begins. */
const HEADERS: readonly (readonly [start: string, read: (file: OpenFile, rest: string) => void])[] = [
  ['new file mode', (file) => void (file.status = 'added')],
  ['deleted file mode', (file) => void (file.status = 'deleted')],
  ['rename from ', (file, rest) => void (file.oldPath = unquote(rest, ''))],
  ['copy from ', (file, rest) => void (file.oldPath = unquote(rest, ''))],
  ['rename to ', (file, rest) => void Object.assign(file, { status: 'renamed', path: unquote(rest, '') })],
  ['copy to ', (file, rest) => void Object.assign(file, { status: 'copied', path: unquote(rest, '') })],
  ['--- ', (file, rest) => void (file.status === 'deleted' && (file.path = unquote(rest, 'a/')))],
  ['+++ ', (file, rest) => void (rest !== '/dev/null' && (file.path = unquote(rest, 'b/')))],
  ['GIT binary patch', (file) => void (file.binary = true)],
  ['Binary files ', (file) => void (file.binary = true)],
];

function readHeader(file: OpenFile, line: string): void {
  const hunk = HUNK.exec(line);
  if (hunk) {
    openHunk(file, hunk);
    return;
  }
  const header = HEADERS.find(([start]) => line.startsWith(start));
  header?.[1](file, line.slice(header[0].length));
}

function openHunk(file: OpenFile, [, oldStart = '0', oldLines = '1', newStart = '0', newLines = '1', header = '']: RegExpExecArray): void {
  const hunk: DiffHunkResponse = { oldStart: Number(oldStart), oldLines: Number(oldLines), newStart: Number(newStart), newLines: Number(newLines), header, lines: [] };
  file.hunks.push(hunk);
  file.left = { old: hunk.oldLines, new: hunk.newLines };
}

function readHunkLine(file: OpenFile, line: string): void {
  file.hunks.at(-1)?.lines.push(line);
  const mark = line[0];
  if (mark === '+') {
    file.additions++;
    file.left.new--;
  } else if (mark === '-') {
    file.deletions++;
    file.left.old--;
  } else if (mark !== '\\') {
    file.left.old--;
    file.left.new--;
  }
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** A name as git writes it: in quotes with C escapes (bytes in octal) when it holds anything unusual; a tab ends one with spaces. */
function unquote(name: string, prefix: string): string {
  const plain = name.startsWith('"') ? unescape(name.slice(1, name.lastIndexOf('"'))) : name.replace(/\t$/, '');
  return plain.startsWith(prefix) ? plain.slice(prefix.length) : plain;
}

function unescape(text: string): string {
  const bytes: Buffer[] = [];
  for (const part of text.split(/(\\(?:[0-7]{3}|.))/)) {
    const isEscape = part.startsWith('\\') && part.length > 1;
    const octal = isEscape && part.length === 4;
    bytes.push(!isEscape ? Buffer.from(part) : Buffer.from([octal ? parseInt(part.slice(1), 8) & 0xff : (ESCAPES[part[1] ?? ''] ?? 63)]));
  }
  return Buffer.concat(bytes).toString('utf8');
}
