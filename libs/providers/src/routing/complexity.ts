/** What a task shows of its difficulty before anybody has read the repository. */
export interface TaskSigns {
  readonly prompt: string;
  /** Size of the repository in kilobytes; null: not known. */
  readonly repositoryKb?: number | null;
}

export type Complexity = 'normal' | 'high';

export interface ComplexityReport {
  readonly level: Complexity;
  /** The signs that were found, in words. */
  readonly signs: readonly string[];
}

const LONG_PROMPT = 2_000;
const MANY_FILES = 4;
const LARGE_REPOSITORY_KB = 300_000;
/** Two signs make a task a difficult one: one alone is often chance. */
const SIGNS_FOR_HIGH = 2;
/** What is read of a prompt: a pasted log says nothing more. */
const READ = 20_000;

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:migrat\w*|port(?:ing)? to|upgrade to)\b/i, 'a migration'],
  [/\b(?:race condition|data race|deadlock\w*|concurren\w*|thread[- ]safe\w*|atomic\w*)\b/i, 'concurrency'],
  [/\b(?:security|vulnerab\w*|exploit\w*|injection|sanitiz\w*|cve-\d+)\b/i, 'security'],
  [/\b(?:refactor\w*|rewrite|redesign\w*|architect\w*)\b/i, 'a redesign'],
  [/\b(?:memory leak\w*|performance regression|flaky|intermittent\w*|non-?determinis\w*)\b/i, 'a fault that is hard to reproduce'],
];
const FILE = /(?:^|[\s`'"(])((?:[\w.-]+\/)*[\w-]+\.[a-z]{1,5})(?=$|[\s`'"),:;])/gi;

/** Cheap signs of a difficult task. */
export function complexityOf({ prompt, repositoryKb }: TaskSigns): ComplexityReport {
  const text = prompt.slice(0, READ);
  const files = new Set([...text.matchAll(FILE)].map((match) => match[1]));
  const signs = [
    ...(prompt.length > LONG_PROMPT ? ['a long prompt'] : []),
    ...(files.size >= MANY_FILES ? [`${files.size} files named`] : []),
    ...WORDS.flatMap(([pattern, sign]) => (pattern.test(text) ? [sign] : [])),
    ...((repositoryKb ?? 0) > LARGE_REPOSITORY_KB ? ['a large repository'] : []),
  ];
  return { level: signs.length >= SIGNS_FOR_HIGH ? 'high' : 'normal', signs };
}
