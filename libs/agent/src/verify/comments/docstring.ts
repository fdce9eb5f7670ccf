import type { CodeLines } from './code-lines';

/**
 * Which texts in quotes are Python's docstrings: whole statements that nothing is done with. A program that reads its own docstrings has
 * none to us: there they are code.
 */
export class DocstringContext {
  #depth = 0;

  constructor(private readonly readsItsOwn: boolean) {}

  seen(character: string): void {
    if ('([{'.includes(character)) this.#depth += 1;
    else if (')]}'.includes(character)) this.#depth = Math.max(0, this.#depth - 1);
  }

  isDocstring(out: CodeLines, { text, end }: { text: string; end: number }): boolean {
    if (this.readsItsOwn || this.#depth > 0 || out.current !== '' || out.last?.text.endsWith('\\')) return false;
    const lineEnd = text.indexOf('\n', end);
    return /^[ \t]*\r?(?:#.*)?$/.test(text.slice(end, lineEnd < 0 ? text.length : lineEnd));
  }
}
