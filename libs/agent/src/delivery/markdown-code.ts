export interface Piece {
  readonly code: boolean;
  readonly text: string;
}

interface Fence {
  readonly indent: number;
  readonly marks: string;
  readonly mayOpen: boolean;
  readonly mayClose: boolean;
}

/** Forges draw these as pictures, with links in them. */
const DRAWN = /^(\s*(?:`{3,}|~{3,})\s*)(?:mermaid|geojson|topojson|stl|math)\b/i;
/** A fence in a list item or a quotation ends with it, wherever that is: from there on we would guess. */
const FENCE_IN_CONTAINER = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)]|>)[ \t]*)+(?:`{3,}|~{3,})/;
/** With a table about, a `|` ends a cell, and with it the code. */
const TABLE_RULE = /^[ \t>]*\|?[ \t]*:?-+:?[ \t]*\|/m;

/**
 * Fenced blocks and inline code apart from prose. Where it cannot be told whether a forge takes something for code, it is prose: that is the
 * side on which nothing gets out. A fence that is never closed is closed at the end, as forges read it.
 */
export function splitCode(markdown: string): Piece[] {
  const splitter = new CodeSplitter(TABLE_RULE.test(markdown));
  for (const line of markdown.split(/(?<=\n)/)) splitter.add(line);
  return splitter.end();
}

class CodeSplitter {
  private readonly pieces: Piece[] = [];
  private lines: string[] = [];
  private open: Fence | null = null;
  private isGuess = false;

  constructor(private readonly inTable: boolean) {}

  add(line: string): void {
    if (!this.isGuess && this.isUnclear(line)) this.guessFromHere();
    const fence = this.isGuess ? null : fenceOf(line);
    if (this.open !== null) this.addCode(line, this.open, fence);
    else if (fence?.mayOpen === true) this.begin(line, fence);
    else this.lines.push(line);
  }

  end(): Piece[] {
    if (this.open !== null) this.lines.push(`${this.lines.at(-1)?.endsWith('\n') ? '' : '\n'}${' '.repeat(this.open.indent)}${this.open.marks}`);
    this.take(this.open !== null);
    return this.pieces;
  }

  private begin(line: string, fence: Fence): void {
    this.take(false);
    this.open = fence;
    this.lines.push(line.replace(DRAWN, '$1text'));
  }

  private addCode(line: string, open: Fence, fence: Fence | null): void {
    this.lines.push(line);
    if (fence === null || !fence.mayClose || !fence.marks.startsWith(open.marks)) return;
    this.take(true);
    this.open = null;
  }

  private isUnclear(line: string): boolean {
    return this.open === null ? FENCE_IN_CONTAINER.test(line) : leaves(line, this.open);
  }

  private guessFromHere(): void {
    this.take(false);
    this.open = null;
    this.isGuess = true;
  }

  private take(isCode: boolean): void {
    if (this.lines.length > 0) this.pieces.push(...(isCode ? [{ code: true, text: this.lines.join('') }] : splitInlineCode(this.lines.join(''), this.inTable)));
    this.lines = [];
  }
}

/** Whether the line stands left of a fence that may belong to a list item: the item, and the code, may be over. */
function leaves(line: string, open: Fence): boolean {
  return open.indent > 0 && line.trim() !== '' && /^ */.exec(line)![0].length < open.indent;
}

function fenceOf(line: string): Fence | null {
  const [, indent = '', marks, info = ''] = /^( {0,3})(`{3,}|~{3,})([^\n]*)/.exec(line) ?? [];
  return marks === undefined ? null : { indent: indent.length, marks, mayOpen: !(marks.startsWith('`') && info.includes('`')), mayClose: info.trim() === '' };
}

/** A backtick behind a backslash is a letter, and begins no code. */
function splitInlineCode(prose: string, inTable: boolean): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of prose.matchAll(/(?<![`\\])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g)) {
    if (inTable && found[0].includes('|')) continue;
    pieces.push({ code: false, text: prose.slice(from, found.index) }, { code: true, text: found[0] });
    from = found.index + found[0].length;
  }
  return [...pieces, { code: false, text: prose.slice(from) }];
}
