import { addedLinesIn } from '../review/patch';

export interface Leftover {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** Statements that stop a program for somebody who watches it, or print for nobody else. */
const AIDS = /\bdebugger\s*;|\bbreakpoint\(\)|\bpdb\.set_trace\(|\bipdb\b|\bbinding\.pry\b|\bbyebug\b|\bdbg!\(|\bvar_dump\(|\bconsole\.(?:log|debug|trace)\(|\bSystem\.out\.println\(\s*"(?:DEBUG|>>>|XXX)|\bprint\(\s*f?["'](?:DEBUG|>>>|XXX)|\bfmt\.Print(?:ln|f)\("(?:DEBUG|>>>|XXX)/;
const MAX_TEXT = 80;

/** Aids of a search for a mistake that a change adds. */
export function leftoversIn(patch: string): Leftover[] {
  return addedLinesIn(patch).filter(({ text }) => AIDS.test(text)).map(({ path, line, text }) => ({ path, line, text: text.trim().slice(0, MAX_TEXT) }));
}
