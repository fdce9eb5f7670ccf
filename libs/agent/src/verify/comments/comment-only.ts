import type { CodeLine, CodeView } from './code-lines';
import { languageOf, type Language } from './languages';
import { codeOf, Unclear } from './scanner';

/** Where a change touches more than comments, in words. */
export interface CodeChange {
  /** In the new text, from 1. */
  readonly line: number;
  readonly reason: string;
}

/** The first place where two texts of one file differ in more than comments; null: there is none. */
export function codeChange(path: string, before: string, after: string): CodeChange | null {
  const language = languageOf(path);
  if (language === null) return { line: 1, reason: 'comments of this kind of file cannot be told from code, so only documents may be changed' };
  const [old, fresh] = [viewOf(before, language), viewOf(after, language)];
  if (!('lines' in fresh)) return fresh;
  if (!('lines' in old)) return { line: 1, reason: `as it was before, ${old.reason}` };
  return firstDifference(old, fresh);
}

function viewOf(text: string, language: Language): CodeView | CodeChange {
  try {
    return codeOf(text, language);
  } catch (error) {
    if (error instanceof Unclear) return { line: error.line, reason: error.message };
    throw error;
  }
}

function firstDifference(old: CodeView, fresh: CodeView): CodeChange | null {
  const length = Math.max(old.lines.length, fresh.lines.length);
  for (let n = 0; n < length; n++) if (old.lines[n]?.text !== fresh.lines[n]?.text) return differenceAt(old.lines[n], fresh.lines[n], fresh);
  return docstringGone(old, fresh);
}

function differenceAt(before: CodeLine | undefined, after: CodeLine | undefined, fresh: CodeView): CodeChange {
  if (after === undefined) return { line: lastLine(fresh), reason: `code is gone that was in line ${before?.line ?? 1}` };
  return { line: after.line, reason: before === undefined ? 'this line of code is new' : `the code of this line differs from line ${before.line} before` };
}

/** Code may need the docstring that stands alone in its body. */
function docstringGone(old: CodeView, fresh: CodeView): CodeChange | null {
  const kept = new Set(fresh.docs);
  const gone = old.docs.find((at) => !kept.has(at));
  return gone === undefined ? null : { line: fresh.lines[gone]?.line ?? lastLine(fresh), reason: 'a docstring is gone from here' };
}

function lastLine(view: CodeView): number {
  return view.lines.at(-1)?.line ?? 1;
}
