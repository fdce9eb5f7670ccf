/** How a text in quotes ends. `inside`: signs that open and close code in it; a quote in that code cannot be told from the end. */
export interface QuoteRule {
  readonly open: string;
  readonly close: string;
  readonly escapes: boolean;
  readonly multiline: boolean;
  /** Two closing quotes are one quote of the text. */
  readonly doubled?: boolean;
  readonly inside?: { readonly open: string; readonly close: string };
}

/** What of a language decides where its comments are. Longer signs stand before shorter ones that they begin with. */
export interface Language {
  readonly name: string;
  readonly line: readonly string[];
  readonly block: readonly (readonly [string, string])[];
  readonly nested?: boolean;
  readonly quotes: readonly QuoteRule[];
  /** White space at a line's beginning is part of the code. */
  readonly indented?: boolean;
  readonly special?: 'script' | 'python' | 'rust' | 'c' | 'style';
  /** Signs in a comment that a compiler takes for code or for a line's end. */
  readonly unsafeComment?: RegExp;
  /** Texts whose comments cannot be told apart. */
  readonly unclear?: RegExp;
}

const SLASHES = { line: ['//'], block: [['/*', '*/']] } as const;
const DOUBLE: QuoteRule = { open: '"', close: '"', escapes: true, multiline: false };
const SINGLE: QuoteRule = { open: '\'', close: '\'', escapes: true, multiline: false };
const TRIPLE: QuoteRule = { open: '"""', close: '"""', escapes: true, multiline: true };
const RAW_TICK: QuoteRule = { open: '`', close: '`', escapes: false, multiline: true };
/** Where an expression begins, a sign "<" with a name behind it is markup. */
const MARKUP = /(?:\breturn|\bdefault|=>|[(=?:&|,[{}])\s*<(?:[A-Za-z]|>)|^\s*<[A-Za-z][\w.]*[\s/>]/m;

const SCRIPT: Language = { name: 'JavaScript', ...SLASHES, quotes: [DOUBLE, SINGLE], special: 'script' };

const LANGUAGES: readonly (readonly [extensions: readonly string[], language: Language])[] = [
  [['ts', 'mts', 'cts'], { ...SCRIPT, name: 'TypeScript' }],
  [['js', 'mjs', 'cjs', 'jsx', 'tsx'], { ...SCRIPT, unclear: MARKUP }],
  [['py', 'pyi'], {
    name: 'Python', line: ['#'], block: [], indented: true, special: 'python',
    quotes: [TRIPLE, { ...TRIPLE, open: '\'\'\'', close: '\'\'\'' }, DOUBLE, SINGLE],
  }],
  // The comment in front of `import "C"` is C code.
  [['go'], { name: 'Go', ...SLASHES, quotes: [RAW_TICK, DOUBLE, SINGLE], unclear: /^\s*import\s+"C"/m }],
  // The compiler reads \u002a as a sign wherever it stands.
  [['java'], { name: 'Java', ...SLASHES, quotes: [TRIPLE, DOUBLE, SINGLE], unsafeComment: /\\u/, unclear: /\\u+00(?:0a|0d|22|27|2a|2f|5c)/i }],
  [['c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'hh', 'hxx'], { name: 'C', ...SLASHES, quotes: [DOUBLE, SINGLE], special: 'c', unsafeComment: /(?:\\|\?\?\/)\s*(?:\n|$)/ }],
  [['cs'], {
    name: 'C#', ...SLASHES,
    quotes: [
      { ...TRIPLE, escapes: false }, { open: '$@"', close: '"', escapes: false, multiline: true, doubled: true, inside: { open: '{', close: '}' } },
      { open: '@$"', close: '"', escapes: false, multiline: true, doubled: true, inside: { open: '{', close: '}' } },
      { open: '@"', close: '"', escapes: false, multiline: true, doubled: true }, { ...DOUBLE, open: '$"', inside: { open: '{', close: '}' } }, DOUBLE, SINGLE,
    ],
    unclear: /""""|\$\$"/,
  }],
  [['rs'], { name: 'Rust', ...SLASHES, nested: true, quotes: [{ ...DOUBLE, multiline: true }], special: 'rust' }],
  [['kt', 'kts'], { name: 'Kotlin', ...SLASHES, nested: true, quotes: [{ ...TRIPLE, escapes: false, inside: { open: '${', close: '}' } }, { ...DOUBLE, inside: { open: '${', close: '}' } }, SINGLE] }],
  [['css'], { name: 'CSS', special: 'style', line: [], block: [['/*', '*/']], quotes: [DOUBLE, SINGLE], unclear: /url\(\s*[^"'\s)][^)]*\/\*/i }],
  [['scss', 'less'], { name: 'SCSS', ...SLASHES, special: 'style', quotes: [DOUBLE, SINGLE], unclear: /url\(\s*[^"'\s)]|#\{/i }],
  [['proto'], { name: 'Protocol Buffers', ...SLASHES, quotes: [DOUBLE, SINGLE] }],
];

const BY_EXTENSION = new Map(LANGUAGES.flatMap(([extensions, language]) => extensions.map((extension) => [extension, language] as const)));

/** Globs of the files whose comments can be told from code. */
export const JUDGED_FILES: readonly string[] = [...BY_EXTENSION.keys()].map((extension) => `**/*.${extension}`);

/** The language of a file by its name; null: not one whose comments we can tell from code. */
export function languageOf(path: string): Language | null {
  return BY_EXTENSION.get(/\.([A-Za-z]+)$/.exec(path)?.[1]?.toLowerCase() ?? '') ?? null;
}

/** Comments that tell a tool or a compiler something: to us they are code. */
const DIRECTIVE = new RegExp(
  `^[\\s/*#!-]*(?:${[
    '@ts-', '@flow', '@jsx', '@jest-environment', '@vitest-environment', '@vite', '<reference', '<amd', 'eslint', 'prettier-', 'biome-', 'istanbul', '[cv]8 ignore', 'jshint', 'jslint', 'tslint',
    'webpack\\w+\\s*:', 'turbopack\\w+\\s*:', '[@#]\\s*source', '[@#]__', '@preserve', '@license', '@cc_on', 'go:', '\\+build', 'nolint', '(?:unordered )?output:',
    '(?:-\\*-.*)?(?:en)?coding[:=]', 'type:', 'noqa', 'pragma[: ]', '(?:pylint|pyright|mypy|fmt|isort|ruff|flake8|cython|distutils|yapf|ktlint|formatter|buf|vim?):', 'nosec',
    'fall[ -]?through', 'clang-', 'lint\\b', 'coverity', 'cppcheck', 'resharper', 'checkstyle', 'noinspection', 'stylelint', 'sass-lint', 'spell-?checker', 'cspell',
  ].join('|')})|^#!|NOLINT|^/\\*[!+]|^//#|^//(?:export|line) |^/\\*(?:line |\\s*(?:globals?|exported)\\s)`, 'i');

export function isDirective(comment: string): boolean {
  return DIRECTIVE.test(comment);
}
