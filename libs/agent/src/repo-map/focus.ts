const WORD = /[A-Za-z_$][\w$]{2,}/g;
const PATH = /[\w@.-]+(?:\/[\w@.-]+)+|[\w-]+\.[A-Za-z]{1,5}\b/g;
/** Words that name no code. */
const COMMON = new Set((
  'the and for that this with from are was were will would should could can has have had not but you your they them its into when where which what why how who all any some only also than then there '
  + 'file files code line lines function functions class method test tests change changes add adds added fix fixes bug error errors make use uses used using new old please need needs want does done task repo repository'
).split(' '));

/** What a task or a question is about, as far as its words show. */
export class Focus {
  readonly #words: ReadonlySet<string>;
  readonly #lower: ReadonlySet<string>;
  readonly #paths: readonly string[];

  constructor(text: string) {
    // Folders of a path say nothing about the other files in them.
    this.#words = new Set((text.replace(PATH, ' ').match(WORD) ?? []).filter((word) => !COMMON.has(word.toLowerCase())));
    this.#lower = new Set([...this.#words].map((word) => word.toLowerCase()));
    this.#paths = [...new Set(text.match(PATH) ?? [])].map((path) => path.replace(/^\.\//, '').replace(/[.,;:]+$/, ''));
  }

  /** Paths and names of files in the text. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  /** Whether the text has this very name. */
  namesSymbol(name: string): boolean {
    return this.#words.has(name);
  }

  /** How strongly the text points at a file: by its path, by its name, by a word of its path. */
  weightOf(path: string): number {
    if (this.#paths.some((named) => path === named || path.endsWith(`/${named}`) || path.startsWith(`${named}/`))) return 10;
    const segments = path.toLowerCase().split('/');
    const base = (segments.at(-1) ?? '').replace(/\.[^.]*$/, '');
    if (this.#lower.has(base)) return 5;
    const parts = [...segments.slice(0, -1), ...base.split(/[._-]/)];
    return parts.some((part) => part.length > 2 && this.#lower.has(part)) ? 1 : 0;
  }
}
