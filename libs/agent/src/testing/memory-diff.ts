import type { ChangedFile, WorkspaceDiff } from '../workspace';
import type { Files } from './small-shell';

/** What differs between two sets of files, as one hunk a file: long, but `git apply` takes it. */
export function diffFiles(base: Files, head: Files): WorkspaceDiff {
  const paths = [...new Set([...base.keys(), ...head.keys()])].filter((path) => base.get(path) !== head.get(path)).sort();
  const changed = paths.map((path) => ({ path, before: base.get(path), after: head.get(path) }));
  return { files: changed.map(changedFile), patch: changed.map(filePatch).join('') };
}

interface Change {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

function changedFile({ path, before, after }: Change): ChangedFile {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const binary = [before, after].some((text) => text?.includes('\0'));
  const status = before === undefined ? 'added' : after === undefined ? 'deleted' : 'modified';
  return { path, oldPath: null, status, additions: binary ? 0 : missing(fresh, old), deletions: binary ? 0 : missing(old, fresh), binary };
}

/** How many lines of one list the other lacks. */
function missing(lines: readonly string[], other: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of other) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const n = left.get(line) ?? 0;
    left.set(line, n - 1);
    return n <= 0;
  }).length;
}

function filePatch({ path, before, after }: Change): string {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const head = [`diff --git a/${path} b/${path}`, ...(before === undefined ? ['new file mode 100644'] : []), ...(after === undefined ? ['deleted file mode 100644'] : [])];
  const names = [`--- ${before === undefined ? '/dev/null' : `a/${path}`}`, `+++ ${after === undefined ? '/dev/null' : `b/${path}`}`];
  const hunk = `@@ -${old.length === 0 ? 0 : 1},${old.length} +${fresh.length === 0 ? 0 : 1},${fresh.length} @@`;
  return [...head, ...names, hunk, ...marked('-', before, old), ...marked('+', after, fresh), ''].join('\n');
}

function marked(sign: string, text: string | undefined, lines: readonly string[]): string[] {
  const isCut = text !== undefined && text !== '' && !text.endsWith('\n');
  return [...lines.map((line) => sign + line), ...(isCut ? ['\\ No newline at end of file'] : [])];
}

function linesOf(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
