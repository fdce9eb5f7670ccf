import { CodeLines, type CodeView } from './code-lines';
import { isDirective, type Language, type QuoteRule } from './languages';
import { codeAhead, regexEnd, ScriptContext, templateEnd } from './script';
import { DocstringContext } from './docstring';

/** Comments and code of a text cannot be told apart. */
export class Unclear extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
    this.name = 'Unclear';
  }
}

/** Line ends that only some readers of a source see. */
const HIDDEN_LINE_END = /[\r\u000b\u000c\u0085\u2028\u2029](?!\n)/;

/** A text without its comments. @throws {Unclear} */
export function codeOf(source: string, language: Language): CodeView {
  const text = source.replace(/^\ufeff/, '');
  if (language.unclear?.test(text)) throw new Unclear(1, `its ${language.name} holds what cannot be told from comments`);
  return new Scanner(text, language).run();
}

class Scanner {
  readonly #out: CodeLines;
  readonly #script: ScriptContext | null;
  readonly #docstrings: DocstringContext | null;
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly language: Language,
  ) {
    this.#out = new CodeLines({ indented: language.indented ?? false, loose: language.special !== 'c' && language.special !== 'style' });
    this.#script = language.special === 'script' ? new ScriptContext() : null;
    this.#docstrings = language.special === 'python' ? new DocstringContext(/__doc__|docopt/.test(text)) : null;
  }

  run(): CodeView {
    // The line that names the interpreter is no script.
    if (this.#script !== null && this.text.startsWith('#!')) this.#verbatimLine();
    while (this.#at < this.text.length) if (!this.#comment() && !this.#quoted()) this.#code();
    return this.#out.end();
  }

  #verbatimLine(): void {
    const end = this.text.indexOf('\n');
    this.#at = end < 0 ? this.text.length : end;
    this.#out.verbatim(this.text.slice(0, this.#at));
  }

  #comment(): boolean {
    const block = this.language.block.find(([open]) => this.#sees(open));
    if (block) {
      this.#take(this.#blockEnd(block));
      return true;
    }
    if (!this.language.line.some((open) => this.#sees(open))) return false;
    const end = this.text.indexOf('\n', this.#at);
    this.#take(end < 0 ? this.text.length : end);
    return true;
  }

  #take(end: number): void {
    const comment = this.text.slice(this.#at, end);
    if (HIDDEN_LINE_END.test(comment) || this.language.unsafeComment?.test(comment)) throw this.#unclear('a comment holds signs that a compiler may take for code');
    // In a style sheet a comment does not part what stands on its sides, as white space does.
    if (this.language.special === 'style' && /\S/.test(this.text[this.#at - 1] ?? '\n') && /\S/.test(this.text[end] ?? '\n')) throw this.#unclear('a comment stands within what belongs together');
    if (isDirective(comment)) this.#out.verbatim(comment);
    else this.#out.comment(comment);
    this.#at = end;
  }

  #blockEnd([open, close]: readonly [string, string]): number {
    let depth = 1;
    for (let at = this.#at + open.length; at < this.text.length; at++) {
      if (this.text.startsWith(close, at)) {
        depth -= 1;
        if (depth === 0) return at + close.length;
        at += close.length - 1;
      } else if (this.language.nested && this.text.startsWith(open, at)) {
        depth += 1;
        at += open.length - 1;
      }
    }
    throw this.#unclear('a comment does not end');
  }

  #quoted(): boolean {
    const end = this.#script?.isTemplate(this.text, this.#at) ? templateEnd(this.text, this.#at) : (this.#specialEnd() ?? this.#quoteEnd());
    if (end === null) return false;
    if (end < 0) throw this.#unclear('a text in quotes does not end, or its end cannot be told');
    const literal = this.text.slice(this.#at, end);
    if (this.#docstrings?.isDocstring(this.#out, { text: this.text, end })) this.#out.docstring(literal);
    else this.#out.verbatim(literal);
    this.#script?.seen('"');
    this.#at = end;
    return true;
  }

  /** The end of what only one language has; null: nothing of that begins here; below 0: it has no end. */
  #specialEnd(): number | null {
    const { text } = this;
    if (this.#script !== null && text[this.#at] === '/') return this.#regexEnd();
    if (this.language.special === 'rust') return rustEnd(text, this.#at);
    if (this.language.special === 'c') return rawEnd(text, this.#at);
    return null;
  }

  #regexEnd(): number | null {
    const kind = this.#script?.slash() ?? 'division';
    if (kind === 'unclear') throw this.#unclear('a "/" may be a division or the beginning of a pattern');
    return kind === 'regex' ? regexEnd(this.text, this.#at) : null;
  }

  #quoteEnd(): number | null {
    const rule = this.language.quotes.find(({ open }) => this.#sees(open));
    if (rule === undefined || this.#isDigitSeparator(rule)) return null;
    return quoteEnd(this.text, this.#at, this.#isFormatted(rule) ? { ...rule, inside: { open: '{', close: '}' } } : rule);
  }

  /** Python: f"…{code}…". */
  #isFormatted(rule: QuoteRule): boolean {
    return this.#docstrings !== null && !rule.multiline && /(?<![\w])[rRbBuU]?[fFtT][rR]?$/.test(this.text.slice(Math.max(0, this.#at - 3), this.#at));
  }

  /** C++: 1'000. */
  #isDigitSeparator({ open }: QuoteRule): boolean {
    return this.language.special === 'c' && open === '\'' && /(?<![\w])\d[\w']*$/.test(this.text.slice(Math.max(0, this.#at - 40), this.#at));
  }

  #code(): void {
    const character = this.text[this.#at] ?? '';
    if (HIDDEN_LINE_END.test(character)) throw this.#unclear('it holds line ends of an unusual kind');
    this.#script?.seen(character, codeAhead(this.text, this.#at));
    this.#docstrings?.seen(character);
    this.#out.code(character);
    this.#at += 1;
  }

  #sees(sign: string): boolean {
    return this.text.startsWith(sign, this.#at);
  }

  #unclear(message: string): Unclear {
    return new Unclear(this.#out.line, message);
  }
}

/** Behind the closing quote; -1: it does not end, or the end cannot be told. */
function quoteEnd(text: string, from: number, rule: QuoteRule): number {
  let depth = 0;
  for (let at = from + rule.open.length; at < text.length; at++) {
    if (rule.escapes && text[at] === '\\') {
      at += 1;
    } else if (text.startsWith(rule.close, at)) {
      if (depth > 0) return -1;
      if (!rule.doubled || !text.startsWith(rule.close, at + 1)) return endOfRun(text, at, rule);
      at += 1;
    } else if (text[at] === '\n' && !rule.multiline) {
      return -1;
    } else if (rule.inside) {
      const step = insideStep(text, at, { ...rule.inside, depth });
      depth = Math.max(0, depth + step.by);
      at += step.skip;
    }
  }
  return -1;
}

/** A text in three quotes may end in quotes of its own. */
function endOfRun(text: string, at: number, { close }: QuoteRule): number {
  let end = at + close.length;
  while (close.length === 3 && text[end] === close[0]) end += 1;
  return end;
}

function insideStep(text: string, at: number, { open, close, depth }: NonNullable<QuoteRule['inside']> & { depth: number }): { by: number; skip: number } {
  if (open === '{' && (text.startsWith('{{', at) || text.startsWith('}}', at))) return { by: 0, skip: 1 };
  if (text.startsWith(open, at)) return { by: 1, skip: open.length - 1 };
  if (depth > 0 && text[at] === '{') return { by: 1, skip: 0 };
  return { by: text.startsWith(close, at) ? -1 : 0, skip: 0 };
}

/** Rust: r#"…"#, and characters, which are told from lifetimes. */
function rustEnd(text: string, at: number): number | null {
  const raw = /(?:br|cr|r)(#*)"/y;
  raw.lastIndex = at;
  const opened = /\w/.test(text[at - 1] ?? '') ? null : raw.exec(text);
  if (opened) {
    const close = text.indexOf(`"${opened[1] ?? ''}`, raw.lastIndex);
    return close < 0 ? -1 : close + 1 + (opened[1] ?? '').length;
  }
  if (text[at] !== '\'') return null;
  const character = /'(?:\\(?:u\{[0-9a-fA-F_]{1,8}\}|x[0-9a-fA-F]{2}|.)|[^'\\\n])'/uy;
  character.lastIndex = at;
  return character.test(text) ? character.lastIndex : null;
}

/** C++: R"x(…)x". */
function rawEnd(text: string, at: number): number | null {
  if (text[at] !== '"' || !/(?<!\w)(?:u8|[uUL])?R$/.test(text.slice(Math.max(0, at - 4), at))) return null;
  const opened = /"([^()\\\s]{0,16})\(/y;
  opened.lastIndex = at;
  const mark = opened.exec(text);
  if (!mark) return -1;
  const close = text.indexOf(`)${mark[1] ?? ''}"`, opened.lastIndex);
  return close < 0 ? -1 : close + (mark[1] ?? '').length + 2;
}
