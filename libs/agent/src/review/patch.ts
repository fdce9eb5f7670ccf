/** One line of a hunk. `old` and `fresh` are its numbers; null where it does not exist on that side. */
export interface PatchLine {
  readonly kind: 'context' | 'added' | 'removed';
  readonly old: number | null;
  readonly fresh: number | null;
  readonly text: string;
}

export interface PatchHunk {
  /** What git found to be around it: a function's head, mostly. */
  readonly heading: string;
  readonly lines: readonly PatchLine[];
}

export interface PatchFile {
  readonly path: string;
  readonly oldPath: string;
  readonly status: 'added' | 'deleted' | 'renamed' | 'modified';
  readonly binary: boolean;
  /** Modes before and after, where the patch names them: 120000 is a link. */
  readonly modes: readonly string[];
  readonly hunks: readonly PatchHunk[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** The files of a patch as `git diff` writes it. What does not read as one is left out. */
export function parsePatch(patch: string): PatchFile[] {
  const lines = patch.split('\n');
  const starts = startsOf(lines);
  return starts.map((start, n) => readFile(lines.slice(start, starts[n + 1] ?? lines.length)));
}

/** Lines that a patch adds, with their numbers on the new side. */
export function addedLinesIn(patch: string): { path: string; line: number; text: string }[] {
  return parsePatch(patch).flatMap(({ path, hunks }) =>
    hunks.flatMap((hunk) => hunk.lines.flatMap(({ kind, fresh, text }) => (kind === 'added' && fresh !== null ? [{ path, line: fresh, text }] : []))));
}

/** Where files begin. A line inside of a hunk begins with a sign, so none of them is taken for a header. */
function startsOf(lines: readonly string[]): number[] {
  return lines.flatMap((line, n) => (line.startsWith('diff --git ') ? [n] : []));
}

function readFile(lines: readonly string[]): PatchFile {
  const first = lines.findIndex((line) => HUNK.test(line));
  const head = first < 0 ? lines : lines.slice(0, first);
  const value: HeadValue = (prefix) => head.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? null;
  const [a, b] = namesOf(head[0] ?? '');
  const names = { oldPath: unquoted(value('rename from ')) ?? side(value('--- ')) ?? a, path: unquoted(value('rename to ')) ?? side(value('+++ ')) ?? b };
  const binary = head.some((line) => line === 'GIT binary patch' || line.startsWith('Binary files '));
  return { ...names, status: statusOf(value), binary, modes: modesOf(value), hunks: readHunks(first < 0 ? [] : lines.slice(first)) };
}

type HeadValue = (prefix: string) => string | null;

function modesOf(value: HeadValue): string[] {
  const modes = ['old mode ', 'new mode ', 'new file mode ', 'deleted file mode '].flatMap((prefix) => value(prefix) ?? []);
  const index = / (\d{6})$/.exec(value('index ') ?? '')?.[1];
  return index === undefined ? modes : [...modes, index];
}

function statusOf(value: HeadValue): PatchFile['status'] {
  if (value('new file mode ') !== null) return 'added';
  if (value('deleted file mode ') !== null) return 'deleted';
  return value('rename from ') === null ? 'modified' : 'renamed';
}

function readHunks(lines: readonly string[]): PatchHunk[] {
  const hunks: { heading: string; lines: PatchLine[] }[] = [];
  let [old, fresh] = [0, 0];
  for (const line of lines) {
    const start = HUNK.exec(line);
    if (start) {
      [old, fresh] = [Number(start[1]), Number(start[3])];
      hunks.push({ heading: start[5] ?? '', lines: [] });
      continue;
    }
    const [sign, text] = [line.charAt(0), line.slice(1)];
    const into = hunks.at(-1)?.lines;
    if (sign === ' ') into?.push({ kind: 'context', old: old++, fresh: fresh++, text });
    else if (sign === '+') into?.push({ kind: 'added', old: null, fresh: fresh++, text });
    else if (sign === '-') into?.push({ kind: 'removed', old: old++, fresh: null, text });
  }
  return hunks;
}

function side(name: string | null): string | null {
  const plain = unquoted(name === null ? null : name.replace(/\t$/, ''));
  return plain === null || plain === '/dev/null' ? null : plain.slice(2);
}

/** The two names of `diff --git a/x b/x`, for files without any other line that names them: there both are the same. */
function namesOf(line: string): [string, string] {
  const rest = line.slice('diff --git '.length);
  const quoted = /^"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$/.exec(rest);
  if (quoted) return [unescaped(quoted[1] ?? '').slice(2), unescaped(quoted[2] ?? '').slice(2)];
  const half = rest.slice(0, Math.floor(rest.length / 2)).slice(2);
  return [half, half];
}

function unquoted(name: string | null): string | null {
  return name !== null && name.startsWith('"') && name.endsWith('"') ? unescaped(name.slice(1, -1)) : name;
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** Git writes bytes beyond ASCII as octal numbers. */
function unescaped(text: string): string {
  const bytes: number[] = [];
  for (const [, octal, letter, plain] of text.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (letter !== undefined) bytes.push(ESCAPES[letter] ?? letter.charCodeAt(0));
    else bytes.push(...Buffer.from(plain ?? ''));
  }
  return Buffer.from(bytes).toString('utf8');
}
