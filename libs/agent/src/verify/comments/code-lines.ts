/** One line that holds code, without its comments. */
export interface CodeLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** A text without its comments. `docs`: before which code lines a docstring stood. */
export interface CodeView {
  readonly lines: readonly CodeLine[];
  readonly docs: readonly number[];
}

/** White space beside these signs means nothing in most languages. */
const LOOSE = new Set('()[]{},;');
/** Stands for a line's end within a text in quotes. */
const LINE_END = '\ue000';

/** Puts code together line by line: white space within a line is one space, lines without code are left out, texts in quotes stay as they are. */
export class CodeLines {
  readonly lines: CodeLine[] = [];
  readonly docs: number[] = [];
  #line = 1;
  #startedAt = 1;
  #text = '';
  #indent = '';
  #space = false;

  /** `loose`: white space beside a bracket means nothing in the language. */
  constructor(private readonly rules: { readonly indented: boolean; readonly loose: boolean }) {}

  /** Code of the line that is being written, without the white space at its beginning. */
  get current(): string {
    return this.#text;
  }

  get line(): number {
    return this.#line;
  }

  get last(): CodeLine | null {
    return this.lines.at(-1) ?? null;
  }

  /** One character of code. */
  code(character: string): void {
    if (character === '\n') return this.#endLine();
    if (/\s/.test(character)) {
      if (this.#text === '') this.#indent += character;
      else this.#space = true;
      return;
    }
    this.#push(character);
  }

  /** A text in quotes, or anything else that counts to the last character. */
  verbatim(text: string): void {
    this.#push(text.replaceAll('\n', LINE_END));
    this.#line += count(text);
  }

  /** A comment: what stood around it stays apart, and the lines it took are counted. */
  comment(text: string): void {
    for (const character of text) if (character === '\n') this.#endLine();
    if (this.#text === '') return;
    this.#space = true;
  }

  docstring(text: string): void {
    this.docs.push(this.lines.length);
    this.comment(text);
  }

  end(): CodeView {
    this.#endLine();
    return { lines: this.lines, docs: this.docs };
  }

  #push(text: string): void {
    if (this.#text === '') this.#startedAt = this.#line;
    const isLoose = this.rules.loose && (LOOSE.has(this.#text.at(-1) ?? '') || LOOSE.has(text.charAt(0)));
    this.#text += (this.#space && this.#text !== '' && !isLoose ? ' ' : '') + text;
    this.#space = false;
  }

  #endLine(): void {
    // Behind a sign that joins lines an empty one counts: it ends what was joined.
    if (this.#text !== '') this.lines.push({ line: this.#startedAt, text: (this.rules.indented ? this.#indent : '') + this.#text });
    else if (this.last?.text.endsWith('\\')) this.lines.push({ line: this.#line, text: '' });
    this.#line += 1;
    this.#text = '';
    this.#indent = '';
    this.#space = false;
  }
}

function count(text: string): number {
  return text.split('\n').length - 1;
}
