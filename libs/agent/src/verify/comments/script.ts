/** Words before which a "/" begins a pattern. */
const BEFORE_PATTERN = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'do', 'else', 'instanceof', 'yield', 'await', 'extends']);
/** Words whose parentheses are followed by a statement. */
const CONTROL = new Set(['if', 'while', 'for', 'with']);

/** What JavaScript's grammar needs to know about the past: whether a "/" divides. */
export class ScriptContext {
  #last = '';
  #word = '';
  readonly #parentheses: boolean[] = [];
  #controlClosed = false;
  #isWordOver = true;

  /** One character of code; `"` stands for any text in quotes. */
  seen(character: string, next = ''): void {
    if (/\s/.test(character)) return;
    if (character === '(') this.#parentheses.push(CONTROL.has(this.#word));
    if (character === ')') this.#controlClosed = this.#parentheses.pop() ?? false;
    if (!/[\w$]/.test(character)) this.#word = '';
    else this.#word = this.#isWordOver ? character : this.#word + character;
    this.#isWordOver = !/[\w$]/.test(next);
    this.#last = character;
  }

  slash(): 'regex' | 'division' | 'unclear' {
    if (this.#last === '}') return 'unclear';
    if (this.#last === ')') return this.#controlClosed ? 'regex' : 'division';
    if (/[\w$]/.test(this.#last)) return BEFORE_PATTERN.has(this.#word) ? 'regex' : 'division';
    if (this.#last === '"' || this.#last === ']') return 'division';
    return this.#last === '+' || this.#last === '-' ? 'unclear' : 'regex';
  }

  isTemplate(text: string, at: number): boolean {
    return text[at] === '`';
  }
}

/** The character behind a place. */
export function codeAhead(text: string, at: number): string {
  return text[at + 1] ?? '';
}

/** Behind a pattern and its flags; -1: it does not end on its line. */
export function regexEnd(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length && text[at] !== '\n'; at++) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '[') inClass = true;
    else if (character === ']') inClass = false;
    else if (character === '/' && !inClass) return at + 1;
  }
  return -1;
}

/** Behind a template, with the code and the templates in it; -1: its end cannot be told. */
export function templateEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at + 1;
    else if (text.startsWith('${', at)) {
      const end = expressionEnd(text, at + 2);
      if (end < 0) return -1;
      at = end - 1;
    }
  }
  return -1;
}

/** Behind the brace that closes the code in a template. Patterns and comments in there are not read: -1. */
function expressionEnd(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    if (depth === 0) return at + 1;
    const end = nestedEnd(text, at, character);
    if (end < 0) return -1;
    at = end - 1;
  }
  return -1;
}

function nestedEnd(text: string, at: number, character: string): number {
  if (character === '`') return templateEnd(text, at);
  if (character === '"' || character === '\'') return plainQuoteEnd(text, at, character);
  const isPattern = character === '/' && (/[/*]/.test(text[at + 1] ?? '') || !/[\w$)\]]\s*$/.test(text.slice(Math.max(0, at - 20), at)));
  return isPattern ? -1 : at + 1;
}

function plainQuoteEnd(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at + 1;
  }
  return -1;
}
