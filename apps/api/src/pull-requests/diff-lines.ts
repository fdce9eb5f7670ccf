import type { ChangedFile } from '@app/github';

export interface WantedLines {
  readonly path: string;
  readonly line: number;
  readonly side: 'LEFT' | 'RIGHT';
  readonly startLine?: number | null;
}

/** What keeps a comment from standing there; null: nothing. GitHub refuses a whole review for one such place. */
export type Misplaced = { readonly field: 'path' | 'line' | 'startLine'; readonly detail: string } | null;

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/** Whether the change shows these lines, all in one hunk. */
export function misplaced(files: readonly ChangedFile[], { path, line, side, startLine }: WantedLines): Misplaced {
  const file = files.find((one) => one.path === path);
  if (!file) return { field: 'path', detail: 'is no file of the change' };
  if (file.patch === null) return { field: 'path', detail: 'has no lines that GitHub shows: it is binary, or its change is too large' };
  const hunks = linesOf(file.patch, side);
  const hunk = hunks.find((lines) => lines.has(line));
  if (!hunk) return { field: 'line', detail: 'is no line that the change shows on that side' };
  if (startLine === null || startLine === undefined) return null;
  if (startLine > line) return { field: 'startLine', detail: 'comes after line' };
  return hunk.has(startLine) ? null : { field: 'startLine', detail: 'is no line of the same hunk' };
}

/** Numbers of the lines that each hunk shows on one side: LEFT has what was deleted, RIGHT what was added, both what stayed. */
function linesOf(patch: string, side: 'LEFT' | 'RIGHT'): Set<number>[] {
  const hunks: Set<number>[] = [];
  let next = 0;
  for (const text of patch.split('\n')) {
    const head = HUNK.exec(text);
    if (head) {
      hunks.push(new Set());
      next = Number(head[side === 'LEFT' ? 1 : 2]);
    } else if (text.startsWith(' ') || text.startsWith(side === 'LEFT' ? '-' : '+')) {
      hunks.at(-1)?.add(next);
      next += 1;
    }
  }
  return hunks;
}
